package bwmon.monitor.programs;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout.OfLong;
import java.nio.ByteOrder;

import bwmon.monitor.attribution.CountedRow;
import bwmon.monitor.attribution.CountedRow.Origin;
import bwmon.monitor.attribution.OwnerId;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

/** Reads rows. */
final class RowReader {
    /** Addresses are in the order of the network. */
    private static final OfLong ADDRESS_HALF = JAVA_LONG.withOrder(ByteOrder.BIG_ENDIAN);
    /** IPPROTO_MPTCP, linux/in.h: a socket of several TCP connections, the first of which has the same ends. */
    private static final int IPPROTO_MPTCP = 262;
    /** SOCK_RAW, linux/net.h: frames of such a socket bear the header of the link layer. */
    private static final int SOCK_RAW = 3;
    /** ETH_HLEN, linux/if_ether.h. */
    private static final int ETHERNET_HEADER = 14;

    private final boolean tellsPayload;

    RowReader(boolean tellsPayload) {
        this.tellsPayload = tellsPayload;
    }

    /** The row that begins there. */
    CountedRow row(MemorySegment rows, long at) {
        long owner = rows.get(JAVA_LONG, at + Row.OWNER);
        long namespace = rows.get(JAVA_LONG, at + Row.NAMESPACE);
        int protocol = Short.toUnsignedInt(rows.get(JAVA_SHORT, at + Row.PROTOCOL));
        Origin origin = origin(rows.get(JAVA_BYTE, at + Row.ORIGIN), owner);
        ByteCounts counts = counts(rows, at);
        if (origin == Origin.LINK_LAYER) {
            counts = frames(rows, at, protocol);
        }
        return new CountedRow(owner, namespace, origin, rows.get(JAVA_BYTE, at + Row.SURE) != 0,
                origin == Origin.LINK_LAYER ? null : flow(rows, at, protocol), counts, segmentation(rows, at));
    }

    /** What found no row, of one owner. */
    CountedRow rest(long owner, long namespace, MemorySegment rows, long at) {
        return new CountedRow(owner, namespace, origin(rows.get(JAVA_BYTE, at + Row.ORIGIN), owner), true, null,
                counts(rows, at), segmentation(rows, at));
    }

    private static Origin origin(byte number, long owner) {
        return switch (number) {
            case Row.SOCKET -> owner == OwnerId.NOBODY ? Origin.KERNEL_SOCKET : Origin.SOCKET;
            case Row.REMNANT -> Origin.REMNANT;
            case Row.NO_SOCKET -> Origin.NO_SOCKET;
            case Row.LINK_LAYER -> Origin.LINK_LAYER;
            default -> throw new IllegalStateException("a row of origin " + number);
        };
    }

    /** Null where there is no remote end. */
    private static @Nullable Flow flow(MemorySegment rows, long at, int protocol) {
        Endpoint remote = endpoint(rows, at + Row.REMOTE, at + Row.REMOTE_PORT);
        if (remote == null) {
            return null;
        }
        Endpoint local = endpoint(rows, at + Row.LOCAL, at + Row.LOCAL_PORT);
        return local == null
                ? null
                : new Flow(protocol == IPPROTO_MPTCP ? Protocol.TCP : Protocol.of(protocol), local, remote);
    }

    private static @Nullable Endpoint endpoint(MemorySegment rows, long address, long port) {
        long high = rows.get(ADDRESS_HALF, address);
        long low = rows.get(ADDRESS_HALF, address + Long.BYTES);
        return high == 0 && low == 0
                ? null
                : Endpoint.ofIpv6(high, low, Short.toUnsignedInt(rows.get(JAVA_SHORT, port)));
    }

    /** What is counted in the row that begins there. */
    ByteCounts counts(MemorySegment rows, long at) {
        ByteCounts ip = ByteCounts.ofIp(rows.get(JAVA_LONG, at + Row.RX_BYTES), rows.get(JAVA_LONG, at + Row.TX_BYTES),
                rows.get(JAVA_LONG, at + Row.RX_PACKETS), rows.get(JAVA_LONG, at + Row.TX_PACKETS));
        return tellsPayload
                ? ip.withPayload(rows.get(JAVA_LONG, at + Row.RX_PAYLOAD), rows.get(JAVA_LONG, at + Row.TX_PAYLOAD))
                : ip;
    }

    /** Frames that were written are IP packets, less the header of the link layer where the program writes it, too. */
    private static ByteCounts frames(MemorySegment rows, long at, int socketType) {
        long packets = rows.get(JAVA_LONG, at + Row.TX_PACKETS);
        long payload = rows.get(JAVA_LONG, at + Row.TX_PAYLOAD);
        long headers = socketType == SOCK_RAW ? packets * ETHERNET_HEADER : 0;
        return ByteCounts.ofIp(0, Math.max(0, payload - headers), 0, packets)
                .withPayload(rows.get(JAVA_LONG, at + Row.RX_PAYLOAD), payload);
    }

    private static ByteCounts segmentation(MemorySegment rows, long at) {
        long rx = rows.get(JAVA_LONG, at + Row.RX_SEGMENTATION);
        long tx = rows.get(JAVA_LONG, at + Row.TX_SEGMENTATION);
        return rx == 0 && tx == 0
                ? ByteCounts.ZERO
                : ByteCounts.ofIp(rx, tx, Integer.toUnsignedLong(rows.get(JAVA_INT, at + Row.RX_SEGMENTS)),
                        Integer.toUnsignedLong(rows.get(JAVA_INT, at + Row.TX_SEGMENTS))).withPayload(0, 0);
    }
}
