package bwmon.monitor.programs;

import bwmon.monitor.ebpf.Assembler;
import bwmon.monitor.ebpf.Condition;
import bwmon.monitor.ebpf.Helper;
import bwmon.monitor.ebpf.Label;
import bwmon.monitor.ebpf.Slot;

import static bwmon.monitor.ebpf.Register.R0;
import static bwmon.monitor.ebpf.Register.R1;
import static bwmon.monitor.ebpf.Register.R2;
import static bwmon.monitor.ebpf.Register.R6;
import static bwmon.monitor.ebpf.Register.R7;
import static bwmon.monitor.ebpf.Register.R8;
import static bwmon.monitor.ebpf.Register.R9;

/** Says whose a socket is when it is made and when we begin, and what a process is called after it executed a program. */
final class OwnerPrograms {
    private OwnerPrograms() {}

    /** BPF_CGROUP_INET_SOCK_CREATE: every socket of IPv4 and IPv6 that a process makes. It permits all. */
    static byte[] creation(Tables tables, KernelFields fields) {
        var code = new Code(tables, fields);
        Assembler a = code.a;
        a.move(R9, R1);
        code.mark(R9);
        a.call(Helper.GET_CURRENT_TASK_BTF);
        code.ownerOfTask();
        a.jumpIf(R8, Condition.EQUAL, 0, code.end).store(R6.at(Mark.OWNER, 8), R8).move(R1, R9)
                .call(Helper.GET_NETNS_COOKIE).store(R6.at(Mark.NAMESPACE, 8), R0);
        code.noteOwner();
        return code.ending(1);
    }

    /** sched_process_exec, trace/events/sched.h: a process that is noted has another name from now on. */
    static byte[] execution(Tables tables, KernelFields fields) {
        var code = new Code(tables, fields);
        Assembler a = code.a;
        Slot owner = a.slot("owner", Long.BYTES);
        a.call(Helper.GET_CURRENT_TASK_BTF);
        code.ownerOfTask();
        a.store(owner.whole(), R8).map(R1, tables.owners.fd()).address(R2, owner).call(Helper.MAP_LOOKUP_ELEM)
                .jumpIf(R0, Condition.EQUAL, 0, code.end).move(R7, R0);
        code.fillNote();
        return code.ending(0);
    }

    /** Iterator over all descriptors (bpf_iter__task_file): sockets that are open already belong to who holds them first. */
    static byte[] seed(Tables tables, KernelFields fields) {
        var code = new Code(tables, fields);
        Assembler a = code.a;
        Slot task = a.slot("task", Long.BYTES);
        Label inet = a.label("inet");
        // struct bpf_iter__task_file: meta 0, task 8, fd 16, file 24; both pointers are null at the end.
        a.load(R8, R1.at(8, 8)).load(R1, R1.at(24, 8)).jumpIf(R8, Condition.EQUAL, 0, code.end)
                .jumpIf(R1, Condition.EQUAL, 0, code.end).store(task.whole(), R8).call(Helper.SOCK_FROM_FILE)
                .jumpIf(R0, Condition.EQUAL, 0, code.end).load(R9, R0.at(fields.socketSock))
                .jumpIf(R9, Condition.EQUAL, 0, code.end).load(R1, R9.at(fields.sock.family()))
                .jumpIf(R1, Condition.EQUAL, Code.AF_INET, inet).jumpIf(R1, Condition.EQUAL, Code.AF_INET6, inet)
                .jumpIf(R1, Condition.NOT_EQUAL, Code.AF_PACKET, code.end).here(inet);
        code.mark(R9);
        a.load(R1, R6.at(Mark.OWNER, 8)).jumpIf(R1, Condition.NOT_EQUAL, 0, code.end).load(R0, task.whole());
        code.ownerOfTask();
        a.jumpIf(R8, Condition.EQUAL, 0, code.end);
        code.namespace(R9);
        a.store(R6.at(Mark.NAMESPACE, 8), R1).store(R6.at(Mark.OWNER, 8), R8);
        CallPrograms.received(a, code, fields);
        a.store(R6.at(Mark.RECEIVED, 8), R1);
        return code.ending(0);
    }
}
