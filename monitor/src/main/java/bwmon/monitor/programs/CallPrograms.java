package bwmon.monitor.programs;

import bwmon.monitor.ebpf.Assembler;
import bwmon.monitor.ebpf.Condition;
import bwmon.monitor.ebpf.Helper;
import bwmon.monitor.ebpf.Label;
import bwmon.monitor.ebpf.Slot;

import static bwmon.monitor.ebpf.Register.R0;
import static bwmon.monitor.ebpf.Register.R1;
import static bwmon.monitor.ebpf.Register.R2;
import static bwmon.monitor.ebpf.Register.R3;
import static bwmon.monitor.ebpf.Register.R4;
import static bwmon.monitor.ebpf.Register.R6;
import static bwmon.monitor.ebpf.Register.R7;
import static bwmon.monitor.ebpf.Register.R9;

/**
 * Counts what programs move through their sockets, in the process that makes the call, which is the socket's owner from then
 * on: every send and receive by the kernel's tracepoints for both, and what TCP hands out by the one that follows each
 * piece, because splice(2) from a socket passes the others by.
 */
final class CallPrograms {
    /** MSG_PEEK and MSG_ERRQUEUE, linux/socket.h: what is read stays in the queue, or was sent by the program itself. */
    private static final int NOT_RECEIVED = 0x2 | 0x2000;
    private static final int IPPROTO_TCP = 6;

    private final KernelFields fields;
    private final Code code;
    private final Assembler a;
    private final Slot amount;

    private CallPrograms(Tables tables, KernelFields fields) {
        this.fields = fields;
        code = new Code(tables, fields);
        a = code.a;
        amount = a.slot("amount", 8);
    }

    /** sock_send_length(sk, ret, flags), trace/events/sock.h. */
    static byte[] sending(Tables tables, KernelFields fields) {
        var program = new CallPrograms(tables, fields);
        program.enter();
        program.amountOfCall();
        program.count(Row.TX_PAYLOAD);
        // A frame for each call: the interface will see as many.
        program.a.load(R1, R9.at(fields.sock.family()))
                .jumpIf(R1, Condition.NOT_EQUAL, Code.AF_PACKET, program.code.end).move(R1, 1)
                .atomicAdd(R7.at(Row.TX_PACKETS, 8), R1);
        return program.code.ending(0);
    }

    /** sock_recv_length(sk, ret, flags), trace/events/sock.h. */
    static byte[] receiving(Tables tables, KernelFields fields) {
        var program = new CallPrograms(tables, fields);
        Assembler a = program.a;
        program.enter();
        a.load(R2, R1.at(16, 8)).and(R2, NOT_RECEIVED).jumpIf(R2, Condition.NOT_EQUAL, 0, program.code.end)
                .load(R2, R9.at(fields.sock.protocol())).jumpIf(R2, Condition.EQUAL, IPPROTO_TCP, program.code.end);
        program.amountOfCall();
        program.count(Row.RX_PAYLOAD);
        return program.code.ending(0);
    }

    /** tcp_rcv_space_adjust(sk), trace/events/tcp.h. */
    static byte[] receivingTcp(Tables tables, KernelFields fields) {
        var program = new CallPrograms(tables, fields);
        Assembler a = program.a;
        a.load(R9, R1.at(0, 8));
        program.code.mark(R9);
        program.received();
        Label seen = a.label("seen before");
        // A socket that nobody has met was open before the start: what it received until now is not ours to count.
        a.load(R2, R6.at(Mark.OWNER, 8)).load(R3, R6.at(Mark.RECEIVED, 8)).store(R6.at(Mark.RECEIVED, 8), R1)
                .subtract(R1, R3).store(program.amount.whole(), R1).jumpIf(R2, Condition.NOT_EQUAL, 0, seen)
                .store(program.amount.whole(), 0).here(seen);
        // The kernel itself reads as packets come (kTLS, iSCSI, sockmap), in whichever process was interrupted; only a call of a
        // process holds the socket.
        Label known = a.label("owner known");
        a.load(R1, R9.at(fields.sock.locked())).jumpIf(R1, Condition.EQUAL, 0, known);
        program.code.refreshOwner();
        a.here(known).load(R1, program.amount.whole()).jumpIf(R1, Condition.LESS_OR_EQUAL, 0, program.code.end);
        program.countAtRow(Row.RX_PAYLOAD);
        return program.code.ending(0);
    }

    /** Ends the program for sockets of other families. R1 stays what the program was called with. */
    private void enter() {
        Label inet = a.label("inet");
        a.load(R9, R1.at(0, 8)).load(R2, R9.at(fields.sock.family())).jumpIf(R2, Condition.EQUAL, Code.AF_INET, inet)
                .jumpIf(R2, Condition.EQUAL, Code.AF_INET6, inet)
                .jumpIf(R2, Condition.NOT_EQUAL, Code.AF_PACKET, code.end).here(inet);
    }

    /** The result of the call, if it moved something. */
    private void amountOfCall() {
        a.load(R2, R1.at(8, 8)).shiftLeft(R2, 32).shiftRightSigned(R2, 32)
                .jumpIf(R2, Condition.LESS_OR_EQUAL, 0, code.end).store(amount.whole(), R2);
    }

    private void count(int field) {
        code.mark(R9);
        code.refreshOwner();
        countAtRow(field);
    }

    private void countAtRow(int field) {
        Label alone = a.label("alone");
        Label packet = a.label("packet");
        Label have = a.label("has row");
        a.load(R1, R9.at(fields.sock.family())).jumpIf(R1, Condition.EQUAL, Code.AF_PACKET, alone)
                .load(R1, R9.at(fields.sock.remotePort())).jumpIf(R1, Condition.EQUAL, 0, alone)
                .load(R1, R9.at(fields.sock.localPort())).jumpIf(R1, Condition.EQUAL, 0, alone);
        rowOfConnected(have);
        a.jump(have).here(alone);
        Label other = a.label("other row alone");
        Label fresh = a.label("fresh alone");
        var pin = new Code.Pin(R6, Mark.CALLS_ROW);
        code.pinnedRow(pin, other);
        a.jump(have).here(other);
        code.keyOfMark();
        code.keyWithoutEnds();
        a.load(R1, R9.at(fields.sock.family())).jumpIf(R1, Condition.EQUAL, Code.AF_PACKET, packet)
                .store(code.keyAt(Row.ORIGIN, 1), Row.SOCKET).load(R1, R9.at(fields.sock.protocol()))
                .store(code.keyAt(Row.PROTOCOL, 2), R1).jump(fresh).here(packet)
                .store(code.keyAt(Row.ORIGIN, 1), Row.LINK_LAYER).load(R1, R9.at(fields.sock.type()))
                .store(code.keyAt(Row.PROTOCOL, 2), R1).here(fresh);
        code.freshRow(pin);
        a.here(have);
        code.count(field, amount.whole());
    }

    /** R7 = the row of the socket R9, which has a peer; nearly always the one that its last packet was counted in. */
    private void rowOfConnected(Label have) {
        Label other = a.label("other row");
        var pin = new Code.Pin(R6, Mark.PACKETS_ROW);
        code.pinnedRow(pin, other);
        code.comparePeer(ends(), have, other);
        a.here(other);
        code.keyOfMark();
        a.store(code.keyAt(Row.ORIGIN, 1), Row.SOCKET).load(R1, R9.at(fields.sock.protocol()))
                .store(code.keyAt(Row.PROTOCOL, 2), R1);
        code.keyOfEnds(ends());
        code.freshRow(pin);
    }

    /** Of the struct sock R9. */
    private Code.Ends ends() {
        KernelFields.Sock sock = fields.sock;
        return new Code.Ends(R9.at(sock.family()), R9.at(sock.localPort()), R9.at(sock.remotePort()),
                R9.at(sock.localV4()), R9.at(sock.remoteV4()), R9.at(sock.localV6().offset(), 4),
                R9.at(sock.remoteV6().offset(), 4));
    }

    /**
     * R1 = what the program has received of the TCP socket R9 since it began: what came, less what is still in the queue. The
     * FIN takes a number in the sequence and is no byte.
     */
    private void received() {
        received(a, code, fields);
    }

    static void received(Assembler a, Code code, KernelFields fields) {
        Label done = a.label("received");
        a.move(R1, R9).call(Helper.SKC_TO_TCP_SOCK).jumpIf(R0, Condition.EQUAL, 0, code.end)
                .load(R1, R0.at(fields.tcp.received())).load(R2, R0.at(fields.tcp.next()))
                .load(R3, R0.at(fields.tcp.copied())).subtract32(R2, R3)
                // Below 0 where the socket is not locked, as for the seed, and was read from since the line before.
                .shiftLeft(R2, 32).shiftRightSigned(R2, 32).subtract(R1, R2)
                .jumpIf(R2, Condition.NOT_EQUAL, 0, done).load(R4, R9.at(fields.sock.flags()))
                .and(R4, 1 << fields.sockDone).jumpIf(R4, Condition.EQUAL, 0, done).subtract(R1, 1).here(done);
    }
}
