package bwmon.monitor.ebpf;

/** Where a program is hung: enum bpf_attach_type of linux/bpf.h, as far as it is used here. */
public enum AttachType {
    /** BPF_CGROUP_INET_INGRESS: packets that sockets are about to receive. */
    CGROUP_INET_INGRESS(0),
    /** BPF_CGROUP_INET_EGRESS: packets that sockets send. */
    CGROUP_INET_EGRESS(1),
    /** BPF_CGROUP_INET_SOCK_CREATE: socket(2). */
    CGROUP_INET_SOCK_CREATE(2),
    /** BPF_TRACE_RAW_TP: a tracepoint, by its BTF. */
    TRACE_RAW_TP(23),
    /** BPF_TRACE_ITER: an iterator. */
    TRACE_ITER(28),
    /** BPF_CGROUP_INET_SOCK_RELEASE: the end of a socket. */
    CGROUP_INET_SOCK_RELEASE(34);

    private final int number;

    AttachType(int number) {
        this.number = number;
    }

    /** The number in the kernel's interface. */
    public int number() {
        return number;
    }
}
