package bwmon.aggregator.usage;

import java.util.ArrayList;
import java.util.List;

/**
 * What views show of an interval. Immutable.
 *
 * @param snapshot the interval
 * @param inForce the alerts that fire at its end, the one that began first is the first
 * @param changes what changed in it, in order; repeated notifications are not among them
 */
public record Picture(Snapshot snapshot, List<Alert> inForce, List<Alert> changes) {
    /** So many changes are kept where intervals are joined; the latest stay. */
    static final int MAX_CHANGES = 256;

    public Picture {
        inForce = List.copyOf(inForce);
        changes = List.copyOf(changes);
    }

    /**
     * This interval and the one that followed it as one, see {@link Snapshot#then}.
     *
     * @throws ArithmeticException if a sum overflows
     */
    public Picture then(Picture next) {
        var both = new ArrayList<>(changes);
        both.addAll(next.changes);
        return new Picture(snapshot.then(next.snapshot), next.inForce,
                both.subList(Math.max(0, both.size() - MAX_CHANGES), both.size()));
    }
}
