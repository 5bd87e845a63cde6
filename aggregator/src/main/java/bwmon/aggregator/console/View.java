package bwmon.aggregator.console;

import bwmon.aggregator.usage.Snapshot;

/** Shows intervals on standard output. */
@FunctionalInterface
public interface View {
    /**
     * Shows one interval.
     *
     * @return false if the reader has gone, so that nothing more is to be shown
     */
    boolean show(Snapshot snapshot);
}
