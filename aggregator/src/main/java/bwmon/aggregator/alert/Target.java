package bwmon.aggregator.alert;

import org.jspecify.annotations.Nullable;

/** Where the bytes of an owner in an application go: one subject of one notification. */
final class Target {
    private final Lookout lookout;
    private final String identity;
    private final String name;
    private @Nullable Watch watch;
    /** The lookout's changes when it had no room for the subject. */
    private long fullAt = -1;

    /**
     * A target.
     *
     * @param identity what tells the subject from the lookout's others
     * @param name what it is called
     */
    Target(Lookout lookout, String identity, String name) {
        this.lookout = lookout;
        this.identity = identity;
        this.name = name;
    }

    /**
     * Adds bytes of an interval; -1 for what is unknown, which adds nothing.
     *
     * @param hasRx whether something was received, in whatever layer: enough to be no silence
     * @param hasTx whether something was transmitted
     */
    void add(long nanos, long rx, long tx, long total, boolean hasRx, boolean hasTx) {
        long bytes = lookout.notification().condition() instanceof Condition.Silence
                ? switch (lookout.notification().amount()) {
                    case RX -> hasRx ? 1 : 0;
                    case TX -> hasTx ? 1 : 0;
                    case TOTAL -> 1;
                }
                : switch (lookout.notification().amount()) {
                    case RX -> rx;
                    case TX -> tx;
                    case TOTAL -> total;
                };
        if (bytes <= 0) {
            return;
        }
        Watch to = watch();
        if (to == null) {
            lookout.leaveOut();
        } else {
            to.add(nanos, bytes);
        }
    }

    private @Nullable Watch watch() {
        if (watch != null && !watch.isRemoved()) {
            return watch;
        }
        // What was full stays so until a subject goes.
        if (fullAt == lookout.changes()) {
            return null;
        }
        watch = lookout.watch(identity, name);
        fullAt = watch == null ? lookout.changes() : -1;
        return watch;
    }
}
