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

    /**
     * Takes a message that belongs to the next interval, where the view has a place for it.
     *
     * @return false if it has none, so that standard error is the place
     */
    default boolean note(String message) {
        return false;
    }
}
