package bwmon.monitor.attribution;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * What the interfaces carried and no flow accounts for. Interfaces and flows are not read at the same instant, so both are
 * summed up, and what is missing is handed out once it is missing for sure; where the flows are ahead, the interfaces catch
 * up in the next intervals.
 *
 * <p>Interfaces that count a packet before it is segmented never catch up with flows whose segments are counted. So when the
 * flows have been ahead for {@link #PATIENCE} intervals, that is forgiven, up to what segmentation added.
 */
public final class Untracked {
    static final int PATIENCE = 8;

    private final Figure[] figures = {new Figure(), new Figure(), new Figure(), new Figure()};

    private static final class Figure {
        /** What the interfaces counted more than the flows, less what was handed out or forgiven. */
        private long missing;
        private long segmentation;
        private final long[] history = new long[PATIENCE];
        private int next;

        void add(long interfaces, long flows, long added) {
            missing += interfaces - flows;
            segmentation += added;
        }

        long take() {
            long taken = Math.max(0, missing);
            missing -= taken;
            history[next] = missing;
            next = (next + 1) % PATIENCE;
            long ahead = Long.MAX_VALUE;
            for (long then : history) {
                ahead = Math.min(ahead, -then);
            }
            long forgiven = Math.min(ahead, segmentation);
            if (forgiven > 0) {
                missing += forgiven;
                segmentation -= forgiven;
                for (int i = 0; i < PATIENCE; i++) {
                    history[i] += forgiven;
                }
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
