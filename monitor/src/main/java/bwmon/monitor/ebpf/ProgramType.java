package bwmon.monitor.ebpf;

/** What a program is for: enum bpf_prog_type of linux/bpf.h, as far as it is used or tried here. */
public enum ProgramType {
    /** BPF_PROG_TYPE_SOCKET_FILTER. */
    SOCKET_FILTER(1),
    /** BPF_PROG_TYPE_CGROUP_SKB: sees packets of a cgroup's sockets. */
    CGROUP_SKB(8),
    /** BPF_PROG_TYPE_CGROUP_SOCK: sees sockets of a cgroup come and go. */
    CGROUP_SOCK(9),
    /** BPF_PROG_TYPE_RAW_TRACEPOINT: a tracepoint, by its name, without BTF. */
    RAW_TRACEPOINT(17),
    /** BPF_PROG_TYPE_TRACING: a tracepoint by its BTF, or an iterator. */
    TRACING(26);

    private final int number;

    ProgramType(int number) {
        this.number = number;
    }

    /** The number in the kernel's interface. */
    public int number() {
        return number;
    }
}
