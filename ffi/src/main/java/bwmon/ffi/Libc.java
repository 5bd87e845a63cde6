package bwmon.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Optional;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

/**
 * Functions of the C library, each with the kernel's convention: the result is 0 or more, or the negative of errno
 * ({@link Errno}), captured with the call's own return. Nothing is retried: EINTR reaches the caller.
 *
 * <p>May be called from any thread. A call that blocks pins the carrier of a virtual thread: use a platform thread.
 * Descriptors are plain numbers here; {@link Fd} owns one. Where the Java runtime denies native access every method throws
 * {@link UnsupportedOperationException}, which names the flag to add.
 */
public final class Libc {
    /** FIONREAD, asm-generic/ioctls.h. */
    private static final long FIONREAD = 0x541b;
    /** TIOCGWINSZ, asm-generic/ioctls.h. */
    private static final long TIOCGWINSZ = 0x5413;
    /** sizeof(struct winsize), asm-generic/termios.h: ws_row, ws_col, ws_xpixel, ws_ypixel, unsigned short each. */
    private static final long WINSIZE_BYTES = 8;
    private static final long WS_ROW = 0;
    private static final long WS_COL = 2;

    /** struct pollfd, asm-generic/poll.h: fd int, events short, revents short. */
    static final int POLLFD_BYTES = 8;
    static final int POLLFD_EVENTS = 4;
    static final short POLLIN = 1;

    /** O_NONBLOCK and O_CLOEXEC, asm-generic/fcntl.h. */
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    /** F_SETPIPE_SZ and F_GETPIPE_SZ, linux/fcntl.h: F_LINUX_SPECIFIC_BASE + 7 and + 8. */
    private static final int F_SETPIPE_SZ = 1024 + 7;
    private static final int F_GETPIPE_SZ = 1024 + 8;
    private static final int F_DUPFD_CLOEXEC = 1024 + 6;
    /** SPLICE_F_MOVE and SPLICE_F_NONBLOCK, linux/splice.h. */
    private static final int SPLICE_F_MOVE = 0x01;
    private static final int SPLICE_F_NONBLOCK = 0x02;

    /** CLOCK_THREAD_CPUTIME_ID, linux/time.h. */
    private static final int CLOCK_THREAD_CPUTIME_ID = 3;

    private Libc() {}

    /** socket(2): a new descriptor. */
    public static int socket(int domain, int type, int protocol) {
        return Downcalls.callInt(SocketCall.FUNCTION, domain, type, protocol, 0, 0, 0);
    }

    private static final class SocketCall {
        static final MemorySegment FUNCTION = Downcalls.function("socket");
    }

    /**
     * bind(2).
     *
     * @param address a struct sockaddr, as long as the segment
     */
    public static int bind(int fd, MemorySegment address) {
        try {
            return Downcalls.callInt(BindCall.FUNCTION, fd, Downcalls.pointer(address), address.byteSize(), 0, 0, 0);
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    private static final class BindCall {
        static final MemorySegment FUNCTION = Downcalls.function("bind");
    }

    /**
     * getsockname(2).
     *
     * @param address filled in, as far as the segment reaches
     */
    public static int getsockname(int fd, MemorySegment address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) address.byteSize());
            return Downcalls.callInt(GetsocknameCall.FUNCTION, fd, Downcalls.pointer(address),
                    Downcalls.pointer(length), 0, 0, 0);
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    private static final class GetsocknameCall {
        static final MemorySegment FUNCTION = Downcalls.function("getsockname");
    }

    /**
     * send(2) of the whole segment.
     *
     * @return how many bytes were taken
     */
    public static long send(int fd, MemorySegment data, int flags) {
        try {
            return Downcalls.callLong(SendCall.FUNCTION, fd, Downcalls.pointer(data), data.byteSize(), flags, 0, 0);
        } finally {
            Reference.reachabilityFence(data);
        }
    }

    private static final class SendCall {
        static final MemorySegment FUNCTION = Downcalls.function("send");
    }

    /**
     * recvfrom(2): one message, or what the segment can take of it.
     *
     * @param flags MSG_*; with MSG_TRUNC the length of the whole message is returned, also where it was cut
     * @param sender filled in with the sender's struct sockaddr, as far as the segment reaches
     * @return how many bytes
     */
    public static long recvfrom(int fd, MemorySegment buffer, int flags, MemorySegment sender) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) sender.byteSize());
            return Downcalls.callLong(RecvfromCall.FUNCTION, fd, Downcalls.pointer(buffer), buffer.byteSize(), flags,
                    Downcalls.pointer(sender), Downcalls.pointer(length));
        } finally {
            Reference.reachabilityFence(buffer);
            Reference.reachabilityFence(sender);
        }
    }

    private static final class RecvfromCall {
        static final MemorySegment FUNCTION = Downcalls.function("recvfrom");
    }

    /** setsockopt(2) with the whole segment as its value. */
    public static int setsockopt(int fd, int level, int name, MemorySegment value) {
        try {
            return Downcalls.callInt(SetsockoptCall.FUNCTION, fd, level, name, Downcalls.pointer(value),
                    value.byteSize(), 0);
        } finally {
            Reference.reachabilityFence(value);
        }
    }

    /** setsockopt(2) with an int as its value. */
    public static int setsockopt(int fd, int level, int name, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return setsockopt(fd, level, name, arena.allocateFrom(JAVA_INT, value));
        }
    }

    private static final class SetsockoptCall {
        static final MemorySegment FUNCTION = Downcalls.function("setsockopt");
    }

    /**
     * getsockopt(2).
     *
     * @param value filled in, as far as the segment reaches
     * @return how many bytes of the value were filled in
     */
    public static int getsockopt(int fd, int level, int name, MemorySegment value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) value.byteSize());
            int result = Downcalls.callInt(GetsockoptCall.FUNCTION, fd, level, name, Downcalls.pointer(value),
                    Downcalls.pointer(length), 0);
            return result < 0 ? result : length.get(JAVA_INT, 0);
        } finally {
            Reference.reachabilityFence(value);
        }
    }

    private static final class GetsockoptCall {
        static final MemorySegment FUNCTION = Downcalls.function("getsockopt");
    }

    /**
     * open(2) of something that exists.
     *
     * @param flags O_*, without O_CREAT
     * @return a new descriptor
     */
    public static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(path);
            return Downcalls.callInt(OpenCall.FUNCTION, Downcalls.pointer(text), flags, 0, 0, 0, 0);
        }
    }

    private static final class OpenCall {
        static final MemorySegment FUNCTION = Downcalls.function("open");
    }

    /**
     * setns(2): moves the calling thread alone into a namespace. A thread of a pool, or a virtual thread's carrier, would
     * take whoever comes next along: for a platform thread of one's own.
     *
     * @param fd of a file such as /proc/PID/ns/net
     * @param type CLONE_NEW* that the descriptor must be of, 0 for any
     */
    public static int setns(int fd, int type) {
        return Downcalls.callInt(SetnsCall.FUNCTION, fd, type, 0, 0, 0, 0);
    }

    private static final class SetnsCall {
        static final MemorySegment FUNCTION = Downcalls.function("setns");
    }

    /**
     * poll(2) of one descriptor, until a read would not block: there is something to read, the other side has hung up, or
     * an error is to be told.
     *
     * @param timeoutMillis 0 to return at once, negative to wait for ever
     * @return 1, 0 if the time is over, or the negative of errno (EINTR: a signal came)
     */
    public static int pollIn(int fd, int timeoutMillis) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(POLLFD_BYTES, Integer.BYTES);
            pollfd.set(JAVA_INT, 0, fd);
            pollfd.set(JAVA_SHORT, POLLFD_EVENTS, POLLIN);
            return Downcalls.callInt(PollCall.FUNCTION, Downcalls.pointer(pollfd), 1L, timeoutMillis, 0, 0, 0);
        }
    }

    private static final class PollCall {
        static final MemorySegment FUNCTION = Downcalls.function("poll");
    }

    /** How long the calling thread has run on a processor, in nanoseconds: clock_gettime(2), CLOCK_THREAD_CPUTIME_ID. */
    public static long threadCpuNanos() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timespec = arena.allocate(JAVA_LONG, 2);
            int result = Downcalls.callInt(ClockGettimeCall.FUNCTION, CLOCK_THREAD_CPUTIME_ID,
                    Downcalls.pointer(timespec), 0, 0, 0, 0);
            return result < 0
                    ? result
                    : timespec.getAtIndex(JAVA_LONG, 0) * 1_000_000_000L + timespec.getAtIndex(JAVA_LONG, 1);
        }
    }

    private static final class ClockGettimeCall {
        static final MemorySegment FUNCTION = Downcalls.function("clock_gettime");
    }

    /** close(2). Never to be repeated, also not after EINTR: Linux has given the number back by then. */
    public static int close(int fd) {
        return Downcalls.callInt(CloseCall.FUNCTION, fd, 0, 0, 0, 0, 0);
    }

    private static final class CloseCall {
        static final MemorySegment FUNCTION = Downcalls.function("close");
    }

    /** ioctl(2) with a pointer as its argument. */
    public static int ioctl(int fd, long request, MemorySegment argument) {
        try {
            return Downcalls.callInt(IoctlCall.FUNCTION, fd, request, Downcalls.pointer(argument), 0, 0, 0);
        } finally {
            Reference.reachabilityFence(argument);
        }
    }

    private static final class IoctlCall {
        static final MemorySegment FUNCTION = Downcalls.function("ioctl");
    }

    /**
     * pipe2(2), with O_NONBLOCK and O_CLOEXEC.
     *
     * @return the descriptor to read from in the upper half, that to write to in the lower; or the negative of errno
     */
    public static long pipe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ends = arena.allocate(JAVA_INT, 2);
            int result = Downcalls.callInt(PipeCall.FUNCTION, Downcalls.pointer(ends), O_NONBLOCK | O_CLOEXEC, 0, 0, 0,
                    0);
            return result < 0
                    ? result
                    : (long) ends.getAtIndex(JAVA_INT, 0) << Integer.SIZE
                            | Integer.toUnsignedLong(ends.getAtIndex(JAVA_INT, 1));
        }
    }

    private static final class PipeCall {
        static final MemorySegment FUNCTION = Downcalls.function("pipe2");
    }

    /** A second descriptor of the same file: F_DUPFD_CLOEXEC of fcntl(2). */
    public static int duplicate(int fd) {
        return Downcalls.callInt(FcntlCall.FUNCTION, fd, F_DUPFD_CLOEXEC, 0, 0, 0, 0);
    }

    /**
     * F_SETPIPE_SZ of fcntl(2).
     *
     * @param bytes rounded up to a power of two pages by the kernel
     * @return how many bytes the pipe holds now; or the negative of errno, where it holds what it held before
     */
    public static int setPipeSize(int fd, int bytes) {
        return Downcalls.callInt(FcntlCall.FUNCTION, fd, F_SETPIPE_SZ, bytes, 0, 0, 0);
    }

    /** How many bytes a pipe holds: F_GETPIPE_SZ of fcntl(2). */
    public static int pipeSize(int fd) {
        return Downcalls.callInt(FcntlCall.FUNCTION, fd, F_GETPIPE_SZ, 0, 0, 0, 0);
    }

    private static final class FcntlCall {
        static final MemorySegment FUNCTION = Downcalls.function("fcntl");
    }

    /**
     * splice(2) without offsets, with SPLICE_F_MOVE and SPLICE_F_NONBLOCK.
     *
     * @param from a pipe's end for reading, or what to is one for
     * @param bytes 1 or more
     * @return bytes moved, 0 at the end of what is read from
     */
    public static long splice(int from, int to, long bytes) {
        return Downcalls.callLong(SpliceCall.FUNCTION, from, 0, to, 0, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    }

    private static final class SpliceCall {
        static final MemorySegment FUNCTION = Downcalls.function("splice");
    }

    /**
     * How many bytes a stream socket has to read: FIONREAD.
     *
     * @return 0 or more, or the negative of errno
     */
    public static int unread(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            int result = ioctl(fd, FIONREAD, count);
            return result < 0 ? result : count.get(JAVA_INT, 0);
        }
    }

    /** isatty(3): whether the descriptor is a terminal; false for one that is not open, too. */
    public static boolean isatty(int fd) {
        return (int) Downcalls.call(IsattyCall.FUNCTION, Downcalls.state(), fd, 0, 0, 0, 0, 0) == 1;
    }

    private static final class IsattyCall {
        static final MemorySegment FUNCTION = Downcalls.function("isatty");
    }

    /**
     * The size of a terminal's window.
     *
     * @param columns 1 or more; 0 if the terminal does not know
     * @param rows 1 or more; 0 if the terminal does not know
     */
    public record WindowSize(int columns, int rows) {}

    /**
     * How large the terminal's window is now, by TIOCGWINSZ.
     *
     * @return empty if the descriptor is no terminal
     */
    public static Optional<WindowSize> windowSize(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment winsize = arena.allocate(WINSIZE_BYTES, Short.BYTES);
            if (ioctl(fd, TIOCGWINSZ, winsize) < 0) {
                return Optional.empty();
            }
            int columns = Short.toUnsignedInt(winsize.get(JAVA_SHORT, WS_COL));
            int rows = Short.toUnsignedInt(winsize.get(JAVA_SHORT, WS_ROW));
            return Optional.of(new WindowSize(columns, rows));
        }
    }
}
