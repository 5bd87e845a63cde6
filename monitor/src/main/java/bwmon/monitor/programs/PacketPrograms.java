package bwmon.monitor.programs;

import java.util.Set;

import bwmon.monitor.ebpf.Assembler;
import bwmon.monitor.ebpf.Btf;
import bwmon.monitor.ebpf.Condition;
import bwmon.monitor.ebpf.Helper;
import bwmon.monitor.ebpf.Label;
import bwmon.monitor.ebpf.Place;
import bwmon.monitor.ebpf.Register;
import bwmon.monitor.ebpf.Slot;
import bwmon.traffic.Direction;

import static bwmon.monitor.ebpf.Register.R0;
import static bwmon.monitor.ebpf.Register.R1;
import static bwmon.monitor.ebpf.Register.R2;
import static bwmon.monitor.ebpf.Register.R3;
import static bwmon.monitor.ebpf.Register.R4;
import static bwmon.monitor.ebpf.Register.R5;
import static bwmon.monitor.ebpf.Register.R6;
import static bwmon.monitor.ebpf.Register.R8;
import static bwmon.monitor.ebpf.Register.R9;

/**
 * Counts each packet that a socket sends or gets (cgroup_skb), IP header included. A packet that is to be cut into segments,
 * or was put together from some, counts as if each went by itself. The socket's own addresses are the ends, where it has a
 * peer, else those in the packet.
 */
final class PacketPrograms {
    // struct __sk_buff, linux/bpf.h.
    private static final Place LENGTH = R9.at(0, 4);
    private static final Place PACKET_TYPE = R9.at(4, 4);
    private static final Place DATA = R9.at(76, 4);
    private static final Place DATA_END = R9.at(80, 4);
    private static final Place GSO_SEGMENTS = R9.at(164, 4);
    private static final Place SOCKET = R9.at(168, 8);
    private static final Place GSO_SIZE = R9.at(176, 4);

    // struct bpf_sock, linux/bpf.h.
    private static final int FAMILY = 4;
    private static final int TYPE = 8;
    private static final int PROTOCOL = 12;
    private static final int SRC_IP4 = 24;
    private static final int SRC_IP6 = 28;
    private static final int SRC_PORT = 44;
    private static final int DST_PORT = 48;
    private static final int DST_IP4 = 52;
    private static final int DST_IP6 = 56;

    // Where RFC 791, 8200 and 9293 have them, in bytes.
    private static final int IPV4_HEADER = 20;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV4_FRAGMENT = 6;
    private static final int IPV4_SOURCE = 12;
    private static final int IPV4_DESTINATION = 16;
    private static final int IPV6_HEADER = 40;
    private static final int IPV6_NEXT_HEADER = 6;
    private static final int IPV6_SOURCE = 8;
    private static final int IPV6_DESTINATION = 24;
    private static final int TCP_DATA_OFFSET = 12;
    private static final int UDP_HEADER = 8;
    private static final int IPV6_FRAGMENT_HEADER = 8;
    /** No interface takes less (RFC 791, 3.1). */
    private static final int SMALLEST_FRAGMENTED = 68;
    /** linux/if_ether.h. */
    private static final int ETH_P_IPV6 = 0x86dd;
    private static final int IPPROTO_TCP = 6;
    private static final int IPPROTO_UDP = 17;
    /** SOCK_RAW, linux/net.h. */
    private static final int SOCK_RAW = 3;
    /** PACKET_LOOPBACK, linux/if_packet.h. */
    private static final int PACKET_LOOPBACK = 5;

    private final Code code;
    private final KernelFields fields;
    private final Assembler a;
    private final Direction direction;
    private final Set<Feature> features;
    private final Code.Pin pin = new Code.Pin(R6, Mark.PACKETS_ROW);
    private final Slot bytes;
    private final Slot packets;
    private final Slot added;
    private final Slot segments;

    private PacketPrograms(Code code, KernelFields fields, Direction direction, Set<Feature> features) {
        this.code = code;
        this.fields = fields;
        a = code.a;
        this.direction = direction;
        this.features = features;
        bytes = a.slot("bytes", 8);
        packets = a.slot("packets", 8);
        added = a.slot("added by segmentation", 8);
        segments = a.slot("segments", 4);
    }

    /**
     * The program for a direction. It lets every packet pass.
     *
     * @param features what it may make use of
     */
    static byte[] of(Tables tables, KernelFields fields, Direction direction, Set<Feature> features) {
        return new PacketPrograms(new Code(tables, fields), fields, direction, features).program();
    }

    private byte[] program() {
        Label unconnected = a.label("unconnected");
        Label counted = a.label("has row");
        a.move(R9, R1).load(R8, SOCKET).jumpIf(R8, Condition.EQUAL, 0, code.end);
        code.mark(R8);
        amounts();
        // A socket of TCP that is over has given its port back, and may still send a reset.
        a.load(R1, R8.at(SRC_PORT, 4)).jumpIf(R1, Condition.EQUAL, 0, unconnected).load(R1, R8.at(DST_PORT, 2))
                .jumpIf(R1, Condition.EQUAL, 0, unconnected);
        rowOfConnected(counted);
        a.jump(counted).here(unconnected);
        rowOfUnconnected(counted);
        a.here(counted);
        boolean isRx = direction == Direction.RX;
        code.count(isRx ? Row.RX_BYTES : Row.TX_BYTES, bytes.whole());
        code.count(isRx ? Row.RX_PACKETS : Row.TX_PACKETS, packets.whole());
        a.load(R1, segments.whole()).jumpIf(R1, Condition.EQUAL, 0, code.end);
        code.count(isRx ? Row.RX_SEGMENTATION : Row.TX_SEGMENTATION, added.whole());
        code.count(isRx ? Row.RX_SEGMENTS : Row.TX_SEGMENTS, segments.whole());
        return code.ending(1);
    }

    /** R7 = the row of the socket R8, which has a peer; nearly always the one that its last packet was counted in. */
    private void rowOfConnected(Label have) {
        Label other = a.label("other row");
        code.pinnedRow(pin, other);
        code.comparePeer(ends(R8), have, other);
        a.here(other);
        keyWithoutEnds();
        code.keyOfEnds(ends(R0));
        code.freshRow(pin);
    }

    /** R7 = the row of the ends that the packet has, for the socket R8. */
    private void rowOfUnconnected(Label have) {
        Label hasEnds = a.label("key has its ends");
        Label other = a.label("other ends");
        keyWithoutEnds();
        if (direction == Direction.RX) {
            endForCopies();
        }
        code.keyWithoutEnds();
        packetEnds(hasEnds);
        a.here(hasEnds);
        code.pinnedRow(pin, other);
        code.compareKey(other);
        a.jump(have).here(other);
        code.sharedRow(pin);
    }

    /**
     * Ends the program if the packet is no more than a copy for the socket R0 (struct bpf_sock): a raw one, beside which TCP and
     * UDP get it as well and have it counted; or of what this host itself sent to several, and no interface received.
     */
    private void endForCopies() {
        Label whole = a.label("no copy");
        a.load(R1, PACKET_TYPE).jumpIf(R1, Condition.EQUAL, PACKET_LOOPBACK, code.end).load(R1, R0.at(TYPE, 4))
                .jumpIf(R1, Condition.NOT_EQUAL, SOCK_RAW, whole).load(R1, R0.at(PROTOCOL, 4))
                .jumpIf(R1, Condition.EQUAL, IPPROTO_TCP, code.end).jumpIf(R1, Condition.EQUAL, IPPROTO_UDP, code.end)
                .here(whole);
    }

    /** The key but for the ends; R0 is the socket R8 as a struct bpf_sock. */
    private void keyWithoutEnds() {
        if (features.contains(Feature.NAMESPACE_OF_PACKETS)) {
            Label known = a.label("namespace known");
            a.load(R1, R6.at(Mark.NAMESPACE, 8)).jumpIf(R1, Condition.NOT_EQUAL, 0, known).move(R1, R9)
                    .call(Helper.GET_NETNS_COOKIE).store(R6.at(Mark.NAMESPACE, 8), R0).here(known);
        }
        code.keyOfMark();
        a.store(code.keyAt(Row.ORIGIN, 1), Row.SOCKET).move(R1, R8).call(Helper.SK_FULLSOCK)
                .jumpIf(R0, Condition.EQUAL, 0, code.end).load(R1, R0.at(PROTOCOL, 4))
                .store(code.keyAt(Row.PROTOCOL, 2), R1);
    }

    /** How much the packet is, and how much of that segmentation adds. */
    private void amounts() {
        Label done = a.label("amounts");
        Label known = a.label("segments known");
        Label headers = a.label("headers");
        Label whole = a.label("not segmented");
        a.load(R1, LENGTH).store(bytes.whole(), R1).store(packets.whole(), 1).store(segments.whole(), 0)
                .load(R5, GSO_SIZE).jumpIf(R5, Condition.EQUAL, 0, whole);
        headersOfSegment(headers);
        a.here(headers);
        // Some devices hand on packets that were put together without telling of how many.
        a.load(R1, GSO_SEGMENTS).jumpIf(R1, Condition.NOT_EQUAL, 0, known).load(R1, LENGTH).subtract(R1, R4).add(R1, R5)
                .subtract(R1, 1).divide(R1, R5).here(known).jumpIf(R1, Condition.BELOW_OR_EQUAL, 1, done)
                .store(packets.whole(), R1).subtract(R1, 1).store(segments.whole(), R1).multiply(R4, R1)
                .store(added.whole(), R4).load(R1, bytes.whole()).add(R1, R4).store(bytes.whole(), R1).jump(done)
                .here(whole);
        if (features.contains(Feature.FRAGMENTS)) {
            fragments(fields.castToKernel.orElseThrow(), done);
        }
        a.here(done);
    }

    /** R4 = how long the headers of each segment are; as for TCP with time stamps where they are out of reach. R5 stays. */
    private void headersOfSegment(Label found) {
        Label isV6 = a.label("segment v6");
        Label transport = a.label("transport");
        Label datagram = a.label("datagram");
        a.load(R2, DATA).load(R3, DATA_END).move(R4, IPV4_HEADER + 32).move(R1, R2).add(R1, IPV4_HEADER)
                .jumpIf(R1, Condition.ABOVE, R3, found).load(R1, R2.at(0, 1)).shiftRight(R1, 4)
                .jumpIf(R1, Condition.EQUAL, 6, isV6).load(R4, R2.at(0, 1)).and(R4, 0xf).shiftLeft(R4, 2)
                .load(R0, R2.at(IPV4_PROTOCOL, 1)).add(R2, R4).jump(transport).here(isV6).move(R4, IPV6_HEADER)
                .load(R0, R2.at(IPV6_NEXT_HEADER, 1)).add(R2, R4).here(transport)
                .jumpIf(R0, Condition.NOT_EQUAL, IPPROTO_TCP, datagram).move(R1, R2).add(R1, TCP_DATA_OFFSET + 1)
                .jumpIf(R1, Condition.ABOVE, R3, datagram).load(R1, R2.at(TCP_DATA_OFFSET, 1)).shiftRight(R1, 4)
                .shiftLeft(R1, 2).add(R4, R1).jump(found).here(datagram).add(R4, UDP_HEADER);
    }

    /**
     * A datagram that is longer than the interface takes goes, or came, in fragments: each has an IP header (RFC 791, 3.2), and
     * of IPv6 a fragment header besides (RFC 8200, 4.5). It is met before it is taken to pieces, or after it was put together.
     */
    private void fragments(int castToKernel, Label whole) {
        Label isV6 = a.label("fragments v6");
        a.load(R1, LENGTH).jumpIf(R1, Condition.BELOW_OR_EQUAL, SMALLEST_FRAGMENTED, whole).move(R1, R9)
                .callKernel(castToKernel).load(R1, R0.at(fields.skb.protocol())).networkOrder16(R1)
                .jumpIf(R1, Condition.EQUAL, ETH_P_IPV6, isV6);
        longest(fields.fragmentV4, whole);
        fragments(IPV4_HEADER, 0);
        a.jump(whole).here(isV6);
        longest(fields.fragmentV6, whole);
        fragments(IPV6_HEADER, IPV6_FRAGMENT_HEADER);
    }

    /** R2 = how long the fragments of the packet R0 (struct sk_buff) are at most, if it has any. */
    private void longest(Btf.Field ofReceived, Label whole) {
        if (direction == Direction.RX) {
            a.load(R2, R0.at(fields.skb.control().offset() + ofReceived.offset(), ofReceived.size()))
                    .jumpIf(R2, Condition.EQUAL, 0, whole);
        } else {
            a.load(R2, R0.at(fields.skb.device())).jumpIf(R2, Condition.EQUAL, 0, whole)
                    .load(R2, R2.at(fields.mtu)).load(R1, LENGTH).jumpIf(R1, Condition.BELOW_OR_EQUAL, R2, whole);
        }
    }

    private void fragments(int header, int fragmentHeader) {
        // What a fragment carries is a multiple of 8 bytes, but for the last one.
        a.subtract(R2, header + fragmentHeader).and(R2, -8).jumpIf(R2, Condition.LESS_OR_EQUAL, 0, code.end)
                .load(R1, LENGTH).subtract(R1, header).add(R1, R2).subtract(R1, 1).divide(R1, R2)
                .store(packets.whole(), R1).multiply(R1, header + fragmentHeader).load(R2, bytes.whole()).add(R1, R2)
                .subtract(R1, header).store(bytes.whole(), R1);
    }

    /** Of the struct bpf_sock that the register points to. */
    private static Code.Ends ends(Register socket) {
        return new Code.Ends(socket.at(FAMILY, 4), socket.at(SRC_PORT, 4), socket.at(DST_PORT, 2),
                socket.at(SRC_IP4, 4),
                socket.at(DST_IP4, 4), socket.at(SRC_IP6, 4), socket.at(DST_IP6, 4));
    }

    /** The key's ends are those in the packet R9, as far as it has them; jumps there. */
    private void packetEnds(Label done) {
        int source = direction == Direction.RX ? Row.REMOTE : Row.LOCAL;
        int destination = direction == Direction.RX ? Row.LOCAL : Row.REMOTE;
        Label isV6 = a.label("packet v6");
        Label ports = a.label("ports");
        a.load(R2, DATA).load(R3, DATA_END).move(R1, R2).add(R1, IPV4_HEADER)
                .jumpIf(R1, Condition.ABOVE, R3, done).load(R1, R2.at(0, 1)).shiftRight(R1, 4)
                .jumpIf(R1, Condition.EQUAL, 6, isV6);
        code.mapped(Row.LOCAL);
        code.mapped(Row.REMOTE);
        a.load(R1, R2.at(IPV4_SOURCE, 4)).store(code.keyAt(source + 12, 4), R1).load(R1, R2.at(IPV4_DESTINATION, 4))
                .store(code.keyAt(destination + 12, 4), R1).load(R0, R2.at(IPV4_PROTOCOL, 1))
                .store(code.keyAt(Row.PROTOCOL, 2), R0);
        // Only the first fragment has ports.
        a.load(R1, R2.at(IPV4_FRAGMENT, 2)).networkOrder16(R1).and(R1, 0x1fff)
                .jumpIf(R1, Condition.NOT_EQUAL, 0, done).load(R1, R2.at(0, 1)).and(R1, 0xf).shiftLeft(R1, 2)
                .add(R2, R1).jump(ports).here(isV6).move(R1, R2).add(R1, IPV6_HEADER)
                .jumpIf(R1, Condition.ABOVE, R3, done);
        for (int word = 0; word < 16; word += 4) {
            a.load(R1, R2.at(IPV6_SOURCE + word, 4)).store(code.keyAt(source + word, 4), R1)
                    .load(R1, R2.at(IPV6_DESTINATION + word, 4)).store(code.keyAt(destination + word, 4), R1);
        }
        Label hasPorts = a.label("has ports");
        a.load(R0, R2.at(IPV6_NEXT_HEADER, 1)).store(code.keyAt(Row.PROTOCOL, 2), R0).add(R2, IPV6_HEADER)
                .here(ports).jumpIf(R0, Condition.EQUAL, IPPROTO_TCP, hasPorts)
                .jumpIf(R0, Condition.NOT_EQUAL, IPPROTO_UDP, done).here(hasPorts).move(R1, R2).add(R1, 4)
                .jumpIf(R1, Condition.ABOVE, R3, done);
        port(R2.at(0, 2), direction == Direction.RX ? Row.REMOTE_PORT : Row.LOCAL_PORT);
        port(R2.at(2, 2), direction == Direction.RX ? Row.LOCAL_PORT : Row.REMOTE_PORT);
    }

    private void port(Place from, int to) {
        Register port = R1;
        a.load(port, from).networkOrder16(port).store(code.keyAt(to, 2), port);
    }
}
