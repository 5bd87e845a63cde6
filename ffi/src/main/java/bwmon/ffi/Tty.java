package bwmon.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

/** What a program on a terminal asks about its input and its place among the shell's jobs. May be called from any thread. */
public final class Tty {
    /** sizeof(struct pollfd), poll.h: int fd, short events, short revents. */
    static final int POLLFD_SIZE = 8;
    static final int POLLFD_EVENTS = 4;
    static final int POLLFD_REVENTS = 6;
    /** There is something to read (POLLIN, asm-generic/poll.h). */
    static final short POLLIN = 1;

    private Tty() {}

    /**
     * Waits until a read would not block, also because the other side has hung up; poll(2).
     *
     * @param millis 0 or more
     * @return 1 if it would not block, 0 if the time is over, or the negative of errno (EINTR: a signal came)
     */
    public static int awaitInput(int fd, int millis) {
        MemorySegment state = Downcalls.state();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(POLLFD_SIZE, Integer.BYTES);
            pollfd.set(JAVA_INT, 0, fd);
            pollfd.set(JAVA_SHORT, POLLFD_EVENTS, POLLIN);
            return Downcalls.result((int) PollCall.HANDLE.invokeExact(state, pollfd, 1L, millis), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class PollCall {
        // int poll(struct pollfd *, unsigned long, int)
        static final MethodHandle HANDLE = Downcalls.capturing("poll",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    }

    /**
     * Whether this process may read from the terminal and change its modes without being stopped for it (SIGTTIN,
     * SIGTTOU): its group is in the foreground, or the terminal is not the one that controls it. True also for what is no
     * terminal.
     */
    public static boolean isForeground(int fd) {
        MemorySegment state = Downcalls.state();
        try {
            int foreground = Downcalls.result((int) TcgetpgrpCall.HANDLE.invokeExact(state, fd), state);
            return foreground < 0 || foreground == (int) GetpgrpCall.HANDLE.invokeExact();
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class TcgetpgrpCall {
        static final MethodHandle HANDLE = Downcalls.capturing("tcgetpgrp", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    }

    private static final class GetpgrpCall {
        static final MethodHandle HANDLE = Downcalls.plain("getpgrp", FunctionDescriptor.of(JAVA_INT));
    }

    /**
     * raise(3): sends a signal to the calling thread. What it does by default to the process (stopping it) has happened
     * when this returns.
     *
     * @return 0, or the negative of errno
     */
    public static int raise(int signal) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((int) RaiseCall.HANDLE.invokeExact(state, signal), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class RaiseCall {
        static final MethodHandle HANDLE = Downcalls.capturing("raise", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    }
}
