package bwmon.aggregator;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import bwmon.aggregator.usage.Snapshot;
import com.codahale.metrics.Counter;
import com.codahale.metrics.Histogram;
import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.SlidingTimeWindowArrayReservoir;

/**
 * How the program itself is: metrics in a Dropwizard registry ({@code passes}, {@code pass.time} in microseconds of the last
 * minutes, {@code events.lost}, {@code sources.failed}), and at a fixed period a line for a person, in which gauges of
 * queues are named that are not 0.
 */
final class Health {
    private static final Duration WINDOW = Duration.ofMinutes(5);

    private final MetricRegistry registry;
    private long everyNanos;
    private final Counter passes;
    private final Histogram passMicros;
    private final Counter lostEvents;
    private final Counter failed;
    private long lastLineNanos;
    private long lastPasses;
    private long lastLost;
    private long lastFailed;

    /**
     * Of a program that begins now.
     *
     * @param every how often there is a line; 0 for never
     */
    Health(MetricRegistry registry, Duration every, long nowNanos) {
        this.registry = registry;
        this.everyNanos = every.toNanos();
        this.lastLineNanos = nowNanos;
        passes = registry.counter("passes");
        passMicros = registry.histogram("pass.time",
                () -> new Histogram(new SlidingTimeWindowArrayReservoir(WINDOW.toSeconds(), TimeUnit.SECONDS)));
        lostEvents = registry.counter("events.lost");
        failed = registry.counter("sources.failed");
    }

    /** Another period from now on, counted from the last line; 0 for never. */
    void every(Duration every) {
        everyNanos = every.toNanos();
    }

    /**
     * One pass was done.
     *
     * @param nanos what it took on the counting thread
     * @return a line on how it was since the last one, if it is time for that
     */
    Optional<String> passed(Snapshot snapshot, long nanos) {
        passes.inc();
        passMicros.update(TimeUnit.NANOSECONDS.toMicros(nanos));
        lostEvents.inc(snapshot.balance().lostEvents());
        failed.inc(snapshot.failures().size());
        if (everyNanos > 0 && snapshot.nanos() - lastLineNanos >= everyNanos) {
            lastLineNanos = snapshot.nanos();
            return Optional.of(line(snapshot));
        }
        return Optional.empty();
    }

    private String line(Snapshot snapshot) {
        var times = passMicros.getSnapshot();
        var line = new StringBuilder(String.format(Locale.ROOT,
                "health: %d intervals, %.1f ms each (99%%: %.1f, longest: %.1f), %d owners, %d events lost, %d times no answer",
                passes.getCount() - lastPasses, times.getMedian() / 1e3, times.get99thPercentile() / 1e3,
                times.getMax() / 1e3, snapshot.charges().size(), lostEvents.getCount() - lastLost,
                failed.getCount() - lastFailed));
        registry.getGauges((name, _) -> name.startsWith("delivery.") || name.startsWith("alerts."))
                .forEach((name, gauge) -> {
                    if (gauge.getValue() instanceof Number number && number.longValue() != 0) {
                        line.append(", ").append(name).append(' ').append(number);
                    }
                });
        Runtime runtime = Runtime.getRuntime();
        line.append(String.format(Locale.ROOT, ", heap %d of %d MiB",
                (runtime.totalMemory() - runtime.freeMemory()) >> 20, runtime.maxMemory() >> 20));
        lastPasses = passes.getCount();
        lastLost = lostEvents.getCount();
        lastFailed = failed.getCount();
        return line.toString();
    }
}
