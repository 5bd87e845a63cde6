package bwmon.monitor.ebpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.ffi.Fd;
import bwmon.ffi.KernelCalls;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/** bpf(2): its commands, enum bpf_cmd, and its argument, union bpf_attr, both of linux/bpf.h. */
final class Bpf {
    static final int MAP_CREATE = 0;
    static final int MAP_LOOKUP_ELEM = 1;
    static final int MAP_UPDATE_ELEM = 2;
    static final int MAP_DELETE_ELEM = 3;
    static final int MAP_GET_NEXT_KEY = 4;
    static final int PROG_LOAD = 5;
    static final int RAW_TRACEPOINT_OPEN = 17;
    static final int BTF_LOAD = 18;
    static final int MAP_LOOKUP_BATCH = 24;
    static final int MAP_DELETE_BATCH = 27;
    static final int LINK_CREATE = 28;
    static final int ITER_CREATE = 33;

    /** BPF_OBJ_NAME_LEN: with the 0 at the end. */
    static final int NAME_BYTES = 16;

    /** As often as libbpf tries again where a signal came while the verifier was at work. */
    private static final int ATTEMPTS = 5;

    private Bpf() {}

    /**
     * A call, again where a signal came in between (EAGAIN of the verifier, EINTR).
     *
     * @return 0 or more, or the negative of errno
     */
    static long call(int command, MemorySegment attributes) {
        long result = KernelCalls.bpf(command, attributes);
        for (int i = 1; i < ATTEMPTS && (result == -Errno.EAGAIN || result == -Errno.EINTR); i++) {
            result = KernelCalls.bpf(command, attributes);
        }
        return result;
    }

    /**
     * The descriptor that a call gave.
     *
     * @param what it is of, for messages
     * @throws EbpfException if the call failed
     */
    static Fd descriptor(String operation, String what, long result) throws EbpfException {
        try {
            return Fd.of(what, (int) result);
        } catch (ErrnoException e) {
            throw new EbpfException(operation + " " + what, e.errno());
        }
    }

    /** Zeroes for an argument; the kernel takes a shorter or a longer one, of which it does not know the rest, if that is 0. */
    static MemorySegment attributes(Arena arena, int bytes) {
        return arena.allocate(bytes, Long.BYTES);
    }

    /** Puts a number where there is a __u32. */
    static void number(MemorySegment attributes, int offset, int value) {
        attributes.set(JAVA_INT, offset, value);
    }

    /** Puts flags where there is a __u64. */
    static void flags(MemorySegment attributes, int offset, long value) {
        attributes.set(JAVA_LONG, offset, value);
    }

    /** Puts a pointer where there is an __aligned_u64. */
    static void pointer(MemorySegment attributes, int offset, MemorySegment target) {
        if (!target.isNative()) {
            throw new IllegalArgumentException("the kernel reads and writes native memory only");
        }
        attributes.set(JAVA_LONG, offset, target.address());
    }

    /** Puts a name where there is a char[BPF_OBJ_NAME_LEN]. */
    static void name(MemorySegment attributes, int offset, String name) {
        byte[] bytes = name(name).getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(bytes, 0, attributes, JAVA_BYTE, offset, bytes.length);
    }

    /**
     * A name that the kernel takes, bpf_obj_name_cpy of kernel/bpf/syscall.c.
     *
     * @throws IllegalArgumentException if it is too long or has another character
     */
    static String name(String name) {
        if (name.length() >= NAME_BYTES || !name.matches("[A-Za-z0-9_.]*")) {
            throw new IllegalArgumentException(
                    name + ": a name has at most 15 letters, digits, underscores and dots");
        }
        return name;
    }
}
