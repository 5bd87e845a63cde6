package bwmon.monitor.ebpf;

/** When a jump is taken: the upper four bits of a jump's operation code, linux/bpf.h and linux/bpf_common.h. */
public enum Condition {
    /** BPF_JEQ. */
    EQUAL(0x10),
    /** BPF_JGT, both without sign. */
    ABOVE(0x20),
    /** BPF_JGE, both without sign. */
    ABOVE_OR_EQUAL(0x30),
    /** BPF_JNE. */
    NOT_EQUAL(0x50),
    /** BPF_JLE, both without sign. */
    BELOW_OR_EQUAL(0xb0),
    /** BPF_JSLE, both with sign. */
    LESS_OR_EQUAL(0xd0);

    private final int code;

    Condition(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
