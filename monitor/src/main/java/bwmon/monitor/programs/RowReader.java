package bwmon.monitor.programs;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

import bwmon.monitor.attribution.CountedRow;
import bwmon.monitor.attribution.CountedRow.Origin;
import bwmon.monitor.attribution.OwnerId;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * Reads rows: a chunk of them at a time is copied to where reading a number takes no more than an array does. For one thread at a
 * time.
 */
final class RowReader {
    /** So many are copied at once: 32 KiB, which is about as much as the nearest cache has. */
    private static final int CHUNK = 256;
    /** IPPROTO_MPTCP, linux/in.h: a socket of several TCP connections, the first of which has the same ends. */
    private static final int IPPROTO_MPTCP = 262;
    /** SOCK_RAW, linux/net.h: frames of such a socket bear the header of the link layer. */
    private static final int SOCK_RAW = 3;
    /** ETH_HLEN, linux/if_ether.h. */
    private static final int ETHERNET_HEADER = 14;

    private final boolean tellsPayload;
    private final byte[] bytes = new byte[CHUNK * Row.BYTES];
    /** The same bytes, numbers in the machine's byte order. */
    private final ByteBuffer chunk = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    /** The same bytes, numbers in the network's byte order. */
    private final ByteBuffer network = ByteBuffer.wrap(bytes);

    RowReader(boolean tellsPayload) {
        this.tellsPayload = tellsPayload;
    }

    /** Reads rows, one after the other, into a list. */
    void rows(MemorySegment rows, List<CountedRow> into) {
        for (long at = 0; at < rows.byteSize(); at += bytes.length) {
            int length = (int) Math.min(bytes.length, rows.byteSize() - at);
            MemorySegment.copy(rows, JAVA_BYTE, at, bytes, 0, length);
            for (int row = 0; row < length; row += Row.BYTES) {
                into.add(row(row));
            }
        }
    }

    private CountedRow row(int at) {
        long owner = chunk.getLong(at + Row.OWNER);
        long namespace = chunk.getLong(at + Row.NAMESPACE);
        int protocol = Short.toUnsignedInt(chunk.getShort(at + Row.PROTOCOL));
        Origin origin = origin(chunk.get(at + Row.ORIGIN), owner);
        ByteCounts counts = counts(at);
        if (origin == Origin.LINK_LAYER) {
            counts = frames(at, protocol);
        }
        return new CountedRow(owner, namespace, origin, chunk.get(at + Row.SURE) != 0,
                origin == Origin.LINK_LAYER ? null : flow(at, protocol), counts, segmentation(at));
    }

    /** What found no row, of one owner and an interval that is over. */
    CountedRow rest(long owner, long namespace, MemorySegment rows, long at) {
        MemorySegment.copy(rows, JAVA_BYTE, at, bytes, 0, Row.BYTES);
        return new CountedRow(owner, namespace, origin(chunk.get(Row.ORIGIN), owner), true, null, counts(0),
                segmentation(0));
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
    private @Nullable Flow flow(int at, int protocol) {
        Endpoint remote = endpoint(at + Row.REMOTE, at + Row.REMOTE_PORT);
        if (remote == null) {
            return null;
        }
        Endpoint local = endpoint(at + Row.LOCAL, at + Row.LOCAL_PORT);
        return local == null
                ? null
                : new Flow(protocol == IPPROTO_MPTCP ? Protocol.TCP : Protocol.of(protocol), local, remote);
    }

    private @Nullable Endpoint endpoint(int address, int port) {
        long high = network.getLong(address);
        long low = network.getLong(address + Long.BYTES);
        return high == 0 && low == 0
                ? null
                : Endpoint.ofIpv6(high, low, Short.toUnsignedInt(chunk.getShort(port)));
    }

    private ByteCounts counts(int at) {
        ByteCounts ip = ByteCounts.ofIp(chunk.getLong(at + Row.RX_BYTES), chunk.getLong(at + Row.TX_BYTES),
                chunk.getLong(at + Row.RX_PACKETS), chunk.getLong(at + Row.TX_PACKETS));
        return tellsPayload
                ? ip.withPayload(chunk.getLong(at + Row.RX_PAYLOAD), chunk.getLong(at + Row.TX_PAYLOAD))
                : ip;
    }

    /** What is counted in a row that is written to meanwhile: a copy might have a half of a number. */
    ByteCounts countsOfNow(MemorySegment rows, long at) {
        ByteCounts ip = ByteCounts.ofIp(rows.get(JAVA_LONG, at + Row.RX_BYTES), rows.get(JAVA_LONG, at + Row.TX_BYTES),
                rows.get(JAVA_LONG, at + Row.RX_PACKETS), rows.get(JAVA_LONG, at + Row.TX_PACKETS));
        return tellsPayload
                ? ip.withPayload(rows.get(JAVA_LONG, at + Row.RX_PAYLOAD), rows.get(JAVA_LONG, at + Row.TX_PAYLOAD))
                : ip;
    }

    /** Frames that were written are IP packets, less the header of the link layer where the program writes it, too. */
    private ByteCounts frames(int at, int socketType) {
        long packets = chunk.getLong(at + Row.TX_PACKETS);
        long payload = chunk.getLong(at + Row.TX_PAYLOAD);
        long headers = socketType == SOCK_RAW ? packets * ETHERNET_HEADER : 0;
        return ByteCounts.ofIp(0, Math.max(0, payload - headers), 0, packets)
                .withPayload(chunk.getLong(at + Row.RX_PAYLOAD), payload);
    }

    private ByteCounts segmentation(int at) {
        long rx = chunk.getLong(at + Row.RX_SEGMENTATION);
        long tx = chunk.getLong(at + Row.TX_SEGMENTATION);
        return rx == 0 && tx == 0
                ? ByteCounts.ZERO
                : ByteCounts.ofIp(rx, tx, Integer.toUnsignedLong(chunk.getInt(at + Row.RX_SEGMENTS)),
                        Integer.toUnsignedLong(chunk.getInt(at + Row.TX_SEGMENTS))).withPayload(0, 0);
    }
}
