package bwmon.monitor.attribution;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import bwmon.monitor.attribution.FlowHolders.Ends;
import bwmon.monitor.attribution.FlowHolders.Holding;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner.Cause;
import org.jspecify.annotations.Nullable;

/**
 * Says whose the rows are that the kernel's programs counted, and sums them up. Pure. For one thread at a time. Made for tens of
 * thousands of rows an interval: a few look-ups and objects for each.
 *
 * <p><b>Whose.</b> A row belongs to the process that sent or received through the socket. One that is not sure (a connection
 * that was accepted, and perhaps handed to another process since) belongs to who did so in this interval with the same two
 * ends in the same network namespace; else to who did so with them lately; else to the process that it names. One that
 * names nobody goes the same ways, and at last belongs to its cause:
 * <ul>
 * <li>KERNEL_SOCKET: KERNEL;
 * <li>NO_SOCKET: NO_SOCKET;
 * <li>REMNANT: EXITED, because its socket is closed, and who closed it is not remembered any more;
 * <li>SOCKET, LINK_LAYER: EXITED. There is a socket, so it is not NO_SOCKET. It was made before the programs were there, and
 * no process held it then: one that is being closed, by a process that gave it up or has ended.
 * </ul>
 *
 * <p>Ends have a direction: of a connection within the host each process has its own.
 */
public final class RowLedger {
    private final long namespace;
    private final boolean isAlone;
    private final FlowHolders holders;
    private final Map<Sum, Sum> rests = new HashMap<>();

    /**
     * A ledger that remembers nobody.
     *
     * @param namespace the network namespace of the interfaces; 0 if unknown, then every row is of it
     * @param isAlone whether rows of other ones are left out
     */
    public RowLedger(long namespace, boolean isAlone) {
        this.namespace = namespace;
        this.isAlone = isAlone;
        holders = new FlowHolders();
    }

    /**
     * What one owner moved in an interval.
     *
     * @param owner see {@link OwnerId}; {@link OwnerId#NOBODY} if there is a cause
     * @param cause why it has no owner; null if it has one
     * @param flow null for those parts of all flows that are not told apart
     * @param isElsewhere whether in another network namespace
     */
    public record Part(long owner, @Nullable Cause cause, @Nullable Flow flow, ByteCounts counts,
            boolean isElsewhere) {}

    /**
     * What the interval came to.
     *
     * @param parts each owner and flow once in each network namespace; some more often, where more flows moved than are
     *     remembered
     * @param here the sum of those that the interfaces carried, or could have
     * @param elsewhere the sum of the others, of other network namespaces
     * @param segmentation how much of {@code here} only segmentation makes
     */
    public record Settled(List<Part> parts, ByteCounts here, ByteCounts elsewhere, ByteCounts segmentation) {}

    /**
     * Makes up the books of an interval.
     *
     * @param nanos the time by a monotonic clock
     */
    public Settled settle(List<CountedRow> rows, long nanos) {
        holders.begin(nanos);
        rests.clear();
        var unsure = new ArrayList<CountedRow>();
        var nobodys = new ArrayList<CountedRow>();
        ByteCounts here = ByteCounts.ZERO;
        ByteCounts elsewhere = ByteCounts.ZERO;
        ByteCounts segmentation = ByteCounts.ZERO;
        for (CountedRow row : Copies.countOnce(rows)) {
            if (isHere(row.namespace())) {
                here = here.plus(row.counts());
                segmentation = segmentation.plus(row.segmentation());
            } else if (isAlone) {
                continue;
            } else {
                elsewhere = elsewhere.plus(row.counts());
            }
            Flow flow = row.flow();
            if (flow == null) {
                rest(row);
            } else if (row.owner() == OwnerId.NOBODY) {
                nobodys.add(row);
            } else if (row.isSure() || row.origin() == CountedRow.Origin.LINK_LAYER) {
                Ends ends = holders.of(flow);
                ends.sum(row.namespace(), row.owner(), null).add(row.counts());
                ends.remember(row.namespace(), row.owner(), true);
            } else {
                unsure.add(row);
            }
        }
        for (CountedRow row : unsure) {
            book(row, holders.of(flow(row)));
        }
        for (CountedRow row : nobodys) {
            book(row, holders.ofNobody(flow(row)));
        }
        return new Settled(parts(rows.size()), here, elsewhere, segmentation);
    }

    private boolean isHere(long of) {
        return of == namespace || of == 0 || namespace == 0;
    }

    private static Flow flow(CountedRow row) {
        Flow flow = row.flow();
        if (flow == null) {
            throw new IllegalStateException("a row without ends is booked as a rest");
        }
        return flow;
    }

    private void rest(CountedRow row) {
        Cause cause = row.owner() == OwnerId.NOBODY ? cause(row.origin()) : null;
        var key = new Sum(row.namespace(), row.owner(), cause);
        Sum sum = rests.putIfAbsent(key, key);
        (sum == null ? key : sum).add(row.counts());
    }

    private static void book(CountedRow row, Ends ends) {
        Holding holder = ends.holder(row.namespace(), row.owner());
        if (holder != null) {
            // Where only one of the two tells the namespace, it is that one.
            long where = row.namespace() == 0 ? holder.namespace() : row.namespace();
            ends.sum(where, holder.owner(), null).add(row.counts());
        } else if (row.owner() == OwnerId.NOBODY) {
            ends.sum(row.namespace(), OwnerId.NOBODY, cause(row.origin())).add(row.counts());
        } else {
            ends.sum(row.namespace(), row.owner(), null).add(row.counts());
            ends.remember(row.namespace(), row.owner(), false);
        }
    }

    private static Cause cause(CountedRow.Origin origin) {
        return switch (origin) {
            case KERNEL_SOCKET -> Cause.KERNEL;
            case NO_SOCKET -> Cause.NO_SOCKET;
            case REMNANT, SOCKET, LINK_LAYER -> Cause.EXITED;
        };
    }

    private List<Part> parts(int rows) {
        var parts = new ArrayList<Part>(rows);
        for (Ends ends : holders.moved()) {
            for (Sum sum : ends.sums()) {
                add(sum, ends.flow(), parts);
            }
            ends.done();
        }
        for (Sum sum : rests.keySet()) {
            add(sum, null, parts);
        }
        return parts;
    }

    private void add(Sum sum, @Nullable Flow flow, List<Part> parts) {
        if (!sum.counts.isNothing()) {
            parts.add(new Part(sum.owner, sum.cause, flow, sum.counts, !isHere(sum.namespace)));
        }
    }

    /** How many flows are remembered. */
    int size() {
        return holders.size();
    }
}
