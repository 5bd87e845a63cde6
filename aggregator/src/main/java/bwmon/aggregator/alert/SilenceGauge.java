package bwmon.aggregator.alert;

import java.time.Duration;

/**
 * How long no byte moved. Time in which a source could not tell is not part of it: nobody knows whether it was silent. The
 * silence begins at the end of the interval of the last byte.
 */
final class SilenceGauge implements Gauge {
    /**
     * Where each process or application is watched by itself, one that is silent for this much longer than it takes to fire
     * is taken for one that ended, and forgotten.
     */
    static final Duration MAX_SILENCE = Duration.ofHours(24);

    private final boolean forgets;
    private long lastNanos;
    private long judgedNanos;
    private long silentNanos;
    /** As it was compared last. */
    private long shownNanos;
    private boolean hasMoved;
    private boolean isForgotten;

    /**
     * A silence that begins.
     *
     * @param startNanos monotonic time at which
     * @param forgets whether it ends by itself when it is very long
     */
    SilenceGauge(long startNanos, boolean forgets) {
        lastNanos = startNanos;
        this.forgets = forgets;
    }

    @Override
    public void advance(Pass pass) {
        judgedNanos = pass.isFailing() ? 0 : pass.nanos() - lastNanos;
        lastNanos = pass.nanos();
        hasMoved = false;
    }

    @Override
    public void add(long nanos, long bytes) {
        hasMoved = true;
    }

    @Override
    public AlertState next(AlertState before, Condition condition, Pass pass) {
        long atLeast = ((Condition.Silence) condition).atLeast().toNanos();
        if (hasMoved) {
            shownNanos = silentNanos;
            silentNanos = 0;
            return AlertState.OK;
        }
        silentNanos += judgedNanos;
        shownNanos = silentNanos;
        isForgotten = forgets && silentNanos - atLeast >= MAX_SILENCE.toNanos();
        return silentNanos >= atLeast && !isForgotten ? AlertState.FIRING : AlertState.OK;
    }

    @Override
    public long value() {
        return over().toSeconds();
    }

    @Override
    public Duration over() {
        return Duration.ofNanos(shownNanos);
    }

    @Override
    public boolean isEmpty() {
        return isForgotten;
    }
}
