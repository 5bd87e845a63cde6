package bwmon.proxy.socket;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.NotYetConnectedException;

import bwmon.ffi.ErrnoException;
import bwmon.ffi.Libc;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket on an epoll event loop, edge-triggered.
 *
 * <p>Always of its address's own family: an IPv6 socket for everything would open a listener on 0.0.0.0 to IPv6 as well.
 */
final class EpollSocket extends Socket implements StreamSocket, EpollIoHandle {
    private static final Logger LOG = LoggerFactory.getLogger(EpollSocket.class);

    /** What epoll reports whether it was asked for or not, as does Netty's EPOLLERR: errors and hang-ups (EPOLLHUP, sys/epoll.h). */
    private static final int ERROR_OR_HANGUP = EpollIoOps.EPOLLERR.value() | 0x010;
    /** Urgent data (EPOLLPRI, sys/epoll.h). */
    private static final EpollIoOps URGENT = EpollIoOps.valueOf(0x002);
    /** There is, or may be, something behind what a read gives that is short: an end, or what urgent data parts from it (tcp(7)). */
    private static final int MORE_BEHIND = URGENT.value() | EpollIoOps.EPOLLRDHUP.value() | ERROR_OR_HANGUP;
    private static final int READABLE = EpollIoOps.EPOLLIN.value() | MORE_BEHIND;
    private static final int WRITABLE = EpollIoOps.EPOLLOUT.value() | ERROR_OR_HANGUP;
    private static final EpollIoOps EVERYTHING = EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLOUT)
            .with(EpollIoOps.EPOLLRDHUP)
            .with(URGENT)
            .with(EpollIoOps.EPOLLET);

    /** IPPROTO_TCP (netinet/in.h), TCP_QUICKACK, TCP_INFO and fields of struct tcp_info (linux/tcp.h), TCP_CLOSE (net/tcp_states.h). */
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final int TCP_QUICKACK = 12;
    private static final int TCPI_STATE = 0;
    private static final int TCPI_UNACKED = 24;
    private static final int TCPI_BYTES_RECEIVED = 128;
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
    private boolean moreBehind;
    /** Whether there was urgent data, ever: splice(2) never gets past it, and takes the end of the stream to be there. */
    private boolean urgent;
    private boolean closed;

    /** Takes a descriptor over. */
    EpollSocket(int descriptor, boolean tcp) {
        super(descriptor);
        this.tcp = tcp;
    }

    /**
     * A new socket of the address's family.
     *
     * @throws IOException if the kernel gives none, most often for want of descriptors
     */
    static EpollSocket forAddress(SocketAddress address) throws IOException {
        try {
            if (address instanceof UnixDomainSocketAddress) {
                return new EpollSocket(newSocketDomain0(), false);
            }
            boolean v4 = address instanceof InetSocketAddress inet && inet.getAddress() instanceof Inet4Address;
            return new EpollSocket(newSocketStream0(!v4), true);
        } catch (ChannelException e) {
            // Netty wraps what the kernel said.
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e);
        }
    }

    /** The address in the form that Netty's native calls take. */
    static SocketAddress nativeAddress(SocketAddress address) {
        return address instanceof UnixDomainSocketAddress unix
                ? new DomainSocketAddress(unix.getPath().toFile())
                : address;
    }

    @Override
    public boolean isTcp() {
        return tcp;
    }

    @Override
    public void register(IoEventLoop loop, Runnable listener) throws IOException {
        this.listener = listener;
        registration = register(loop, this, EVERYTHING);
    }

    /** Puts a descriptor on a loop, on whose thread this is called. */
    static IoRegistration register(IoEventLoop loop, EpollIoHandle handle, EpollIoOps ops) throws IOException {
        // On the loop's own thread this is done when the call returns.
        Future<IoRegistration> done = loop.register(handle);
        if (!done.isSuccess()) {
            throw new IOException("the event loop does not take the socket", done.cause());
        }
        IoRegistration registration = done.getNow();
        try {
            registration.submit(ops);
            return registration;
        } catch (UncheckedIOException e) {
            registration.cancel();
            throw new IOException(e.getCause());
        }
    }

    @Override
    public void arm() throws IOException {
        if (registration == null || closed) {
            return;
        }
        try {
            registration.submit(EVERYTHING);
        } catch (UncheckedIOException e) {
            throw new IOException(e.getCause());
        }
    }

    @Override
    public void listener(Runnable listener) {
        this.listener = listener;
    }

    @Override
    public void tune() throws IOException {
        if (tcp) {
            // Without it the small messages of interactive protocols wait for acknowledgements (RFC 896).
            setTcpNoDelay(true);
            // A peer that vanished without a word is noticed in the end, and its connection does not stay for ever.
            setKeepAlive(true);
        }
    }

    @Override
    public boolean hasInput() {
        try {
            return Libc.unread(intValue()) > 0;
        } catch (UnsupportedOperationException e) {
            LOG.debug("no native access", e);
            return false;
        }
    }

    @Override
    public boolean beginConnect(SocketAddress address, boolean speaksFirst) throws IOException {
        if (tcp && speaksFirst) {
            setIntOpt(IPPROTO_TCP, TCP_QUICKACK, 0);
        }
        // On this host itself, or through a fast network, the handshake is through although the kernel did not wait for it.
        boolean isConnected = connect(nativeAddress(address)) || (tcp && remoteAddress() != null);
        // Else the first event would be taken for a connection that is made.
        writable = isConnected;
        return isConnected;
    }

    @Override
    public boolean isConnected() throws IOException {
        // SO_ERROR alone tells of failures only, and an event may be meant for the socket that had this descriptor before.
        return remoteAddress() != null || (finishConnect() && !tcp);
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
        moreBehind |= (ops & MORE_BEHIND) != 0;
        urgent |= (ops & URGENT.value()) != 0;
        if (!closed) {
            tell(listener);
        }
    }

    /** Runs a listener; what it throws is written to the log. */
    static void tell(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException e) {
            // Netty would drop all events behind this one, of which none comes twice, and pause for a second.
            LOG.error("an event of a socket", e);
        }
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
        int count = recvAddress(buffer.memoryAddress(), 0, max);
        // A short read has emptied the queue (epoll(7)); whatever comes later tells of itself. Not so with UNIX sockets: it may
        // have come to the end of a message with descriptors (unix(7)).
        readable = count == max || (count > 0 && (moreBehind || !tcp));
        return count;
    }

    @Override
    public int write(ByteBuf buffer, int from, int to) throws IOException {
        int count = sendAddress(buffer.memoryAddress(), from, to);
        if (count < to - from) {
            writable = false;
        }
        return count;
    }

    @Override
    public int moveTo(KernelPipe pipe, int max) throws IOException {
        if (urgent) {
            return 0;
        }
        int count = pipe.fill(intValue(), max);
        // A short one tells nothing: the pipe has slots, too.
        readable = count >= 0;
        if (count < 0 && !SystemErrors.isForNow(-count)) {
            throw new ErrnoException("splice", -count);
        }
        return Math.max(count, 0);
    }

    @Override
    public int takeFrom(KernelPipe pipe) throws IOException {
        int count = pipe.drain(intValue());
        writable = pipe.held() == 0;
        return count;
    }

    @Override
    public void endOutput() throws IOException {
        try {
            shutdown(false, true);
        } catch (NotYetConnectedException e) {
            // Netty's word for ENOTCONN, which here means that the peer has reset the connection.
            throw new IOException("not connected any more", e);
        }
    }

    @Override
    public long undelivered() throws IOException {
        if (!tcp) {
            return 0;
        }
        ByteBuffer info = info();
        return info.get(TCPI_STATE) == TCP_CLOSE
                ? 0
                : Integer.toUnsignedLong(info.getInt(TCPI_UNACKED))
                        + Integer.toUnsignedLong(info.getInt(TCPI_NOTSENT_BYTES));
    }

    @Override
    public boolean hasEnded(long bytes) throws IOException {
        // The kernel counts a FIN as a byte (tcp_rcv_nxt_update, net/ipv4/tcp_input.c).
        return !tcp || info().getLong(TCPI_BYTES_RECEIVED) > bytes;
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

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            // Its number may be another socket's as soon as it is closed.
            readable = false;
            writable = false;
            // The descriptor first: epoll then forgets it by itself, and Netty need not ask for that.
            super.close();
            if (registration != null) {
                registration.cancel();
            }
        }
    }

    @Override
    public void reset() throws IOException {
        if (!closed && tcp) {
            setSoLinger(0);
        }
        close();
    }
}
