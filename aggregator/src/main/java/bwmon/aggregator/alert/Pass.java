package bwmon.aggregator.alert;

import java.time.Instant;

import bwmon.aggregator.usage.Snapshot;

/**
 * The moment at which a snapshot ends.
 *
 * @param nanos monotonic time
 * @param at wall clock time, which may jump
 * @param intervalNanos how long the snapshot's interval was
 * @param isFailing whether a source could not tell, so that bytes may be missing
 */
record Pass(long nanos, Instant at, long intervalNanos, boolean isFailing) {
    static Pass of(Snapshot snapshot) {
        return new Pass(snapshot.nanos(), snapshot.at(), snapshot.interval().toNanos(),
                !snapshot.failures().isEmpty());
    }
}
