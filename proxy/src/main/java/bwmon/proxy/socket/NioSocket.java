package bwmon.proxy.socket;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import org.jspecify.annotations.Nullable;

/**
 * A socket of java.nio on a selector loop, made to look edge-triggered.
 *
 * <p>Always of its address's own family, as {@link EpollSocket}. Two things are worse than there, because java.nio has no
 * way to them: a connection whose peer resets it before the JDK has seen that it was made is closed by the JDK, with what it
 * had received (so connecting looks at once whether it is through, but on a busy host a peer on loopback may be faster); and
 * {@link #endOutput} does not find out that a peer which had ended its stream has reset the connection since.
 */
final class NioSocket implements StreamSocket {
    private final SocketChannel channel;
    private final ProtocolFamily family;
    private final Selection selection;
    private Runnable listener = () -> {};
    private @Nullable InetSocketAddress local;
    private boolean connecting;
    private boolean readable = true;
    private boolean writable = true;
    /** Whether reading has come to an end or an error: both would be told of for ever. */
    private boolean ended;
    /** Whether what is known is asked for nevertheless, once. */
    private boolean armed;
    /** Why the JDK closed a connection that was made. */
    private @Nullable IOException broken;
    /** The figure that was told last, and the number of the last table that may lack what was written. */
    private long undelivered = TransmitQueues.MOST_BYTES;
    private long oldTable;

    private NioSocket(SocketChannel channel, ProtocolFamily family) {
        this.channel = channel;
        this.family = family;
        this.selection = new Selection(channel, this::ready);
    }

    /**
     * A new socket of the address's family.
     *
     * @throws IOException if the kernel gives none, most often for want of descriptors
     */
    static NioSocket forAddress(SocketAddress address) throws IOException {
        ProtocolFamily family = family(address);
        try {
            return of(SocketChannel.open(family), family);
        } catch (UnsupportedOperationException e) {
            throw new IOException(family + " is switched off", e);
        }
    }

    /** A socket that was accepted. */
    static NioSocket accepted(SocketChannel channel, ProtocolFamily family) throws IOException {
        NioSocket socket = of(channel, family);
        try {
            socket.tune();
            socket.connected();
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static NioSocket of(SocketChannel channel, ProtocolFamily family) throws IOException {
        try {
            channel.configureBlocking(false);
            return new NioSocket(channel, family);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    static ProtocolFamily family(SocketAddress address) {
        if (address instanceof UnixDomainSocketAddress) {
            return StandardProtocolFamily.UNIX;
        }
        return address instanceof InetSocketAddress inet && inet.getAddress() instanceof Inet4Address
                ? StandardProtocolFamily.INET
                : StandardProtocolFamily.INET6;
    }

    @Override
    public boolean isTcp() {
        return family != StandardProtocolFamily.UNIX;
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public void tune() throws IOException {
        if (isTcp()) {
            // The reasons are EpollSocket's.
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        }
    }

    @Override
    public boolean hasEnded(long bytes) {
        // Nothing is spliced, so every word of a reset comes by reading or writing.
        return true;
    }

    @Override
    public boolean hasInput() {
        return false;
    }

    @Override
    public boolean beginConnect(SocketAddress address, boolean speaksFirst) throws IOException {
        try {
            if (channel.connect(address)) {
                connected();
                return true;
            }
        } catch (RuntimeException e) {
            throw new IOException("cannot connect to " + Addresses.text(address), e);
        }
        if (!isTcp()) {
            // The JDK takes EAGAIN for a connection to wait for; there is none (connect(2)).
            throw SystemErrors.exception("connect", SystemErrors.EAGAIN);
        }
        connecting = true;
        writable = false;
        try {
            return isConnected();
        } catch (IOException e) {
            if (broken == null) {
                throw e;
            }
            // It was connected; what has become of it is for reading to tell.
            return true;
        }
    }

    @Override
    public boolean isConnected() throws IOException {
        if (!connecting) {
            return true;
        }
        try {
            writable = channel.finishConnect();
        } catch (IOException e) {
            connecting = false;
            int number = SystemErrors.number(e);
            if (number == SystemErrors.ECONNRESET || number == SystemErrors.EPIPE) {
                broken = e;
                writable = true;
            }
            throw e;
        }
        if (writable) {
            connecting = false;
            connected();
        }
        update();
        return writable;
    }

    private void connected() throws IOException {
        local = channel.getLocalAddress() instanceof InetSocketAddress inet ? inet : null;
    }

    @Override
    public void register(IoEventLoop loop, Runnable listener) throws IOException {
        this.listener = listener;
        if (broken == null) {
            selection.register(loop);
            update();
        }
    }

    @Override
    public void arm() {
        armed = true;
        update();
    }

    @Override
    public void listener(Runnable listener) {
        this.listener = listener;
    }

    private void ready(int ops) {
        armed = false;
        readable |= (ops & SelectionKey.OP_READ) != 0;
        writable |= (ops & (SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT)) != 0;
        try {
            listener.run();
        } finally {
            // Not before: most often nothing has changed by now, and then the kernel need not be told.
            update();
        }
    }

    /** Asks for what is not known to be the case. */
    private void update() {
        if (connecting) {
            selection.ask(writable ? 0 : SelectionKey.OP_CONNECT);
            return;
        }
        int read = ended || (readable && !armed) ? 0 : SelectionKey.OP_READ;
        int write = writable && !armed ? 0 : SelectionKey.OP_WRITE;
        selection.ask(read | write);
    }

    @Override
    public boolean mayRead() {
        return readable;
    }

    @Override
    public boolean mayWrite() {
        return writable;
    }

    @Override
    public int read(ByteBuf buffer, int max) throws IOException {
        // True if this throws: an error is told of once.
        int count = -1;
        try {
            throwIfBroken();
            count = channel.read(buffer.internalNioBuffer(0, max));
        } catch (IllegalStateException e) {
            throw new IOException("not connected", e);
        } finally {
            ended = count < 0;
            readable = count == max;
            update();
        }
        return count;
    }

    @Override
    public int write(ByteBuf buffer, int from, int to) throws IOException {
        throwIfBroken();
        int count;
        try {
            count = channel.write(buffer.internalNioBuffer(from, to - from));
        } catch (IllegalStateException e) {
            throw new IOException("not connected", e);
        }
        wrote();
        if (count < to - from) {
            writable = false;
            update();
        }
        return count;
    }

    private void throwIfBroken() throws IOException {
        if (broken != null) {
            throw broken;
        }
    }

    /** Not implemented: {@link NioTransport#canSplice}. */
    @Override
    public int moveTo(KernelPipe pipe, int max) {
        throw new UnsupportedOperationException("java.nio does not splice");
    }

    /** Not implemented: {@link NioTransport#canSplice}. */
    @Override
    public int takeFrom(KernelPipe pipe) {
        throw new UnsupportedOperationException("java.nio does not splice");
    }

    @Override
    public void endOutput() throws IOException {
        throwIfBroken();
        try {
            channel.shutdownOutput();
        } catch (IllegalStateException e) {
            throw new IOException("not connected", e);
        }
        wrote();
    }

    private void wrote() {
        if (isTcp()) {
            oldTable = TransmitQueues.of(family).number();
        }
    }

    @Override
    public long undelivered() throws IOException {
        if (!isTcp() || local == null || selection.isClosed()) {
            return 0;
        }
        if (!(channel.getRemoteAddress() instanceof InetSocketAddress remote)) {
            return 0;
        }
        TransmitQueues queues = TransmitQueues.of(family);
        queues.renew();
        // Where it is too early for a table that has all that was written, something may well be left.
        undelivered = queues.number() > oldTable ? queues.bytes(local, remote) : Math.max(1, undelivered);
        return undelivered;
    }

    @Override
    public void close() throws IOException {
        readable = false;
        writable = false;
        selection.close();
    }

    @Override
    public void reset() throws IOException {
        if (isTcp() && channel.isOpen()) {
            // The JDK keeps it where the descriptor goes later only, and sends nothing before.
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        }
        close();
    }
}
