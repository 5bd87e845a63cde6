package bwmon.aggregator;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

import bwmon.aggregator.usage.Snapshot;
import com.codahale.metrics.Counter;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.SlidingTimeWindowArrayReservoir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the program itself is: metrics in a Dropwizard registry ({@code passes}, {@code pass.time} in microseconds of the last
 * minutes, {@code events.lost}, {@code sources.failed}), and at a fixed period a line in the log.
 */
final class Health {
    private static final Logger LOG = LoggerFactory.getLogger("bwmon.health");
    private static final Duration WINDOW = Duration.ofMinutes(5);

    private final MetricRegistry registry;
    private long everyNanos;
    private final Counter passes;
    private final Histogram passMicros;
    private final Counter lostEvents;
    private final Counter failed;
    private long nextNanos;
    private long lastPasses;
    private long lastLost;
    private long lastFailed;

    /**
     * Of a program that begins now.
     *
     * @param every how often the log gets a line; 0 for never
     */
    Health(MetricRegistry registry, Duration every, long nowNanos) {
        this.registry = registry;
        this.everyNanos = every.toNanos();
        this.nextNanos = nowNanos + everyNanos;
        passes = registry.counter("passes");
        passMicros = registry.histogram("pass.time",
                () -> new Histogram(new SlidingTimeWindowArrayReservoir(WINDOW.toSeconds(), TimeUnit.SECONDS)));
        lostEvents = registry.counter("events.lost");
        failed = registry.counter("sources.failed");
    }

    /** From now on so often. */
    void change(Duration every, long nowNanos) {
        if (every.toNanos() != everyNanos) {
            everyNanos = every.toNanos();
            nextNanos = nowNanos + everyNanos;
        }
    }

    /**
     * One pass was done.
     *
     * @param nanos what it took on the counting thread
     */
    void passed(Snapshot snapshot, long nanos) {
        passes.inc();
        passMicros.update(TimeUnit.NANOSECONDS.toMicros(nanos));
        lostEvents.inc(snapshot.balance().lostEvents());
        failed.inc(snapshot.failures().size());
        if (everyNanos > 0 && snapshot.nanos() - nextNanos >= 0) {
            nextNanos = snapshot.nanos() + everyNanos;
            LOG.info(line(snapshot));
        }
    }

    private String line(Snapshot snapshot) {
        var times = passMicros.getSnapshot();
        var line = new StringBuilder(String.format(Locale.ROOT,
                "%d intervals, %.1f ms each (99%%: %.1f, longest: %.1f), %d owners, %d events lost, %d times no answer",
                passes.getCount() - lastPasses, times.getMedian() / 1e3, times.get99thPercentile() / 1e3,
                times.getMax() / 1e3, snapshot.charges().size(), lostEvents.getCount() - lastLost,
                failed.getCount() - lastFailed));
        registry.getGauges((name, _) -> name.startsWith("delivery.") || name.startsWith("alerts."))
                .forEach((name, gauge) -> line.append(", ").append(name).append(' ').append(gauge.getValue()));
        Runtime runtime = Runtime.getRuntime();
        line.append(String.format(Locale.ROOT, ", heap %d of %d MiB",
                (runtime.totalMemory() - runtime.freeMemory()) >> 20, runtime.maxMemory() >> 20));
        lastPasses = passes.getCount();
        lastLost = lostEvents.getCount();
        lastFailed = failed.getCount();
        return line.toString();
    }
}
