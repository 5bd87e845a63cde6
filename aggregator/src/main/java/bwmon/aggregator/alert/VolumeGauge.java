package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.TimeUnit;

import bwmon.aggregator.rate.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a period of the calendar. The wall clock says which period it is, so it may jump: what was counted while the
 * clock was wrong is part of the period that it said then, and where it jumps back to the period before, of that one's.
 */
final class VolumeGauge implements Gauge {
    /**
     * A clock that is set back by no more than this does not reach back into the period before, and one that is ahead of
     * the monotonic clock by no more has not jumped.
     */
    static final Duration TOLERANCE = Duration.ofMinutes(1);

    private final Period period;
    private final ZoneId zone;
    private Instant at;
    private Instant start;
    private Instant end;
    private Instant countedSince;
    private long bytes;
    /** Those of {@code bytes} that were counted since the clock jumped into the period: to go with it if it jumps back. */
    private long stray;
    private boolean hasJumped;
    /** The period in which the clock was before; null if it was always in this one. */
    private @Nullable Instant otherStart;
    private long otherBytes;
    private boolean isNew;

    /**
     * A gauge of the period that holds a moment.
     *
     * @param since the moment, from which on bytes are counted
     */
    VolumeGauge(Period period, ZoneId zone, Instant since) {
        this(period, zone, period.startOf(since, zone), 0, since);
    }

    /** A gauge that goes on counting. */
    VolumeGauge(Period period, ZoneId zone, Instant start, long bytes, Instant countedSince) {
        this.period = period;
        this.zone = zone;
        this.start = start;
        this.end = period.endOf(start, zone);
        this.bytes = bytes;
        this.countedSince = countedSince;
        this.at = start;
    }

    @Override
    public void advance(Pass pass) {
        Instant before = at;
        at = pass.at();
        isNew = false;
        if (!at.isBefore(end) || at.isBefore(start.minus(TOLERANCE))) {
            hasJumped = Duration.between(before, at).minusNanos(pass.intervalNanos()).abs().compareTo(TOLERANCE) > 0;
            begin(period.startOf(at, zone));
        }
    }

    private void begin(Instant next) {
        Instant left = start;
        long known = next.equals(otherStart) ? otherBytes : 0;
        if (hasJumped && next.equals(otherStart)) {
            otherBytes = bytes - stray;
            bytes = Bytes.plus(known, stray);
        } else {
            // Also where the clock was there before by mistake: time has come to it now.
            otherBytes = bytes;
            bytes = known;
            stray = 0;
            isNew = true;
        }
        otherStart = left;
        start = next;
        end = period.endOf(next, zone);
        countedSince = countedSince.isAfter(next) ? at : next;
    }

    @Override
    public void add(long nanos, long sample) {
        long within = at.isAfter(start) ? sinceStart() : nanos;
        if (within >= nanos) {
            count(sample);
            return;
        }
        long earlier = Bytes.share(sample, nanos - within, nanos);
        count(sample - earlier);
        if (otherStart != null && period.startOf(at.minusNanos(nanos), zone).equals(otherStart)) {
            otherBytes = Bytes.plus(otherBytes, earlier);
        }
    }

    private void count(long more) {
        bytes = Bytes.plus(bytes, more);
        if (hasJumped) {
            stray = Bytes.plus(stray, more);
        }
    }

    /** Nanoseconds of the period so far; the greatest number if they are more, which is 292 years. */
    private long sinceStart() {
        return TimeUnit.NANOSECONDS.convert(over());
    }

    @Override
    public AlertState next(AlertState before, Condition condition, Pass pass) {
        if (isNew && before == AlertState.FIRING) {
            return AlertState.OK;
        }
        return bytes > ((Condition.Volume) condition).above() ? AlertState.FIRING : AlertState.OK;
    }

    @Override
    public long value() {
        return bytes;
    }

    @Override
    public Duration over() {
        return at.isAfter(start) ? Duration.between(start, at) : Duration.ZERO;
    }

    @Override
    public boolean isEmpty() {
        return bytes == 0;
    }

    Instant start() {
        return start;
    }

    Instant countedSince() {
        return countedSince;
    }
}
