package bwmon.proxy.relay;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

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
import io.netty.util.concurrent.FutureListener;
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

    /** IPPROTO_TCP (netinet/in.h), TCP_INFO (linux/tcp.h) and two fields of struct tcp_info. */
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final int TCPI_UNACKED = 24;
    private static final int TCPI_NOTSENT_BYTES = 144;
    private static final int TCP_INFO_BYTES = 148;
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

    /** Puts the socket on a loop, on whose thread this is called; the listener is called there after every change. */
    void register(IoEventLoop loop, Runnable listener) {
        this.listener = listener;
        loop.register(this).addListener((FutureListener<IoRegistration>) done -> {
            registration = done.getNow();
            registration.submit(EVERYTHING);
        });
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

    /** Whether the peer's kernel has acknowledged all that was written, FIN included; UNIX sockets deliver at once. */
    boolean isDelivered() throws IOException {
        if (!tcp) {
            return true;
        }
        ByteBuffer info = TCP_INFO_BUFFER.get().clear();
        getRawOpt(IPPROTO_TCP, TCP_INFO, info);
        return info.getInt(TCPI_UNACKED) == 0 && info.getInt(TCPI_NOTSENT_BYTES) == 0;
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
