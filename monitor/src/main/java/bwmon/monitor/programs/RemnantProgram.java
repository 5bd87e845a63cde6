package bwmon.monitor.programs;

import bwmon.monitor.ebpf.Assembler;
import bwmon.monitor.ebpf.Condition;
import bwmon.monitor.ebpf.Helper;
import bwmon.monitor.ebpf.Label;
import bwmon.monitor.ebpf.Slot;

import static bwmon.monitor.ebpf.Register.R1;
import static bwmon.monitor.ebpf.Register.R10;
import static bwmon.monitor.ebpf.Register.R2;
import static bwmon.monitor.ebpf.Register.R3;
import static bwmon.monitor.ebpf.Register.R6;
import static bwmon.monitor.ebpf.Register.R7;
import static bwmon.monitor.ebpf.Register.R8;
import static bwmon.monitor.ebpf.Register.R9;

/**
 * Counts packets that the host received and dropped because there is no socket, or only what is left of one (TIME_WAIT, where
 * the last packets of most connections end): no other program sees these. kfree_skb, trace/events/skb.h.
 */
final class RemnantProgram {
    private static final int TCP_TIME_WAIT = 6;
    private static final int ETH_P_IP = 0x0800;
    private static final int ETH_P_IPV6 = 0x86dd;
    private static final int PARAMETER_BYTES = 8;
    private static final int LONGEST = 44;

    private RemnantProgram() {}

    static byte[] of(Tables tables, KernelFields fields) {
        var code = new Code(tables, fields);
        Assembler a = code.a;
        Label wanted = a.label("wanted");
        Label noSocket = a.label("no socket");
        Label isIp = a.label("is IP");
        Label isV6 = a.label("v6");
        Label tail = a.label("tail");
        Slot header = a.slot("header", LONGEST);
        Slot bytes = a.slot("bytes", 8);
        Slot packets = a.slot("packets", 8);
        Slot pin = a.slot("pin", 8);
        // skb, location, reason, rx_sk
        a.load(R9, R1.at(0, 8)).store(code.keyAt(Row.ORIGIN, 1), Row.REMNANT).store(code.keyAt(Row.SURE, 1), 0);
        a.load(R2, R1.at(3 * PARAMETER_BYTES, 8)).jumpIf(R2, Condition.EQUAL, 0, noSocket)
                .load(R2, R2.at(fields.sock.state())).jumpIf(R2, Condition.EQUAL, TCP_TIME_WAIT, wanted)
                .jump(code.end).here(noSocket).load(R2, R1.at(2 * PARAMETER_BYTES, 8))
                .jumpIf32(R2, Condition.NOT_EQUAL, fields.reasonNoSocket, code.end)
                .store(code.keyAt(Row.ORIGIN, 1), Row.NO_SOCKET).here(wanted);
        a.load(R8, R9.at(fields.skb.protocol())).networkOrder16(R8).jumpIf(R8, Condition.EQUAL, ETH_P_IP, isIp)
                .jumpIf(R8, Condition.NOT_EQUAL, ETH_P_IPV6, code.end).here(isIp);
        a.load(R1, R9.at(fields.skb.device())).jumpIf(R1, Condition.EQUAL, 0, code.end)
                .load(R1, R1.at(fields.deviceNet)).load(R1, R1.at(fields.netCookie))
                .store(code.keyAt(Row.NAMESPACE, 8), R1).store(code.keyAt(Row.OWNER, 8), 0);
        code.keyWithoutEnds();
        // The IP header lies before what is left of the packet.
        a.load(R3, R9.at(fields.skb.head())).load(R2, R9.at(fields.skb.networkHeader())).add(R3, R2)
                .load(R2, R9.at(fields.skb.data())).subtract(R2, R3).load(R1, R9.at(fields.skb.length())).add(R1, R2)
                .store(bytes.whole(), R1).store(packets.whole(), 1).move(R7, R3).address(R1, header).move(R2, 20)
                .call(Helper.PROBE_READ_KERNEL).jumpIf(R8, Condition.EQUAL, ETH_P_IPV6, isV6);
        code.mapped(Row.LOCAL);
        code.mapped(Row.REMOTE);
        a.load(R1, header.at(12, 4)).store(code.keyAt(Row.REMOTE + 12, 4), R1).load(R1, header.at(16, 4))
                .store(code.keyAt(Row.LOCAL + 12, 4), R1).load(R1, header.at(9, 1))
                .store(code.keyAt(Row.PROTOCOL, 2), R1).load(R1, header.at(0, 1)).and(R1, 0xf).shiftLeft(R1, 2)
                .add(R7, R1).jump(tail).here(isV6).address(R1, header).move(R2, 40).move(R3, R7)
                .call(Helper.PROBE_READ_KERNEL).load(R1, header.at(6, 1)).store(code.keyAt(Row.PROTOCOL, 2), R1);
        for (int word = 0; word < 16; word += 4) {
            a.load(R1, header.at(8 + word, 4)).store(code.keyAt(Row.REMOTE + word, 4), R1)
                    .load(R1, header.at(24 + word, 4)).store(code.keyAt(Row.LOCAL + word, 4), R1);
        }
        a.add(R7, 40).here(tail).address(R1, header).move(R2, 4).move(R3, R7).call(Helper.PROBE_READ_KERNEL)
                .load(R1, header.at(0, 2)).networkOrder16(R1).store(code.keyAt(Row.REMOTE_PORT, 2), R1)
                .load(R1, header.at(2, 2)).networkOrder16(R1).store(code.keyAt(Row.LOCAL_PORT, 2), R1)
                .store(pin.whole(), 0).move(R6, R10);
        code.readEpoch();
        code.sharedRow(new Code.Pin(R6, pin.offset()));
        code.count(Row.RX_BYTES, bytes.whole());
        code.count(Row.RX_PACKETS, packets.whole());
        return code.ending(0);
    }
}
