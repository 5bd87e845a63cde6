package bwmon.proxy.relay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.NotYetConnectedException;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelException;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A non-blocking stream socket, TCP or UNIX, on an epoll event loop, edge-triggered: it keeps in mind whether reading and
 * writing are worth a try, and tells its listener when that changes. Event loop only, but for the constructors.
 *
 * <p>Always of its address's own family: an IPv6 socket for everything would open a listener on 0.0.0.0 to IPv6 as well.
 */
final class StreamSocket extends Socket implements EpollIoHandle {
    /** What epoll reports whether it was asked for or not, as does Netty's EPOLLERR: errors and hang-ups (EPOLLHUP, sys/epoll.h). */
    private static final int ERROR_OR_HANGUP = EpollIoOps.EPOLLERR.value() | 0x010;
    private static final int READABLE = EpollIoOps.EPOLLIN.value() | EpollIoOps.EPOLLRDHUP.value() | ERROR_OR_HANGUP;
    private static final int WRITABLE = EpollIoOps.EPOLLOUT.value() | ERROR_OR_HANGUP;
    private static final EpollIoOps EVERYTHING = EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLOUT)
            .with(EpollIoOps.EPOLLRDHUP)
            .with(EpollIoOps.EPOLLET);

    /** IPPROTO_TCP (netinet/in.h), TCP_INFO and fields of struct tcp_info (linux/tcp.h), TCP_CLOSE (net/tcp_states.h). */
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final int TCPI_STATE = 0;
    private static final int TCPI_UNACKED = 24;
    private static final int TCPI_NOTSENT_BYTES = 144;
    private static final int TCP_INFO_BYTES = 148;
    private static final int TCP_CLOSE = 7;
    private static final FastThreadLocal<ByteBuffer> TCP_INFO_BUFFER = new FastThreadLocal<>() {
        @Override
        protected ByteBuffer initialValue() {
            return ByteBuffer.allocateDirect(TCP_INFO_BYTES).order(ByteOrder.nativeOrder());
        }
    };

    private final boolean tcp;
    private @Nullable IoRegistration registration;
    private Runnable listener = () -> {};
    private boolean readable = true;
    private boolean writable = true;
    private boolean closed;

    private StreamSocket(int descriptor, boolean tcp) {
        super(descriptor);
        this.tcp = tcp;
    }

    /**
     * A new socket of the address's family.
     *
     * @throws IOException if the kernel gives none, most often for want of descriptors
     */
    static StreamSocket forAddress(SocketAddress address) throws IOException {
        try {
            if (address instanceof UnixDomainSocketAddress) {
                return new StreamSocket(newSocketDomain0(), false);
            }
            boolean v4 = address instanceof InetSocketAddress inet && inet.getAddress() instanceof Inet4Address;
            return new StreamSocket(newSocketStream0(!v4), true);
        } catch (ChannelException e) {
            // Netty wraps what the kernel said.
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
        }
    }

    /** A socket that {@code accept} gave. */
    static StreamSocket accepted(int descriptor, boolean tcp) {
        return new StreamSocket(descriptor, tcp);
    }

    /** The address in the form that Netty's native calls take. */
    static SocketAddress nativeAddress(SocketAddress address) {
        return address instanceof UnixDomainSocketAddress unix
                ? new DomainSocketAddress(unix.getPath().toFile())
                : address;
    }

    boolean isTcp() {
        return tcp;
    }

    /**
     * Puts the socket on a loop, on whose thread this is called; the listener is called there after every change.
     *
     * @throws IOException if epoll does not take it (fs.epoll.max_user_watches)
     */
    void register(IoEventLoop loop, Runnable listener) throws IOException {
        this.listener = listener;
        // On the loop's own thread this is done when the call returns.
        Future<IoRegistration> done = loop.register(this);
        if (!done.isSuccess()) {
            throw new IOException("the event loop does not take the socket", done.cause());
        }
        registration = done.getNow();
        arm();
    }

    /**
     * Asks to be told of what is the case, also where it was told before: the edge comes again. So a listener that has
     * more to do than is fair goes on when the others have had their turn.
     */
    void arm() throws IOException {
        if (registration == null || closed) {
            return;
        }
        try {
            registration.submit(EVERYTHING);
        } catch (UncheckedIOException e) {
            throw new IOException(e.getCause());
        }
    }

    /** Takes the socket as not writable until the kernel says so: how a connection under way is told from one made. */
    void awaitWritable() {
        writable = false;
    }

    /** Whether a loop has it. */
    boolean isRegistered() {
        return registration != null;
    }

    /** Who is told of changes from now on. */
    void listener(Runnable listener) {
        this.listener = listener;
    }

    /** Options for both ends of a forwarded connection. */
    void tune() throws IOException {
        if (tcp) {
            // Without it the small messages of interactive protocols wait for acknowledgements (RFC 896).
            setTcpNoDelay(true);
            // A peer that vanished without a word is noticed in the end, and its connection does not stay for ever.
            setKeepAlive(true);
        }
    }

    @Override
    public FileDescriptor fd() {
        return this;
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
        int ops = ((EpollIoEvent) event).ops().value();
        readable |= (ops & READABLE) != 0;
        writable |= (ops & WRITABLE) != 0;
        if (!closed) {
            listener.run();
        }
    }

    /** Whether reading may give something. */
    boolean mayRead() {
        return readable;
    }

    /** Whether writing may take something. */
    boolean mayWrite() {
        return writable;
    }

    /**
     * Reads into a direct buffer from its start.
     *
     * @return bytes read, 0 if there are none now, -1 at the end of the stream
     */
    int read(ByteBuf buffer, int max) throws IOException {
        int count = recvAddress(buffer.memoryAddress(), 0, max);
        readable = count > 0;
        return count;
    }

    /**
     * Writes from a direct buffer.
     *
     * @return bytes that the kernel took, 0 or more
     */
    int write(ByteBuf buffer, int from, int to) throws IOException {
        int count = sendAddress(buffer.memoryAddress(), from, to);
        if (count < to - from) {
            writable = false;
        }
        return count;
    }

    /**
     * Says that nothing more will be written.
     *
     * @throws IOException if the connection is broken already
     */
    void endOutput() throws IOException {
        try {
            shutdown(false, true);
        } catch (NotYetConnectedException e) {
            // Netty's word for ENOTCONN, which here means that the peer has reset the connection.
            throw new IOException("not connected any more", e);
        }
    }

    /**
     * How much of what was written, FIN included, the peer's kernel has not acknowledged: 0 for nothing, and for nothing
     * that ever will be, because the connection is no more; else a figure that falls as delivery goes on. UNIX sockets
     * deliver at once.
     */
    long undelivered() throws IOException {
        if (!tcp) {
            return 0;
        }
        ByteBuffer info = info();
        return info.get(TCPI_STATE) == TCP_CLOSE
                ? 0
                : Integer.toUnsignedLong(info.getInt(TCPI_UNACKED))
                        + Integer.toUnsignedLong(info.getInt(TCPI_NOTSENT_BYTES));
    }

    private ByteBuffer info() throws IOException {
        ByteBuffer info = TCP_INFO_BUFFER.get().clear();
        getRawOpt(IPPROTO_TCP, TCP_INFO, info);
        return info;
    }

    /** Whether a listening socket has connections that nobody has accepted; for UNIX sockets that is not known, and so yes. */
    boolean hasWaiting() throws IOException {
        // For a listening socket the kernel puts the length of its queue there (tcp_get_info, net/ipv4/tcp.c).
        return !tcp || info().getInt(TCPI_UNACKED) > 0;
    }

    /** Closes; what was written is still delivered, then FIN. Closing twice does nothing. */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            if (registration != null) {
                registration.cancel();
            }
            super.close();
        }
    }

    /** Breaks the connection off, so that the peer does not take what it got for all there was. */
    void reset() throws IOException {
        if (!closed && tcp) {
            setSoLinger(0);
        }
        close();
    }
}
