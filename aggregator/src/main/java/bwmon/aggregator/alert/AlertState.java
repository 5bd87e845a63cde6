package bwmon.aggregator.alert;

import java.util.OptionalLong;

/** How a notification stands. A change of state is what is told; staying in one is not. */
public enum AlertState {
    /** Not over the threshold, or not again below it. */
    OK,
    /** Was over the threshold and is not yet below the value that clears it. */
    FIRING;

    /**
     * The state after one more interval.
     *
     * @param bytesPerSecond the average; empty while there is none to compare, which changes nothing
     */
    public AlertState next(Threshold threshold, OptionalLong bytesPerSecond) {
        if (bytesPerSecond.isEmpty()) {
            return this;
        }
        long average = bytesPerSecond.getAsLong();
        return switch (this) {
            case OK -> average > threshold.above() ? FIRING : OK;
            case FIRING -> average < threshold.clearBelow() ? OK : FIRING;
        };
    }
}
