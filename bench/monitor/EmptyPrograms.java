import java.util.ArrayList;
import java.util.List;

import bwmon.monitor.ebpf.Assembler;
import bwmon.monitor.ebpf.AttachType;
import bwmon.monitor.ebpf.BpfLink;
import bwmon.monitor.ebpf.BpfProgram;
import bwmon.monitor.ebpf.Btf;
import bwmon.monitor.ebpf.CgroupRoot;
import bwmon.monitor.ebpf.ProgramType;
import bwmon.monitor.ebpf.Register;

/**
 * Programs that do nothing, where runmonitor's count: what the kernel takes for calling any. Attached until the standard input
 * ends.
 */
public final class EmptyPrograms {
    private static final List<String> TRACEPOINTS = List.of("sock_send_length", "sock_recv_length", "tcp_rcv_space_adjust");
    private static final List<AttachType> PACKETS = List.of(AttachType.CGROUP_INET_EGRESS, AttachType.CGROUP_INET_INGRESS);

    public static void main(String[] args) throws Exception {
        var links = new ArrayList<BpfLink>();
        Btf btf = Btf.ofKernel();
        try (CgroupRoot cgroup = CgroupRoot.open()) {
            for (String name : TRACEPOINTS) {
                links.add(BpfLink.tracepoint(BpfProgram.load(new BpfProgram.Load(ProgramType.TRACING, "empty", returning(0),
                        AttachType.TRACE_RAW_TP.number(), btf.typedef("btf_trace_" + name).orElseThrow()))));
            }
            for (AttachType where : PACKETS) {
                links.add(BpfLink.cgroup(BpfProgram.load(new BpfProgram.Load(ProgramType.CGROUP_SKB, "empty", returning(1),
                        where.number(), 0)), cgroup.fd(), where));
            }
            System.out.println("attached");
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
        } finally {
            links.forEach(BpfLink::close);
        }
    }

    private static byte[] returning(int result) {
        return new Assembler().move(Register.R0, result).exit().instructions();
    }
}
