package bwmon.monitor.ebpf;

import java.io.IOException;
import java.io.OutputStream;
import java.util.HexFormat;

/** A program of its own that has something attached to the kernel for as long as it runs. */
final class AttachedChild {
    /** Of all that it has in the kernel. */
    static final String NAME = "bwmon_t_child";

    private AttachedChild() {}

    /** Attaches to a tracepoint and to the top of the cgroups, says so, and waits for the end of its input. */
    public static void main(String[] args) throws IOException {
        byte[] letPass = HexFormat.of().parseHex("b700000001000000" + "9500000000000000"); // r0 = 1; exit
        byte[] nothing = HexFormat.of().parseHex("b700000000000000" + "9500000000000000"); // r0 = 0; exit
        int exec = Btf.ofKernel().typedef("btf_trace_sched_process_exec").orElseThrow();
        try (CgroupRoot root = CgroupRoot.open();
                BpfProgram skb = BpfProgram.load(new BpfProgram.Load(ProgramType.CGROUP_SKB, NAME, letPass,
                        AttachType.CGROUP_INET_EGRESS.number(), 0));
                BpfProgram trace = BpfProgram.load(new BpfProgram.Load(ProgramType.TRACING, NAME, nothing,
                        AttachType.TRACE_RAW_TP.number(), exec));
                BpfLink toCgroup = BpfLink.cgroup(skb, root.fd(), AttachType.CGROUP_INET_EGRESS);
                BpfLink toTracepoint = BpfLink.tracepoint(trace)) {
            System.out.println(toCgroup + ", " + toTracepoint);
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }
}
