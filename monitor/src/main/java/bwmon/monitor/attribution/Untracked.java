package bwmon.monitor.attribution;

import java.util.stream.LongStream;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * What the interfaces carried and no flow accounts for. Interfaces and flows are not read at the same instant, so both are
 * summed up, and what is missing is handed out once it is missing for sure; where the flows are ahead, the interfaces catch
 * up in the next intervals.
 *
 * <p>They never catch up with segments that they do not count, and with packets that the host drops after the connection table
 * counted them (a full queueing discipline, a firewall). So when the flows have been ahead for {@link #PATIENCE} intervals, that
 * is forgiven: what segmentation added, and what is more than a different instant can explain, which is held to be a
 * {@link #SKEW}th of an interval's traffic.
 */
public final class Untracked {
    static final int PATIENCE = 8;
    static final int SKEW = 4;

    private final Figure[] figures = {new Figure(), new Figure(), new Figure(), new Figure()};

    private static final class Figure {
        /** What the interfaces counted more than the flows, less what was handed out or forgiven. */
        private long missing;
        private long segmentation;
        private long flowsNow;
        /** What was missing, and what the flows moved, in the last intervals. */
        private final long[] history = new long[PATIENCE];
        private final long[] flowHistory = new long[PATIENCE];
        private int next;

        void add(long interfaces, long flows, long added) {
            missing += interfaces - flows;
            segmentation += added;
            flowsNow += flows;
        }

        long take() {
            long taken = Math.max(0, missing);
            missing -= taken;
            history[next] = missing;
            flowHistory[next] = flowsNow;
            flowsNow = 0;
            next = (next + 1) % PATIENCE;
            long ahead = -LongStream.of(history).max().orElse(0);
            long bySegmentation = Math.min(ahead, segmentation);
            segmentation -= bySegmentation;
            long skew = LongStream.of(flowHistory).max().orElse(0) / SKEW;
            long forgiven = bySegmentation + Math.max(0, ahead - bySegmentation - skew);
            missing += forgiven;
            for (int i = 0; i < PATIENCE; i++) {
                history[i] += forgiven;
            }
            return taken;
        }
    }

    /**
     * What was missing in an interval; read the interfaces before the flows.
     *
     * @param interfaces what the interfaces gained, IP bytes and packets
     * @param flows what the flows gained; figures that are absent count as 0
     * @param segmentation how much of the flows' gain was added for segments
     * @return 0 or more of each; payload is absent
     */
    public ByteCounts next(Iterable<ByteCounts> interfaces, Iterable<ByteCounts> flows, ByteCounts segmentation) {
        interfaces.forEach(counts -> add(counts, ByteCounts.ZERO, ByteCounts.ZERO));
        flows.forEach(counts -> add(ByteCounts.ZERO, counts, ByteCounts.ZERO));
        add(ByteCounts.ZERO, ByteCounts.ZERO, segmentation);
        return ByteCounts.ofIp(figures[0].take(), figures[1].take(), figures[2].take(), figures[3].take());
    }

    private void add(ByteCounts interfaces, ByteCounts flows, ByteCounts segmentation) {
        for (int i = 0; i < figures.length; i++) {
            figures[i].add(figure(interfaces, i), figure(flows, i), figure(segmentation, i));
        }
    }

    private static long figure(ByteCounts counts, int i) {
        Direction direction = i % 2 == 0 ? Direction.RX : Direction.TX;
        return (i < 2 ? counts.bytes(direction) : counts.packets(direction)).orElse(0);
    }
}
