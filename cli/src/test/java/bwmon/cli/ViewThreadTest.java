package bwmon.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ViewThreadTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** An interval in which so many bytes moved. */
    private record Interval(Duration length, long bytes) {
        Interval then(Interval next) {
            return new Interval(length.plus(next.length), bytes + next.bytes);
        }
    }

    private static Interval second(long bytes) {
        return new Interval(Duration.ofSeconds(1), bytes);
    }

    private final ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(errBytes, true, StandardCharsets.UTF_8);

    @Test
    void aViewThatIsStuckDelaysNobodyAndLosesNoByte() throws InterruptedException {
        var stuck = new CountDownLatch(1);
        var shown = new CopyOnWriteArrayList<Interval>();
        var thread = new ViewThread<Interval>(interval -> {
            awaitUninterruptibly(stuck);
            return shown.add(interval);
        }, Interval::then, err, () -> {});
        for (int second = 1; second <= 1000; second++) {
            thread.show(second(second), List.of("event " + second));
        }
        assertFalse(thread.finish(Duration.ofMillis(1)));
        stuck.countDown();

        assertTrue(thread.finish(LONG));
        assertTrue(shown.size() <= ViewThread.MAX_WAITING + 1, shown.size() + " intervals");
        assertEquals(500_500, shown.stream().mapToLong(Interval::bytes).sum());
        assertEquals(Duration.ofSeconds(1000),
                shown.stream().map(Interval::length).reduce(Duration.ZERO, Duration::plus));
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

    /** Fails over messages or over intervals. */
    private record Broken(boolean overMessages) implements View<Interval> {
        @Override
        public boolean show(Interval interval) {
            if (overMessages) {
                throw new AssertionError("nothing is shown after the failure");
            }
            throw new IllegalStateException("cannot show");
        }

        @Override
        public boolean note(String message) {
            if (overMessages) {
                throw new IllegalStateException("cannot note");
            }
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aViewThatFailsEndsItAndLosesNoMessage(boolean overMessages) throws InterruptedException {
        var ends = new AtomicInteger();
        var thread = new ViewThread<Interval>(new Broken(overMessages), Interval::then, err, ends::incrementAndGet);
        thread.show(second(1), List.of("one", "two"));
        thread.show(second(1), List.of("three"));
        assertTrue(thread.finish(LONG));

        assertTrue(thread.hasFailed());
        assertEquals(1, ends.get());
        assertEquals("one\ntwo\nthree\n", errBytes.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aReaderThatIsGoneIsToldOnceAndMessagesGoOn() throws InterruptedException {
        var ends = new AtomicInteger();
        var shows = new AtomicInteger();
        var thread = new ViewThread<Interval>(_ -> shows.incrementAndGet() < 1, Interval::then, err,
                ends::incrementAndGet);
        thread.show(second(1), List.of("one"));
        thread.show(second(1), List.of("two"));
        assertTrue(thread.finish(LONG));

        assertEquals(1, ends.get());
        assertEquals(1, shows.get());
        assertEquals("one\ntwo\n", errBytes.toString(StandardCharsets.UTF_8));
    }
}
