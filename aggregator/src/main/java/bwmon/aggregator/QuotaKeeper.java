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
import org.jspecify.annotations.Nullable;

/**
 * Keeps the volumes of quotas in a file, so that a month's does not begin anew with the program: once a minute, on a thread
 * that only then is there, and at the end. What a kill loses is a minute. Of several programs with one file, one writes.
 */
final class QuotaKeeper implements AutoCloseable {
    private static final long EVERY_NANOS = Duration.ofMinutes(1).toNanos();

    private final Alerts alerts;
    private final Ticker ticker;
    private final Consumer<String> say;
    private final AtomicBoolean isWriting = new AtomicBoolean();
    /** What is wrong, so that it is said once. */
    private final AtomicReference<String> failure = new AtomicReference<>("");
    private long keptNanos;
    private boolean isRestored;
    /** Guarded by this. */
    private @Nullable QuotaFile held;

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
     * Takes back what an earlier run has kept, the first time that there is a quota. Called before the first interval of
     * quotas. A file that is damaged is told of, and put aside.
     */
    void restore(Path file) {
        if (isRestored || !alerts.hasVolumes()) {
            return;
        }
        isRestored = true;
        boolean isHeld = false;
        try {
            hold(file);
            isHeld = true;
        } catch (IOException e) {
            failed(e);
        }
        // Another program's is read, too: what it counted, this one would have counted.
        try (var kept = new QuotaFile(file)) {
            try {
                alerts.restore(kept.read());
            } catch (QuotaFile.DamagedException e) {
                say.accept("volumes of quotas begin anew: " + e.getMessage()
                        + (isHeld ? "; it is kept as " + kept.putAside() : ""));
            }
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
            hold(file).write(quotas);
            failure.set("");
        } catch (IOException e) {
            failed(e);
        }
    }

    private void failed(IOException e) {
        String message = String.valueOf(e.getMessage());
        if (!message.equals(failure.getAndSet(message))) {
            say.accept("volumes of quotas are not kept for the next start: " + message);
        }
    }

    private synchronized QuotaFile hold(Path file) throws IOException {
        QuotaFile known = held;
        if (known != null && known.isAt(file)) {
            return known;
        }
        close();
        var fresh = new QuotaFile(file);
        fresh.hold();
        held = fresh;
        return fresh;
    }

    /** Another program may write from now on. */
    @Override
    public synchronized void close() {
        if (held != null) {
            held.close();
            held = null;
        }
    }
}
