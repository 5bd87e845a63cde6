package bwmon.monitor.ebpf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import bwmon.ffi.Errno;
import bwmon.ffi.Fd;
import bwmon.ffi.KernelCalls;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

/**
 * A program at work: attached until this is closed, or this process ends, however it ends. May be closed by any thread.
 */
public final class BpfLink implements AutoCloseable {
    /** union bpf_attr for BPF_RAW_TRACEPOINT_OPEN. */
    static final int RAW_TRACEPOINT_PROG_FD = 8;
    static final int RAW_TRACEPOINT_BYTES = 16;

    /** union bpf_attr for BPF_LINK_CREATE. */
    static final int LINK_PROG_FD = 0;
    static final int LINK_TARGET_FD = 4;
    static final int LINK_ATTACH_TYPE = 8;
    static final int LINK_CREATE_BYTES = 16;

    /** union bpf_attr for BPF_ITER_CREATE. */
    static final int ITER_LINK_FD = 0;
    static final int ITER_CREATE_BYTES = 8;

    /** As bpf_seq_read of kernel/bpf/bpf_iter.c gathers before it hands out. */
    private static final int READ_BYTES = 32 * 1024;

    private final Fd fd;

    private BpfLink(Fd fd) {
        this.fd = fd;
    }

    /**
     * Attaches a program of {@link ProgramType#TRACING} and {@link AttachType#TRACE_RAW_TP} to its tracepoint, which it was
     * loaded for. Linux 5.5.
     */
    public static BpfLink tracepoint(BpfProgram program) throws EbpfException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = Bpf.attributes(arena, RAW_TRACEPOINT_BYTES);
            Bpf.number(attributes, RAW_TRACEPOINT_PROG_FD, program.fd());
            return new BpfLink(Bpf.descriptor("attach", "tracepoint " + program.name(),
                    Bpf.call(Bpf.RAW_TRACEPOINT_OPEN, attributes)));
        }
    }

    /**
     * Attaches a program to a cgroup and to all below it, beside others that are there (BPF_F_ALLOW_MULTI). Linux 5.7.
     *
     * @param cgroupFd of a folder of the version 2 hierarchy
     */
    public static BpfLink cgroup(BpfProgram program, int cgroupFd, AttachType type) throws EbpfException {
        return new BpfLink(create(program, cgroupFd, type));
    }

    private static Fd create(BpfProgram program, int targetFd, AttachType type) throws EbpfException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = Bpf.attributes(arena, LINK_CREATE_BYTES);
            Bpf.number(attributes, LINK_PROG_FD, program.fd());
            Bpf.number(attributes, LINK_TARGET_FD, targetFd);
            Bpf.number(attributes, LINK_ATTACH_TYPE, type.number());
            return Bpf.descriptor("attach", type + " " + program.name(), Bpf.call(Bpf.LINK_CREATE, attributes));
        }
    }

    /**
     * Runs an iterator, a program of {@link ProgramType#TRACING} and {@link AttachType#TRACE_ITER}, over all that there is
     * now. Linux 5.8.
     *
     * @return what the program wrote with bpf_seq_write, nothing for most
     */
    public static byte[] iterate(BpfProgram program) throws IOException {
        var written = new ByteArrayOutputStream();
        try (Arena arena = Arena.ofConfined(); Fd link = create(program, 0, AttachType.TRACE_ITER)) {
            MemorySegment attributes = Bpf.attributes(arena, ITER_CREATE_BYTES);
            Bpf.number(attributes, ITER_LINK_FD, link.number());
            MemorySegment buffer = arena.allocate(READ_BYTES);
            try (Fd iterator = Bpf.descriptor("start", "iterator " + program.name(),
                    Bpf.call(Bpf.ITER_CREATE, attributes))) {
                while (true) {
                    long length = KernelCalls.read(iterator.number(), buffer);
                    if (length == 0) {
                        return written.toByteArray();
                    }
                    // EAGAIN after a million objects, which is where the next read goes on.
                    if (length != -Errno.EAGAIN && length != -Errno.EINTR) {
                        EbpfException.check("iterate " + program.name(), length);
                        written.write(buffer.asSlice(0, length).toArray(JAVA_BYTE));
                    }
                }
            }
        }
    }

    /** The descriptor, until this is closed. */
    public int fd() {
        return fd.number();
    }

    /** Detaches the program: no run of it begins after this has returned, though one may still go on. */
    @Override
    public void close() {
        fd.close();
    }

    /** What is attached, and the descriptor. */
    @Override
    public String toString() {
        return fd.toString();
    }
}
