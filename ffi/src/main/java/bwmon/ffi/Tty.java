package bwmon.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

import static java.lang.foreign.ValueLayout.JAVA_INT;

/** What a program on a terminal asks about its place among the shell's jobs. May be called from any thread. */
public final class Tty {
    private Tty() {}

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
