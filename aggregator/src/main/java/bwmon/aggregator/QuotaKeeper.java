package bwmon.aggregator;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import bwmon.aggregator.alert.Alerts;
import bwmon.aggregator.alert.Quota;
import bwmon.traffic.Ticker;

/**
 * Keeps the volumes of quotas in a file, so that a month's does not begin anew with the program: once a minute, on a thread
 * that only then is there, and at the end. What a kill loses is a minute.
 */
final class QuotaKeeper {
    private static final long EVERY_NANOS = Duration.ofMinutes(1).toNanos();

    private final Alerts alerts;
    private final Ticker ticker;
    private final Consumer<String> say;
    private final AtomicBoolean isWriting = new AtomicBoolean();
    /** What is wrong, so that it is said once. */
    private final AtomicReference<String> failure = new AtomicReference<>("");
    private long keptNanos;

    /**
     * Of a program that begins now.
     *
     * @param say is told what a person should know, on any thread
     */
    QuotaKeeper(Alerts alerts, Ticker ticker, Consumer<String> say) {
        this.alerts = alerts;
        this.ticker = ticker;
        this.say = say;
        this.keptNanos = ticker.nanos();
    }

    /**
     * Takes back what an earlier run has kept; called before the first interval. A file that is damaged is told of, and
     * left until it is replaced.
     */
    void restore(Path file) {
        if (!alerts.countsVolumes()) {
            return;
        }
        try {
            alerts.restore(new QuotaFile(file).read());
        } catch (IOException e) {
            say.accept("volumes of quotas begin anew: " + e.getMessage());
        }
    }

    /**
     * Has the volumes written if it is time for that.
     *
     * @param last whether there will be no other call: then they are on the disk when this returns
     */
    void keep(Path file, boolean last) {
        long now = ticker.nanos();
        if (!last && now - keptNanos < EVERY_NANOS) {
            return;
        }
        List<Quota> quotas = alerts.quotas();
        if (quotas.isEmpty()) {
            return;
        }
        if (last) {
            write(file, quotas);
        } else if (!isWriting.getAndSet(true)) {
            keptNanos = now;
            // A disk may take its time, and the interval may not.
            Thread.ofPlatform().name("quotas").daemon().start(() -> {
                try {
                    write(file, quotas);
                } finally {
                    isWriting.set(false);
                }
            });
        }
    }

    /** One at a time: the last is not to be overtaken by the one before. */
    private synchronized void write(Path file, List<Quota> quotas) {
        try {
            new QuotaFile(file).write(quotas);
            failure.set("");
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            if (!message.equals(failure.getAndSet(message))) {
                say.accept("volumes of quotas will begin anew with the next start: " + message);
            }
        }
    }
}
