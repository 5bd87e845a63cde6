package bwmon.aggregator.alert;

import java.time.Duration;

/** When a notification fires. */
public sealed interface Condition {

    /**
     * An average that is too high.
     *
     * @param threshold in bytes a second
     * @param averageOver the window, 1 second to 24 hours
     * @param beforeFull whether it is compared before that time has passed: then the average is over the time that has
     */
    record Rate(Threshold threshold, Duration averageOver, boolean beforeFull) implements Condition {}

    /**
     * A quota: too many bytes in a period of the calendar. It is well again when the next period begins.
     *
     * @param above bytes
     */
    record Volume(long above, Period period) implements Condition {}

    /** No byte for so long. It is well again with the first one. */
    record Silence(Duration atLeast) implements Condition {}
}
