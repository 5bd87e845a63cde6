package bwmon.monitor.netlink;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.ffi.Fd;
import bwmon.ffi.Libc;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket of the running kernel, in the network namespace of the thread that opens it. A receive blocks its
 * thread, so it belongs on a platform thread.
 */
public final class KernelChannel implements NetlinkChannel {
    /** AF_NETLINK, linux/socket.h (bits/socket.h). */
    private static final int AF_NETLINK = 16;
    /** SOCK_RAW | SOCK_CLOEXEC, linux/net.h. */
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    /** sizeof(struct sockaddr_nl), linux/netlink.h: family u16, pad u16, port u32, groups u32. */
    private static final int SOCKADDR_NL_BYTES = 12;
    private static final int SOCKADDR_NL_PORT = 4;
    /** MSG_TRUNC and MSG_DONTWAIT, linux/socket.h. */
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;
    /** SOL_SOCKET and its options, asm-generic/socket.h. */
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_MEMINFO = 55;
    /** SK_MEMINFO_DROPS, linux/sock_diag.h: the last of SK_MEMINFO_VARS values of 32 bits. */
    private static final int SK_MEMINFO_DROPS = 8;
    /** SOL_NETLINK, linux/socket.h, and NETLINK_ADD_MEMBERSHIP, linux/netlink.h. */
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_ADD_MEMBERSHIP = 1;
    /** NETLINK_BROADCAST_ERROR and NETLINK_NO_ENOBUFS, linux/netlink.h. */
    private static final int NETLINK_BROADCAST_ERROR = 4;
    private static final int NETLINK_NO_ENOBUFS = 5;
    /** SO_NETNS_COOKIE, asm-generic/socket.h, since Linux 5.14. */
    private static final int SO_NETNS_COOKIE = 71;

    /** The kernel fills datagrams of a dump up to 32 KiB (netlink_dump), so that nothing is cut. */
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final long TIMEOUT_SECONDS = 5;

    private final Fd fd;
    private final int port;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, Long.BYTES);
    private final MemorySegment sender = arena.allocate(SOCKADDR_NL_BYTES, Integer.BYTES);

    private KernelChannel(Fd fd, int port) {
        this.fd = fd;
        this.port = port;
    }

    /**
     * A new socket on a port that the kernel chooses.
     *
     * @param protocol NETLINK_*, such as {@link Netlink#NETLINK_SOCK_DIAG}
     * @throws ErrnoException if the kernel refuses; EPROTONOSUPPORT if it lacks the protocol
     */
    public static KernelChannel open(int protocol) throws ErrnoException {
        Fd fd = Fd.of("socket(AF_NETLINK, SOCK_RAW, " + protocol + ")",
                Libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol));
        boolean opened = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SOCKADDR_NL_BYTES, Integer.BYTES);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_NETLINK);
            ErrnoException.check("bind(AF_NETLINK)", Libc.bind(fd.number(), address));
            ErrnoException.check("getsockname(AF_NETLINK)", Libc.getsockname(fd.number(), address));
            // struct timeval: seconds and microseconds, a long each.
            MemorySegment timeout = arena.allocateFrom(ValueLayout.JAVA_LONG, TIMEOUT_SECONDS, 0);
            ErrnoException.check("setsockopt(SO_RCVTIMEO)",
                    Libc.setsockopt(fd.number(), SOL_SOCKET, SO_RCVTIMEO, timeout));
            var channel = new KernelChannel(fd, address.get(ValueLayout.JAVA_INT, SOCKADDR_NL_PORT));
            opened = true;
            return channel;
        } finally {
            if (!opened) {
                fd.close();
            }
        }
    }

    /**
     * Joins a multicast group.
     *
     * @throws ErrnoException if the kernel refuses; EPERM without the capability that the group asks for
     */
    public void join(int group) throws ErrnoException {
        ErrnoException.check("setsockopt(NETLINK_ADD_MEMBERSHIP, " + group + ")",
                Libc.setsockopt(fd.number(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group));
    }

    /**
     * Lets the kernel's sender know of what found no room here, so that a sender who cares (conntrack does) sends it again;
     * the receiver is not told ENOBUFS for it any more, while {@link #drops} goes on counting.
     */
    public void tellSenderOfOverruns() throws ErrnoException {
        ErrnoException.check("setsockopt(NETLINK_BROADCAST_ERROR)",
                Libc.setsockopt(fd.number(), SOL_NETLINK, NETLINK_BROADCAST_ERROR, 1));
        ErrnoException.check("setsockopt(NETLINK_NO_ENOBUFS)",
                Libc.setsockopt(fd.number(), SOL_NETLINK, NETLINK_NO_ENOBUFS, 1));
    }

    /**
     * A number of this socket's network namespace that no other one gets until the next boot.
     *
     * @throws ErrnoException if the kernel has none: ENOPROTOOPT before Linux 5.14
     */
    public long namespaceCookie() throws ErrnoException {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment value = confined.allocate(ValueLayout.JAVA_LONG);
            ErrnoException.check("getsockopt(SO_NETNS_COOKIE)",
                    Libc.getsockopt(fd.number(), SOL_SOCKET, SO_NETNS_COOKIE, value));
            return value.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /**
     * Asks for room for datagrams that wait; the kernel takes the memory only when they do. With CAP_NET_ADMIN beyond
     * net.core.rmem_max, without it up to there.
     *
     * @param bytes 1 to 2^30 - 1
     */
    public void receiveBuffer(int bytes) throws ErrnoException {
        if (Libc.setsockopt(fd.number(), SOL_SOCKET, SO_RCVBUFFORCE, bytes) < 0) {
            ErrnoException.check("setsockopt(SO_RCVBUF)",
                    Libc.setsockopt(fd.number(), SOL_SOCKET, SO_RCVBUF, bytes));
        }
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public void send(byte[] message) throws IOException {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment data = confined.allocateFrom(ValueLayout.JAVA_BYTE, message);
            ErrnoException.check("send(AF_NETLINK)", Libc.send(fd.number(), data, 0));
        }
    }

    @Override
    public Datagram receive() throws IOException {
        return datagram(receive(MSG_TRUNC));
    }

    @Override
    public @Nullable Datagram receiveNow() throws IOException {
        long result = receive(MSG_TRUNC | MSG_DONTWAIT);
        return result == -Errno.EAGAIN ? null : datagram(result);
    }

    @Override
    public boolean await(int millis) throws IOException {
        int result = Libc.pollIn(fd.number(), millis);
        return result != -Errno.EINTR && ErrnoException.check("poll(AF_NETLINK)", result) > 0;
    }

    private long receive(int flags) {
        long result;
        do {
            result = Libc.recvfrom(fd.number(), buffer, flags, sender);
        } while (result == -Errno.EINTR);
        return result;
    }

    private Datagram datagram(long result) throws ErrnoException {
        long length = ErrnoException.check("recvfrom(AF_NETLINK)", result);
        return new Datagram(buffer.asSlice(0, Math.min(length, BUFFER_BYTES)).asByteBuffer().asReadOnlyBuffer()
                .order(ByteOrder.nativeOrder()), length, sender.get(ValueLayout.JAVA_INT, SOCKADDR_NL_PORT));
    }

    @Override
    public long drops() throws IOException {
        try (Arena confined = Arena.ofConfined()) {
            MemorySegment values = confined.allocate(ValueLayout.JAVA_INT, SK_MEMINFO_DROPS + 1);
            ErrnoException.check("getsockopt(SO_MEMINFO)",
                    Libc.getsockopt(fd.number(), SOL_SOCKET, SO_MEMINFO, values));
            return Integer.toUnsignedLong(values.getAtIndex(ValueLayout.JAVA_INT, SK_MEMINFO_DROPS));
        }
    }

    /** Closes the socket; no other thread may be inside a call. */
    @Override
    public void close() {
        fd.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
