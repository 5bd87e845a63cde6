package bwmon.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

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
        try {
            return Downcalls.callInt(OpenatCall.FUNCTION, directory, Downcalls.pointer(path), flags, 0, 0, 0);
        } finally {
            Reference.reachabilityFence(path);
        }
    }

    private static final class OpenatCall {
        static final MemorySegment FUNCTION = Downcalls.function("openat");
    }

    /** read(2) of at most what the segment holds: how many bytes, 0 at the end. */
    static long read(int fd, MemorySegment buffer) {
        try {
            return Downcalls.callLong(ReadCall.FUNCTION, fd, Downcalls.pointer(buffer), buffer.byteSize(), 0, 0, 0);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    private static final class ReadCall {
        static final MemorySegment FUNCTION = Downcalls.function("read");
    }

    /** readlinkat(2): how many bytes, no 0 at their end; a longer target is cut. */
    static long readlinkat(int directory, MemorySegment path, MemorySegment target) {
        try {
            return Downcalls.callLong(ReadlinkatCall.FUNCTION, directory, Downcalls.pointer(path),
                    Downcalls.pointer(target), target.byteSize(), 0, 0);
        } finally {
            Reference.reachabilityFence(path);
            Reference.reachabilityFence(target);
        }
    }

    private static final class ReadlinkatCall {
        static final MemorySegment FUNCTION = Downcalls.function("readlinkat");
    }

    /** getdents64(2): how many bytes of struct linux_dirent64, 0 at the end. */
    static long getdents64(int fd, MemorySegment buffer) {
        try {
            return Downcalls.callLong(Getdents64Call.FUNCTION, NR_GETDENTS64, fd, Downcalls.pointer(buffer),
                    buffer.byteSize(), 0, 0);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    private static final class Getdents64Call {
        static final MemorySegment FUNCTION = Downcalls.function("syscall");
    }

    /** statx(2), glibc 2.28. */
    static int statx(int directory, MemorySegment path, int flags, int mask, MemorySegment statx) {
        try {
            return Downcalls.callInt(StatxCall.FUNCTION, directory, Downcalls.pointer(path), flags, mask,
                    Downcalls.pointer(statx), 0);
        } finally {
            Reference.reachabilityFence(path);
            Reference.reachabilityFence(statx);
        }
    }

    private static final class StatxCall {
        static final MemorySegment FUNCTION = Downcalls.function("statx");
    }
}
