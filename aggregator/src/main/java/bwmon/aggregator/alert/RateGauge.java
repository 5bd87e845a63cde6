package bwmon.aggregator.alert;

import java.time.Duration;
import java.util.OptionalLong;

import bwmon.aggregator.rate.WindowAverage;

/** The average over a window. */
final class RateGauge implements Gauge {
    private final WindowAverage average;
    private long value;

    /**
     * A gauge to which nothing moved yet.
     *
     * @param startNanos monotonic time since when that is known
     */
    RateGauge(Duration window, long startNanos) {
        average = new WindowAverage(window, startNanos);
    }

    @Override
    public void advance(Pass pass) {
        average.advance(pass.nanos());
    }

    @Override
    public void add(long nanos, long bytes) {
        average.add(nanos, bytes);
    }

    @Override
    public AlertState next(AlertState before, Condition condition, Pass pass) {
        var rate = (Condition.Rate) condition;
        if (before == AlertState.OK && average.isEmpty()) {
            value = 0;
            return AlertState.OK;
        }
        value = average.bytesPerSecondSoFar();
        AlertState after = before.next(rate.threshold(),
                average.isFull() || rate.beforeFull() ? OptionalLong.of(value) : OptionalLong.empty());
        // While a source is silent, averages are too low: they may rise above a threshold, but not be cleared by it.
        return before == AlertState.FIRING && pass.isFailing() ? before : after;
    }

    @Override
    public long value() {
        return value;
    }

    @Override
    public Duration over() {
        return average.soFar();
    }

    @Override
    public boolean isEmpty() {
        return average.isEmpty();
    }
}
