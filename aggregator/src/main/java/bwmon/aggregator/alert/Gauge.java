package bwmon.aggregator.alert;

import java.time.Duration;

/** What a condition needs to know of one thing that is watched, kept from interval to interval. */
sealed interface Gauge permits RateGauge, VolumeGauge, SilenceGauge {

    /** Moves on to the end of an interval. What moved in it is added afterwards. */
    void advance(Pass pass);

    /**
     * Adds a sample that ends with the interval.
     *
     * @param nanos how long the sample's own interval was, 0 or longer
     * @param bytes 1 or more
     */
    void add(long nanos, long bytes);

    /**
     * The state at the end of the interval, when all is added. Called once an interval.
     *
     * @param condition the one that this gauge was made for, or one like it with other limits
     */
    AlertState next(AlertState before, Condition condition, Pass pass);

    /** The figure as {@code next} compared it: bytes a second, bytes, or seconds. */
    long value();

    /** The time that the figure is about. */
    Duration over();

    /** Whether it knows no more than a new one would. */
    boolean isEmpty();
}
