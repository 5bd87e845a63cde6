package bwmon.monitor.console;

import bwmon.traffic.ByteCounts;

/**
 * What one subject moved.
 *
 * @param subject what it is about, as it was last seen
 * @param last what moved in the picture's interval
 * @param total what moved since the start, and before it as far as the source looked back
 */
public record Row(Subject subject, ByteCounts last, ByteCounts total) {

    static Row of(Subject subject) {
        return new Row(subject, ByteCounts.ZERO, ByteCounts.ZERO);
    }

    /** Both rows as one with that subject. */
    Row plus(Subject of, Row other) {
        return new Row(of, last.plus(other.last), total.plus(other.total));
    }

    Row withLast(ByteCounts counts) {
        return new Row(subject, counts, total);
    }
}
