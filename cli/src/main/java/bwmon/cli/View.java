package bwmon.cli;

/**
 * Shows intervals on standard output.
 *
 * @param <P> what is shown of an interval; immutable
 */
@FunctionalInterface
public interface View<P> {
    /**
     * Shows one interval.
     *
     * @return false if the reader has gone, so that nothing more is to be shown
     */
    boolean show(P interval);

    /**
     * Takes a message that belongs to the next interval, where the view has a place for it.
     *
     * @return false if it has none, so that standard error is the place
     */
    default boolean note(String message) {
        return false;
    }
}
