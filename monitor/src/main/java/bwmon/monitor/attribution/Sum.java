package bwmon.monitor.attribution;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner.Cause;
import org.jspecify.annotations.Nullable;

/** What is summed up: by this key, as long as the table of its flow has few of them. */
final class Sum {
    final long namespace;
    final long owner;
    final @Nullable Cause cause;
    ByteCounts counts = ByteCounts.ZERO;
    private boolean isEmpty = true;

    Sum(long namespace, long owner, @Nullable Cause cause) {
        this.namespace = namespace;
        this.owner = owner;
        this.cause = cause;
    }

    void add(ByteCounts more) {
        // Most have one row, which then is the sum.
        counts = isEmpty ? more : counts.plus(more);
        isEmpty = false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Sum s && namespace == s.namespace && owner == s.owner && cause == s.cause;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(owner * 31 + namespace);
    }
}
