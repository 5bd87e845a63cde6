package bwmon.aggregator.alert;

import java.time.Instant;

import bwmon.aggregator.rate.Bytes;
import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Layer;
import org.jspecify.annotations.Nullable;

/** One thing that one notification watches: how it stands, and what was told of it. */
final class Watch {
    private final String name;
    private final Gauge gauge;
    private AlertState state = AlertState.OK;
    private Instant since = Instant.EPOCH;
    private Instant at = Instant.EPOCH;
    private long toldNanos;
    private boolean isRemoved;
    /** Charges of equal intervals are added up before they reach the gauge. */
    private long pendingNanos;
    private long pendingBytes;

    /** A watch that begins well. */
    Watch(String name, Gauge gauge) {
        this.name = name;
        this.gauge = gauge;
    }

    /** It fires already, and that was told. */
    void fires(Instant since, long nowNanos) {
        state = AlertState.FIRING;
        this.since = since;
        at = since;
        toldNanos = nowNanos;
    }

    void advance(Pass pass) {
        gauge.advance(pass);
    }

    void add(long nanos, long bytes) {
        if (nanos != pendingNanos) {
            flush();
            pendingNanos = nanos;
        }
        pendingBytes = Bytes.plus(pendingBytes, bytes);
    }

    private void flush() {
        if (pendingBytes > 0) {
            gauge.add(pendingNanos, pendingBytes);
            pendingBytes = 0;
        }
    }

    /** The end of an interval: what there is to tell, or null. */
    @Nullable
    AlertEvent settle(Notification notification, Layer layer, Pass pass) {
        flush();
        at = pass.at();
        AlertState before = state;
        state = gauge.next(before, notification.condition(), pass);
        if (state == before) {
            long repeatNanos = notification.repeatEvery().toNanos();
            boolean isDue = isFiring() && repeatNanos > 0 && pass.nanos() - toldNanos >= repeatNanos;
            return isDue ? tell(notification, layer, pass, true) : null;
        }
        if (isFiring()) {
            since = at;
        }
        return tell(notification, layer, pass, false);
    }

    private AlertEvent tell(Notification notification, Layer layer, Pass pass, boolean isRepeated) {
        toldNanos = pass.nanos();
        return new AlertEvent(notification, alert(notification, layer), isRepeated);
    }

    /** How it stands at the end of the last interval. */
    Alert alert(Notification notification, Layer layer) {
        Condition condition = notification.condition();
        Alert.Measure measure = switch (condition) {
            case Condition.Rate _ -> Alert.Measure.RATE;
            case Condition.Volume _ -> Alert.Measure.VOLUME;
            case Condition.Silence _ -> Alert.Measure.SILENCE;
        };
        long limit = switch (condition) {
            case Condition.Rate rate -> rate.threshold().above();
            case Condition.Volume volume -> volume.above();
            case Condition.Silence silence -> silence.atLeast().toSeconds();
        };
        return new Alert(notification.label(), name, measure, notification.amount(), layer,
                isFiring() ? Alert.State.FIRING : Alert.State.RESOLVED, gauge.value(), limit, gauge.over(), since, at);
    }

    /** The volume, if that is what is watched; else null. */
    @Nullable
    Quota quota(Notification notification, String identity, Layer layer) {
        return gauge instanceof VolumeGauge volume
                ? new Quota(notification.label(), identity, name, notification.amount(), layer, volume.start(),
                        volume.value(), volume.countedSince(), isFiring() ? since : null)
                : null;
    }

    boolean isFiring() {
        return state == AlertState.FIRING;
    }

    /** Whether a new one would know as much. */
    boolean isIdle() {
        return !isFiring() && gauge.isEmpty();
    }

    void remove() {
        isRemoved = true;
    }

    boolean isRemoved() {
        return isRemoved;
    }
}
