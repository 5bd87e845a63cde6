package bwmon.monitor.ebpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

import bwmon.ffi.Errno;
import bwmon.ffi.Fd;
import bwmon.ffi.Libc;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

/**
 * A program that the kernel's verifier has let in, by its descriptor. It runs only while a {@link BpfLink} holds it, and is
 * gone when that and this are closed. May be used by any thread.
 */
public final class BpfProgram implements AutoCloseable {
    /** struct bpf_insn, linux/bpf.h. */
    static final int INSTRUCTION_BYTES = 8;

    /** union bpf_attr for BPF_PROG_LOAD. */
    static final int PROG_TYPE = 0;
    static final int INSN_CNT = 4;
    static final int INSNS = 8;
    static final int LICENSE = 16;
    static final int LOG_LEVEL = 24;
    static final int LOG_SIZE = 28;
    static final int LOG_BUF = 32;
    static final int PROG_NAME = 48;
    static final int EXPECTED_ATTACH_TYPE = 68;
    static final int ATTACH_BTF_ID = 108;
    static final int LOAD_BYTES = 112;

    /** Many helpers are for programs under this licence only. */
    private static final String GPL = "GPL";

    /** BPF_LOG_LEVEL1, linux/bpf_verifier.h: the instructions of the path that was refused, and the registers' states. */
    private static final int REFUSED_PATH = 1;
    private static final int FIRST_LOG_BYTES = 1 << 16;
    private static final int LOG_GROWTH = 16;
    /** The most that kernels before 5.2 take: UINT_MAX >> 8. */
    private static final int LAST_LOG_BYTES = (1 << 24) - 1;

    private final String name;
    private final Fd fd;

    private BpfProgram(String name, Fd fd) {
        this.name = name;
        this.fd = fd;
    }

    /**
     * A program to be loaded.
     *
     * @param name at most 15 letters, digits, underscores and dots, as {@code bpftool prog} shows it
     * @param instructions struct bpf_insn, 8 bytes each, in the machine's byte order
     * @param expectedAttachType number of an {@link AttachType}; 0 where the type of program has only one
     * @param attachBtfId what a {@link ProgramType#TRACING} program is for: of a tracepoint the id of the typedef
     *     {@code btf_trace_NAME}, of an iterator that of the function {@code bpf_iter_NAME}; else 0
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, and never compared
    public record Load(ProgramType type, String name, byte[] instructions, int expectedAttachType, int attachBtfId) {
        /** As the record; refuses a name or a length that no kernel takes. */
        public Load {
            Bpf.name(name);
            if (instructions.length == 0 || instructions.length % INSTRUCTION_BYTES != 0) {
                throw new IllegalArgumentException(instructions.length + " bytes are not whole instructions");
            }
        }
    }

    /**
     * Loads a program under the licence GPL, which allows all helpers. Where the kernel refuses it, it is tried again with
     * the verifier's log, which costs time and up to 16 MiB.
     *
     * @throws EbpfException with that log
     */
    public static BpfProgram load(Load load) throws EbpfException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = attributes(load, arena);
            long result = Bpf.call(Bpf.PROG_LOAD, attributes);
            String what = "program " + load.name();
            if (result < 0) {
                throw new EbpfException("load " + what, (int) -result, log(attributes));
            }
            return new BpfProgram(load.name(), Bpf.descriptor("load", what, result));
        }
    }

    private static MemorySegment attributes(Load load, Arena arena) {
        byte[] bytes = load.instructions();
        MemorySegment instructions = arena.allocate(bytes.length, Long.BYTES);
        MemorySegment.copy(bytes, 0, instructions, JAVA_BYTE, 0, bytes.length);
        MemorySegment attributes = Bpf.attributes(arena, LOAD_BYTES);
        Bpf.number(attributes, PROG_TYPE, load.type().number());
        Bpf.number(attributes, INSN_CNT, bytes.length / INSTRUCTION_BYTES);
        Bpf.pointer(attributes, INSNS, instructions);
        Bpf.pointer(attributes, LICENSE, arena.allocateFrom(GPL));
        Bpf.name(attributes, PROG_NAME, load.name());
        Bpf.number(attributes, EXPECTED_ATTACH_TYPE, load.expectedAttachType());
        Bpf.number(attributes, ATTACH_BTF_ID, load.attachBtfId());
        return attributes;
    }

    /** What the verifier says of a program that it refuses; its end, where 16 MiB are not enough (Linux 6.4 and later). */
    private static String log(MemorySegment attributes) {
        int bytes = FIRST_LOG_BYTES;
        while (true) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment log = arena.allocate(bytes);
                Bpf.number(attributes, LOG_LEVEL, REFUSED_PATH);
                Bpf.number(attributes, LOG_SIZE, bytes);
                Bpf.pointer(attributes, LOG_BUF, log);
                long result = Bpf.call(Bpf.PROG_LOAD, attributes);
                if (result >= 0) {
                    // Let in after all, as where memory was short before: of no use to whoever is told of the failure.
                    Libc.close((int) result);
                    return "";
                }
                if (result != -Errno.ENOSPC || bytes == LAST_LOG_BYTES) {
                    return text(log);
                }
            }
            bytes = Math.min(bytes * LOG_GROWTH, LAST_LOG_BYTES);
        }
    }

    /** Up to its 0, whatever the bytes: names of types come from the kernel's BTF. */
    private static String text(MemorySegment log) {
        byte[] bytes = log.toArray(JAVA_BYTE);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** The descriptor, until this is closed. */
    public int fd() {
        return fd.number();
    }

    /** As it was given. */
    public String name() {
        return name;
    }

    /** Gives the program up; links that it has go on. */
    @Override
    public void close() {
        fd.close();
    }

    /** The name and the descriptor. */
    @Override
    public String toString() {
        return fd.toString();
    }
}
