package bwmon.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * System calls that the C library has no function for, or that map the kernel's memory, with the convention of
 * {@link Libc}: 0 or more, or the negative of errno. They go through syscall(2), by their numbers: asm/unistd.h of x86-64,
 * and asm-generic/unistd.h, which AArch64 and RISC-V use. On another architecture bpf(2) gives ENOSYS.
 */
public final class KernelCalls {
    /** __NR_bpf; negative where the number is not known here. */
    static final long NR_BPF = switch (System.getProperty("os.arch", "")) {
        case "amd64", "x86_64" -> 321;
        case "aarch64", "riscv64" -> 280;
        default -> -1;
    };

    /** __NR_fsopen, __NR_fsconfig and __NR_fsmount, Linux 5.2: the same on all architectures, as all since 424 are. */
    static final long NR_FSOPEN = 430;
    static final long NR_FSCONFIG = 431;
    static final long NR_FSMOUNT = 432;

    /** FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC and FSCONFIG_CMD_CREATE, linux/mount.h. */
    static final long FSOPEN_CLOEXEC = 1;
    static final long FSMOUNT_CLOEXEC = 1;
    static final long FSCONFIG_CMD_CREATE = 6;

    /** asm-generic/mman-common.h and linux/mman.h. */
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;

    /** asm-generic/socket.h and linux/net.h. */
    static final int SOL_SOCKET = 1;
    static final int SO_NETNS_COOKIE = 71;
    static final int AF_INET = 2;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_CLOEXEC = 02000000;

    private KernelCalls() {}

    /**
     * bpf(2).
     *
     * @param command BPF_*, enum bpf_cmd of linux/bpf.h
     * @param attributes union bpf_attr, as far as the command has it; what is pointed to from in there has to stay alive
     *     until this returns, which the caller sees to
     */
    public static long bpf(int command, MemorySegment attributes) {
        if (!attributes.isNative()) {
            throw new IllegalArgumentException("the kernel reads native memory only");
        }
        try {
            return NR_BPF < 0
                    ? -Errno.ENOSYS
                    : syscall(NR_BPF, command, attributes.address(), attributes.byteSize(), 0, 0);
        } finally {
            Reference.reachabilityFence(attributes);
        }
    }

    /**
     * A mount of a filesystem that is attached nowhere: only who has the descriptor sees it, and it is gone with the
     * descriptor. By fsopen(2), fsconfig(2) and fsmount(2), Linux 5.2, with CAP_SYS_ADMIN.
     *
     * @param filesystem such as {@code cgroup2}
     * @return a descriptor of its root, as open(2) gives with O_PATH
     */
    public static int mountDetached(String filesystem) {
        try (Arena arena = Arena.ofConfined()) {
            int context = (int) syscall(NR_FSOPEN, arena.allocateFrom(filesystem).address(), FSOPEN_CLOEXEC, 0, 0, 0);
            if (context < 0) {
                return context;
            }
            try {
                long created = syscall(NR_FSCONFIG, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
                return (int) (created < 0 ? created : syscall(NR_FSMOUNT, context, FSMOUNT_CLOEXEC, 0, 0, 0));
            } finally {
                Libc.close(context);
            }
        }
    }

    private static long syscall(long number, long a, long b, long c, long d, long e) {
        return Downcalls.callLong(Syscall.FUNCTION, number, a, b, c, d, e);
    }

    private static final class Syscall {
        static final MemorySegment FUNCTION = Downcalls.function("syscall");
    }

    /**
     * read(2) of at most what the segment holds.
     *
     * @return how many bytes, 0 at the end
     */
    public static long read(int fd, MemorySegment buffer) {
        return FileCalls.read(fd, buffer);
    }

    /**
     * mmap(2) of a part of a file, to read and to write, shared with the kernel and with who else maps it
     * (PROT_READ | PROT_WRITE, MAP_SHARED).
     *
     * @param offset where it begins, a multiple of the page size
     * @param bytes how many, 1 or more
     * @param arena unmaps it when it is closed
     * @throws ErrnoException if the kernel refuses it
     */
    @SuppressWarnings("restricted") // the kernel has mapped so much
    public static MemorySegment mapShared(int fd, long offset, long bytes, Arena arena) throws ErrnoException {
        // MAP_FAILED is (void *) -1, and no mapping in user space has a negative address
        long address = Downcalls.callLong(MmapCall.FUNCTION, 0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
        return MemorySegment.ofAddress(ErrnoException.check("mmap", address)).reinterpret(bytes, arena,
                KernelCalls::unmap);
    }

    private static final class MmapCall {
        static final MemorySegment FUNCTION = Downcalls.function("mmap");
    }

    private static void unmap(MemorySegment mapped) {
        try {
            int result = (int) MunmapCall.HANDLE.invokeExact(mapped, mapped.byteSize());
            if (result != 0) {
                throw new IllegalStateException("munmap refuses what mmap gave");
            }
        } catch (Throwable e) {
            throw Downcalls.unexpected(e);
        }
    }

    private static final class MunmapCall {
        static final MethodHandle HANDLE = Downcalls.plain("munmap",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    }

    /**
     * The cookie of the calling thread's network namespace: a number that no other has until the next boot. By
     * SO_NETNS_COOKIE of a socket, Linux 5.14.
     *
     * @return 1 or more; ENOPROTOOPT from an older kernel
     */
    public static long networkNamespaceCookie() {
        int socket = Libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (socket < 0) {
            return socket;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cookie = arena.allocate(JAVA_LONG);
            int result = Libc.getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, cookie);
            return result < 0 ? result : cookie.get(JAVA_LONG, 0);
        } finally {
            Libc.close(socket);
        }
    }
}
