package bwmon.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

/** Datagrams to UNIX sockets (unix(7)), which the JDK has no channel for. */
public final class UnixDatagram {
    /** AF_UNIX, linux/socket.h. */
    static final short AF_UNIX = 1;
    /** SOCK_DGRAM, linux/net.h. */
    static final int SOCK_DGRAM = 2;
    /** SOCK_CLOEXEC, which is O_CLOEXEC (asm-generic/fcntl.h). */
    static final int SOCK_CLOEXEC = 0x80000;
    /** MSG_DONTWAIT, linux/socket.h. */
    static final int MSG_DONTWAIT = 0x40;
    /** MSG_NOSIGNAL, linux/socket.h. */
    static final int MSG_NOSIGNAL = 0x4000;
    /** struct sockaddr_un, linux/un.h: sun_family unsigned short, sun_path char[UNIX_PATH_MAX]. */
    static final int SUN_PATH = 2;
    /** UNIX_PATH_MAX, linux/un.h; the 0 at the end included. */
    static final int UNIX_PATH_MAX = 108;

    private UnixDatagram() {}

    /**
     * Sends one datagram, from a socket of its own without a name, and never waits.
     *
     * @param path of the receiver's socket, of at most 107 bytes
     * @throws ErrnoException if it was not taken: ENOENT or ECONNREFUSED if nobody listens, EAGAIN if the receiver's queue
     *     is full, EMSGSIZE if the datagram is too large
     */
    public static void send(String path, byte[] datagram) throws ErrnoException {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        String operation = "send to " + path;
        if (name.length >= UNIX_PATH_MAX) {
            throw new ErrnoException(operation, Errno.ENAMETOOLONG);
        }
        try (Arena arena = Arena.ofConfined();
                Fd socket = Fd.of("socket(AF_UNIX)", Libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))) {
            MemorySegment address = arena.allocate(SUN_PATH + UNIX_PATH_MAX, Short.BYTES);
            address.set(JAVA_SHORT, 0, AF_UNIX);
            MemorySegment.copy(name, 0, address, JAVA_BYTE, SUN_PATH, name.length);
            MemorySegment data = arena.allocateFrom(JAVA_BYTE, datagram);
            // A datagram is taken whole or not at all.
            ErrnoException.check(operation, sendto(socket.number(), data, MSG_DONTWAIT | MSG_NOSIGNAL, address));
        }
    }

    private static long sendto(int fd, MemorySegment data, int flags, MemorySegment address) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls
                    .result((long) SendtoCall.HANDLE.invokeExact(state, fd, data, data.byteSize(), flags, address,
                            (int) address.byteSize()), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class SendtoCall {
        static final MethodHandle HANDLE = Downcalls.capturing("sendto",
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    }
}
