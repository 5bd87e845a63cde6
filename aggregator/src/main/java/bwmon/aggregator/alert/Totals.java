package bwmon.aggregator.alert;

import java.util.Arrays;

import bwmon.aggregator.rate.Bytes;

/** Everything that moved, a sum for each length of interval, which are about as many as there are sources. */
final class Totals {
    private long[] nanos = new long[4];
    private long[] rx = new long[4];
    private long[] tx = new long[4];
    private long[] total = new long[4];
    private boolean hasRx;
    private boolean hasTx;
    private int size;
    private int latest;

    /** Adds bytes, as {@link Target#add}. */
    void add(long intervalNanos, long moreRx, long moreTx, long moreTotal, boolean someRx, boolean someTx) {
        hasRx |= someRx;
        hasTx |= someTx;
        int i = find(intervalNanos);
        rx[i] = Bytes.plus(rx[i], Math.max(0, moreRx));
        tx[i] = Bytes.plus(tx[i], Math.max(0, moreTx));
        total[i] = Bytes.plus(total[i], Math.max(0, moreTotal));
    }

    private int find(long intervalNanos) {
        if (latest < size && nanos[latest] == intervalNanos) {
            return latest;
        }
        for (latest = 0; latest < size; latest++) {
            if (nanos[latest] == intervalNanos) {
                return latest;
            }
        }
        if (size == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * size);
            rx = Arrays.copyOf(rx, 2 * size);
            tx = Arrays.copyOf(tx, 2 * size);
            total = Arrays.copyOf(total, 2 * size);
        }
        nanos[size] = intervalNanos;
        return size++;
    }

    /** Hands all on and begins anew. */
    void moveTo(Iterable<Target> targets) {
        for (Target target : targets) {
            for (int i = 0; i < size; i++) {
                target.add(nanos[i], rx[i], tx[i], total[i], hasRx, hasTx);
            }
        }
        Arrays.fill(rx, 0);
        Arrays.fill(tx, 0);
        Arrays.fill(total, 0);
        size = 0;
        latest = 0;
        hasRx = false;
        hasTx = false;
    }
}
