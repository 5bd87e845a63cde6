package bwmon.aggregator.console;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import bwmon.aggregator.usage.Snapshot;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.charge;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ViewThreadTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(errBytes, true, StandardCharsets.UTF_8);

    @Test
    void aViewThatIsStuckDelaysNobodyAndLosesNoByte() throws InterruptedException {
        var stuck = new CountDownLatch(1);
        var shown = new CopyOnWriteArrayList<Snapshot>();
        var thread = new ViewThread(snapshot -> {
            awaitUninterruptibly(stuck);
            return shown.add(snapshot);
        }, err, () -> {});
        for (int second = 1; second <= 1000; second++) {
            thread.show(snapshot(second, charge(process(1, "a"), second, 1)), List.of("event " + second));
        }
        assertFalse(thread.finish(Duration.ofMillis(1)));
        stuck.countDown();

        assertTrue(thread.finish(LONG));
        assertTrue(shown.size() <= ViewThread.MAX_WAITING + 1, shown.size() + " intervals");
        assertEquals(500_500, shown.stream()
                .mapToLong(s -> s.balance().named().payload(Direction.RX).orElseThrow()).sum());
        assertEquals(Duration.ofSeconds(1000),
                shown.stream().map(Snapshot::interval).reduce(Duration.ZERO, Duration::plus));
        String events = errBytes.toString(StandardCharsets.UTF_8);
        assertTrue(events.endsWith("event 999\nevent 1000\n"), events);
        assertTrue(events.contains(" messages before the next were not shown\n"), events);
        // Two items at most were joined from many: the last one, and what was last when the view took its first.
        assertTrue(events.lines().count() <= ViewThread.MAX_WAITING + 2 * (ViewThread.MAX_MESSAGES + 1));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aReaderThatIsGoneIsToldOnceAndMessagesGoOn() throws InterruptedException {
        var ends = new AtomicInteger();
        var shows = new AtomicInteger();
        var thread = new ViewThread(snapshot -> shows.incrementAndGet() < 1, err, ends::incrementAndGet);
        thread.show(snapshot(1), List.of("one"));
        thread.show(snapshot(2), List.of("two"));
        assertTrue(thread.finish(LONG));

        assertEquals(1, ends.get());
        assertEquals(1, shows.get());
        assertEquals("one\ntwo\n", errBytes.toString(StandardCharsets.UTF_8));
    }
}
