import java.io.FileInputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.delivery.Deliveries;
import bwmon.aggregator.delivery.Way;
import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;

/**
 * From an event that is handed over to its command having started; started by bench/aggregator/latency, whose standard
 * output it writes a table to. The command is a shell that opens a FIFO, on whose other end we wait: so the time is an
 * upper bound, with the shell's own start in it.
 */
final class Latency {
    private static final Duration PAUSE = Duration.ofMillis(50);

    private interface Start {
        void start() throws Exception;
    }

    private static double millis(String fifo, Start start) throws Exception {
        long begin = System.nanoTime();
        start.start();
        try (var opened = new FileInputStream(fifo)) {
            double millis = (System.nanoTime() - begin) / 1e6;
            opened.read(); // until the command has closed it
            return millis;
        }
    }

    private static void row(String name, List<Double> all) {
        var sorted = new ArrayList<>(all.subList(1, all.size()));
        Collections.sort(sorted);
        System.out.printf(Locale.ROOT, "| %s | %.1f | %.1f | %.1f | %.1f | %.1f |%n", name, all.getFirst(),
                sorted.get(sorted.size() / 2), sorted.get((int) Math.ceil(sorted.size() * 0.99) - 1), sorted.getFirst(),
                sorted.getLast());
    }

    public static void main(String[] args) throws Exception {
        int rounds = Integer.parseInt(args[0]);
        String fifo = args[1];
        var command = List.of("/bin/sh", "-c", ": >\"$0\"", fifo, "{application}", "{rate}");
        var notification = new Notification("bench", new Subject.OfApplication("backup"), Amount.TX,
                new Condition.Rate(new Threshold(1000), Duration.ofSeconds(1), false), Duration.ZERO, true,
                new Delivery(command, Duration.ofSeconds(30), null, false));
        Instant now = Instant.now();
        var event = new AlertEvent(notification, new Alert("bench", "backup", Alert.Measure.RATE, Amount.TX, Layer.IP,
                Alert.State.FIRING, 1234, 1000, Duration.ofSeconds(1), now, now), false);
        var ours = new ArrayList<Double>();
        var plain = new ArrayList<Double>();
        var handOver = new ArrayList<Double>();
        try (var deliveries = new Deliveries(ZoneId.systemDefault())) {
            // Ours first, so that its first time is that of a program that has started nothing yet.
            for (int i = 0; i <= rounds; i++) {
                ours.add(millis(fifo, () -> {
                    long begin = System.nanoTime();
                    deliveries.deliver(event);
                    handOver.add((System.nanoTime() - begin) / 1e6);
                }));
                plain.add(millis(fifo, () -> new ProcessBuilder(command).start()));
                LockSupport.parkNanos(PAUSE.toNanos());
            }
            if (deliveries.counts(Way.COMMAND).refused() > 0) {
                throw new IllegalStateException("refused");
            }
        }
        System.out.println("| ms | the first | median | p99 | min | max |");
        System.out.println("|---|---|---|---|---|---|");
        row("event handed over -> command has started", ours);
        row("the same by `ProcessBuilder.start()` alone", plain);
        row("what the counting thread waits", handOver);
    }
}
