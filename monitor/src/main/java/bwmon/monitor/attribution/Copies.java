package bwmon.monitor.attribution;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;

/**
 * Packets of which several sockets get a copy each, and which the network carried once: those to multicast addresses and to
 * all, and those of protocols that raw sockets read. Their IP bytes are left to the process that got most of them (the one
 * that started first, of several); what the others received is payload. Pure.
 *
 * <p>Two sockets of one process that read the same are not told apart, and count twice.
 */
final class Copies {
    private record Key(long namespace, Flow flow) {}

    private Copies() {}

    /** The same rows, without the IP bytes of copies. */
    static List<CountedRow> countOnce(List<CountedRow> rows) {
        Map<Key, Map<Long, Long>> received = null;
        for (CountedRow row : rows) {
            Flow flow = row.flow();
            if (flow == null || !mayBeCopied(flow)) {
                continue;
            }
            long bytes = row.counts().bytes(Direction.RX).orElse(0);
            if (bytes > 0) {
                received = received == null ? new HashMap<>() : received;
                received.computeIfAbsent(new Key(row.namespace(), flow), _ -> new HashMap<>()).merge(row.owner(), bytes,
                        Long::sum);
            }
        }
        return received == null || received.values().stream().allMatch(byOwner -> byOwner.size() == 1)
                ? rows
                : withoutCopies(rows, received);
    }

    private static List<CountedRow> withoutCopies(List<CountedRow> rows, Map<Key, Map<Long, Long>> received) {
        var first = new HashMap<Key, Long>();
        received.forEach((key, byOwner) -> first.put(key,
                byOwner.entrySet().stream().min(
                        Map.Entry.<Long, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                        .orElseThrow().getKey()));
        var once = new ArrayList<CountedRow>(rows.size());
        for (CountedRow row : rows) {
            Flow flow = row.flow();
            Long owner = flow == null ? null : first.get(new Key(row.namespace(), flow));
            once.add(owner == null || owner == row.owner() ? row : copy(row));
        }
        return once;
    }

    private static CountedRow copy(CountedRow row) {
        return new CountedRow(row.owner(), row.namespace(), row.origin(), row.isSure(), row.flow(),
                withoutReceived(row.counts()), withoutReceived(row.segmentation()));
    }

    private static ByteCounts withoutReceived(ByteCounts counts) {
        ByteCounts sent = ByteCounts.ofIp(0, counts.bytes(Direction.TX).orElse(0), 0,
                counts.packets(Direction.TX).orElse(0));
        return counts.payload(Direction.RX).isEmpty() || counts.payload(Direction.TX).isEmpty()
                ? sent
                : sent.withPayload(counts.payload(Direction.RX).getAsLong(),
                        counts.payload(Direction.TX).getAsLong());
    }

    private static boolean mayBeCopied(Flow flow) {
        if (flow.protocol() == Protocol.TCP) {
            return false;
        }
        return flow.protocol() != Protocol.UDP || flow.local().isForMany();
    }
}
