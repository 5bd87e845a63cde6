package bwmon.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/** What {@link FileTree} calls, with the convention of {@link Libc}. A path is a text that ends with a 0. */
final class FileCalls {
    /**
     * __NR_getdents64, asm/unistd.h. glibc before 2.30 has the call, but no function for it, so that it goes through
     * syscall(2). The architectures for which no number is given here have the one of asm-generic/unistd.h.
     */
    private static final long NR_GETDENTS64 = switch (System.getProperty("os.arch", "")) {
        case "amd64", "x86_64" -> 217;
        case "ppc64", "ppc64le" -> 202;
        case "s390x" -> 220;
        default -> 61;
    };

    private FileCalls() {}

    /** openat(2) of something that exists: a new descriptor. */
    static int openat(int directory, MemorySegment path, int flags) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((int) OpenatCall.HANDLE.invokeExact(state, directory, path, flags), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class OpenatCall {
        // int openat(int, const char *, int, ...)
        static final MethodHandle HANDLE = Downcalls.capturing("openat",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT), Linker.Option.firstVariadicArg(3));
    }

    /** read(2) of at most what the segment holds: how many bytes, 0 at the end. */
    static long read(int fd, MemorySegment buffer) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((long) ReadCall.HANDLE.invokeExact(state, fd, buffer, buffer.byteSize()), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class ReadCall {
        static final MethodHandle HANDLE = Downcalls.capturing("read",
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    }

    /** readlinkat(2): how many bytes, no 0 at their end; a longer target is cut. */
    static long readlinkat(int directory, MemorySegment path, MemorySegment target) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result(
                    (long) ReadlinkatCall.HANDLE.invokeExact(state, directory, path, target, target.byteSize()), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class ReadlinkatCall {
        static final MethodHandle HANDLE = Downcalls.capturing("readlinkat",
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    }

    /** getdents64(2): how many bytes of struct linux_dirent64, 0 at the end. */
    static long getdents64(int fd, MemorySegment buffer) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((long) Getdents64Call.HANDLE.invokeExact(state, NR_GETDENTS64, (long) fd, buffer,
                    buffer.byteSize()), state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class Getdents64Call {
        // long syscall(long, ...)
        static final MethodHandle HANDLE = Downcalls.capturing("syscall",
                FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG),
                Linker.Option.firstVariadicArg(1));
    }

    /** statx(2), glibc 2.28. */
    static int statx(int directory, MemorySegment path, int flags, int mask, MemorySegment statx) {
        MemorySegment state = Downcalls.state();
        try {
            return Downcalls.result((int) StatxCall.HANDLE.invokeExact(state, directory, path, flags, mask, statx),
                    state);
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class StatxCall {
        static final MethodHandle HANDLE = Downcalls.capturing("statx",
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    }
}
