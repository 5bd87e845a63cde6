package bwmon.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

import static java.lang.foreign.ValueLayout.ADDRESS;
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

    /** CLOCK_THREAD_CPUTIME_ID, linux/time.h. */
    private static final int CLOCK_THREAD_CPUTIME_ID = 3;

    private Libc() {}

    /** socket(2): a new descriptor. */
    public static int socket(int domain, int type, int protocol) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((int) SocketCall.HANDLE.invokeExact(state, domain, type, protocol), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class SocketCall {
        static final MethodHandle HANDLE = Downcalls.capturing("socket",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    }

    /**
     * bind(2).
     *
     * @param address a struct sockaddr, as long as the segment
     */
    public static int bind(int fd, MemorySegment address) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((int) BindCall.HANDLE.invokeExact(state, fd, address, (int) address.byteSize()),
                    state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class BindCall {
        static final MethodHandle HANDLE = Downcalls.capturing("bind",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    }

    /**
     * getsockname(2).
     *
     * @param address filled in, as far as the segment reaches
     */
    public static int getsockname(int fd, MemorySegment address) {
        MemorySegment state = Downcalls.state();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) address.byteSize());
            return Downcalls.result((int) GetsocknameCall.HANDLE.invokeExact(state, fd, address, length), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class GetsocknameCall {
        static final MethodHandle HANDLE = Downcalls.capturing("getsockname",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    }

    /**
     * send(2) of the whole segment.
     *
     * @return how many bytes were taken
     */
    public static long send(int fd, MemorySegment data, int flags) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((long) SendCall.HANDLE.invokeExact(state, fd, data, data.byteSize(), flags), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class SendCall {
        static final MethodHandle HANDLE = Downcalls.capturing("send",
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    }

    /**
     * recvfrom(2): one message, or what the segment can take of it.
     *
     * @param flags MSG_*; with MSG_TRUNC the length of the whole message is returned, also where it was cut
     * @param sender filled in with the sender's struct sockaddr, as far as the segment reaches
     * @return how many bytes
     */
    public static long recvfrom(int fd, MemorySegment buffer, int flags, MemorySegment sender) {
        MemorySegment state = Downcalls.state();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) sender.byteSize());
            return Downcalls.result((long) RecvfromCall.HANDLE.invokeExact(state, fd, buffer, buffer.byteSize(), flags,
                    sender, length), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class RecvfromCall {
        static final MethodHandle HANDLE = Downcalls.capturing("recvfrom",
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    }

    /** setsockopt(2) with the whole segment as its value. */
    public static int setsockopt(int fd, int level, int name, MemorySegment value) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((int) SetsockoptCall.HANDLE.invokeExact(state, fd, level, name, value,
                    (int) value.byteSize()), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    /** setsockopt(2) with an int as its value. */
    public static int setsockopt(int fd, int level, int name, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return setsockopt(fd, level, name, arena.allocateFrom(JAVA_INT, value));
        }
    }

    private static final class SetsockoptCall {
        static final MethodHandle HANDLE = Downcalls.capturing("setsockopt",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    }

    /**
     * getsockopt(2).
     *
     * @param value filled in, as far as the segment reaches
     * @return how many bytes of the value were filled in
     */
    public static int getsockopt(int fd, int level, int name, MemorySegment value) {
        MemorySegment state = Downcalls.state();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) value.byteSize());
            int result = Downcalls.result(
                    (int) GetsockoptCall.HANDLE.invokeExact(state, fd, level, name, value, length), state);
            return result < 0 ? result : length.get(JAVA_INT, 0);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class GetsockoptCall {
        static final MethodHandle HANDLE = Downcalls.capturing("getsockopt",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    }

    /**
     * open(2) of something that exists.
     *
     * @param flags O_*, without O_CREAT
     * @return a new descriptor
     */
    public static int open(String path, int flags) {
        MemorySegment state = Downcalls.state();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(path);
            return Downcalls.result((int) OpenCall.HANDLE.invokeExact(state, text, flags), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class OpenCall {
        // int open(const char *, int, ...)
        static final MethodHandle HANDLE = Downcalls.capturing("open",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), Linker.Option.firstVariadicArg(2));
    }

    /**
     * setns(2): moves the calling thread alone into a namespace. A thread of a pool, or a virtual thread's carrier, would
     * take whoever comes next along: for a platform thread of one's own.
     *
     * @param fd of a file such as /proc/PID/ns/net
     * @param type CLONE_NEW* that the descriptor must be of, 0 for any
     */
    public static int setns(int fd, int type) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((int) SetnsCall.HANDLE.invokeExact(state, fd, type), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class SetnsCall {
        static final MethodHandle HANDLE = Downcalls.capturing("setns",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    }

    /**
     * poll(2) of one descriptor, until a read would not block: there is something to read, the other side has hung up, or
     * an error is to be told.
     *
     * @param timeoutMillis 0 to return at once, negative to wait for ever
     * @return 1, 0 if the time is over, or the negative of errno (EINTR: a signal came)
     */
    public static int pollIn(int fd, int timeoutMillis) {
        MemorySegment state = Downcalls.state();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(POLLFD_BYTES, Integer.BYTES);
            pollfd.set(JAVA_INT, 0, fd);
            pollfd.set(JAVA_SHORT, POLLFD_EVENTS, POLLIN);
            return Downcalls.result((int) PollCall.HANDLE.invokeExact(state, pollfd, 1L, timeoutMillis), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class PollCall {
        // int poll(struct pollfd *, nfds_t, int), where nfds_t is unsigned long
        static final MethodHandle HANDLE = Downcalls.capturing("poll",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    }

    /** How long the calling thread has run on a processor, in nanoseconds: clock_gettime(2), CLOCK_THREAD_CPUTIME_ID. */
    public static long threadCpuNanos() {
        MemorySegment state = Downcalls.state();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timespec = arena.allocate(JAVA_LONG, 2);
            int result = Downcalls.result(
                    (int) ClockGettimeCall.HANDLE.invokeExact(state, CLOCK_THREAD_CPUTIME_ID, timespec), state);
            return result < 0
                    ? result
                    : timespec.getAtIndex(JAVA_LONG, 0) * 1_000_000_000L + timespec.getAtIndex(JAVA_LONG, 1);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class ClockGettimeCall {
        static final MethodHandle HANDLE = Downcalls.capturing("clock_gettime",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    }

    /** close(2). Never to be repeated, also not after EINTR: Linux has given the number back by then. */
    public static int close(int fd) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((int) CloseCall.HANDLE.invokeExact(state, fd), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class CloseCall {
        static final MethodHandle HANDLE = Downcalls.capturing("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    }

    /** ioctl(2) with a pointer as its argument. */
    public static int ioctl(int fd, long request, MemorySegment argument) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((int) IoctlCall.HANDLE.invokeExact(state, fd, request, argument), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class IoctlCall {
        // int ioctl(int, unsigned long, ...): some ABIs pass what follows the dots in other registers.
        static final MethodHandle HANDLE = Downcalls.capturing("ioctl",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));
    }

    /** isatty(3): whether the descriptor is a terminal; false for one that is not open, too. */
    public static boolean isatty(int fd) {
        MemorySegment state = Downcalls.state();
        try {
            return (int) IsattyCall.HANDLE.invokeExact(state, fd) == 1;
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class IsattyCall {
        static final MethodHandle HANDLE = Downcalls.capturing("isatty", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
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
