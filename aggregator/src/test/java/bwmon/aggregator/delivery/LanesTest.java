package bwmon.aggregator.delivery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.usage.Alert;
import bwmon.traffic.Ticker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static bwmon.aggregator.delivery.Events.LONG;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(60)
class LanesTest {
    private static final Lanes.Bounds WIDE = new Lanes.Bounds(4, 100_000, 100_000);

    private final Logged log = new Logged();
    /** What is to be done later; a test does it when it likes. */
    private final ConcurrentLinkedDeque<Runnable> later = new ConcurrentLinkedDeque<>();
    private final List<Duration> delays = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void stopListening() {
        log.close();
    }

    private static AlertEvent event(String label, String text) {
        return Events.event(label, text, Alert.State.FIRING, Delivery.NONE);
    }

    private Lanes lanes(Lanes.Bounds bounds, Lanes.Attempt attempt) {
        return new Lanes(Way.COMMAND, bounds, attempt, (delay, task) -> {
            delays.add(delay);
            later.add(task);
        }, Ticker.SYSTEM);
    }

    private static void end(Lanes lanes) {
        lanes.close(System.nanoTime());
        lanes.awaitEnd(LONG);
    }

    private static Deliveries.Counts counts(int running, int waiting, int refused, int failed, int done) {
        return new Deliveries.Counts(running, waiting, refused, failed, done);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void eachNotificationsOrderIsKeptAndNoTwoRunAtOnce(long seed) {
        var random = new Random(seed);
        Map<String, List<String>> begun = new ConcurrentHashMap<>();
        Set<String> running = ConcurrentHashMap.newKeySet();
        var overlaps = new AtomicInteger();
        Lanes lanes = lanes(WIDE, (event, number) -> {
            String label = event.notification().label();
            if (!running.add(label)) {
                overlaps.incrementAndGet();
            }
            Thread.onSpinWait();
            if (number == 1) {
                begun.computeIfAbsent(label, key -> Collections.synchronizedList(new ArrayList<>()))
                        .add(event.alert().subject());
            }
            boolean again = event.alert().subject().endsWith("7") && number < 3;
            running.remove(label);
            return again ? new Outcome.Again("", Duration.ofSeconds(1)) : new Outcome.Done("");
        });
        var offered = new HashMap<String, List<String>>();
        for (int i = 0; i < 2000; i++) {
            String label = "n" + random.nextInt(10);
            offered.computeIfAbsent(label, key -> new ArrayList<>()).add(Integer.toString(i));
            assertTrue(lanes.offer(event(label, Integer.toString(i))));
        }

        await().atMost(LONG).pollInterval(Duration.ofMillis(1)).until(() -> {
            for (Runnable task = later.poll(); task != null; task = later.poll()) {
                task.run();
            }
            return lanes.counts().done() == 2000;
        });
        assertEquals(offered, begun);
        assertEquals(0, overlaps.get());
        assertEquals(counts(0, 0, 0, 0, 2000), lanes.counts());
        end(lanes);
    }

    @Test
    void oneThatHangsHoldsOnlyItsOwnNotification() throws InterruptedException {
        var hang = new CountDownLatch(1);
        var beside = new CyclicBarrier(2);
        Lanes lanes = lanes(WIDE, (event, number) -> {
            if (event.alert().subject().equals("hangs")) {
                hang.await();
            } else if (event.alert().subject().equals("beside")) {
                try {
                    beside.await();
                } catch (java.util.concurrent.BrokenBarrierException e) {
                    return new Outcome.Failed("alone");
                }
            }
            return new Outcome.Done("done: " + event.alert().subject());
        });
        lanes.offer(event("a", "hangs"));
        lanes.offer(event("a", "after"));
        lanes.offer(event("b", "beside"));
        lanes.offer(event("c", "beside"));

        await().atMost(LONG).until(() -> lanes.counts().done() == 2);
        assertEquals(counts(1, 1, 0, 0, 2), lanes.counts());
        hang.countDown();
        await().atMost(LONG).until(() -> lanes.counts().done() == 4);
        assertEquals(List.of("INFO notification a: command done: hangs", "INFO notification a: command done: after"),
                log.lines().subList(2, 4));
        end(lanes);
    }

    @Test
    void whatIsTooMuchIsRefusedAtOnceAndSaidOnceEach() {
        var hang = new CountDownLatch(1);
        Lanes lanes = lanes(new Lanes.Bounds(2, 5, 3), (event, number) -> {
            hang.await();
            return new Outcome.Done("done");
        });
        lanes.offer(event("a", "0"));
        lanes.offer(event("b", "0"));
        await().atMost(LONG).until(() -> lanes.counts().running() == 2);
        long before = System.nanoTime();
        var taken = new ArrayList<Boolean>();
        for (String label : List.of("a", "a", "a", "a", "b", "b", "b", "c")) {
            taken.add(lanes.offer(event(label, "1")));
        }
        assertTrue(System.nanoTime() - before < 5_000_000_000L);

        assertEquals(List.of(true, true, true, false, true, true, false, false), taken);
        assertEquals(counts(2, 5, 3, 0, 0), lanes.counts());
        String why = ": command not delivered (firing): ";
        assertEquals(List.of("WARN notification a" + why + "4 of this notification wait or run, 3 wait in all",
                "WARN notification b" + why + "3 of this notification wait or run, 5 wait in all",
                "WARN notification c" + why + "0 of this notification wait or run, 5 wait in all"), log.lines());
        hang.countDown();
        await().atMost(LONG).until(() -> lanes.counts().done() == 7);
        end(lanes);
    }

    @Test
    void whatIsRepeatedDoesNotQueueBehindWhatWaits() {
        var hang = new CountDownLatch(1);
        Lanes lanes = lanes(WIDE, (event, number) -> {
            hang.await();
            return new Outcome.Done("done: " + event.alert().subject() + (event.isRepeated() ? " again" : ""));
        });
        lanes.offer(event("a", "x"));
        await().atMost(LONG).until(() -> lanes.counts().running() == 1);
        for (int i = 0; i < 3; i++) {
            for (String subject : List.of("x", "y")) {
                AlertEvent first = event("a", subject);
                assertTrue(lanes.offer(new AlertEvent(first.notification(), first.alert(), true)));
            }
        }
        assertEquals(counts(1, 2, 0, 0, 0), lanes.counts());
        hang.countDown();
        await().atMost(LONG).until(() -> lanes.counts().done() == 3);
        assertEquals(List.of("INFO notification a: command done: x", "INFO notification a: command done: x again",
                "INFO notification a: command done: y again"), log.lines());
        end(lanes);
    }

    @Test
    void allSubjectsOfANotificationHaveRoomAtOnce() {
        var hang = new CountDownLatch(1);
        Lanes lanes = lanes(Deliveries.BOUNDS, (event, number) -> {
            hang.await();
            return new Outcome.Done("done");
        });
        for (int i = 0; i < 512; i++) {
            assertTrue(lanes.offer(event("a", "process " + i)), i + ". was refused");
        }
        hang.countDown();
        await().atMost(LONG).until(() -> lanes.counts().done() == 512);
        end(lanes);
    }

    @Test
    void whoWaitsToBeTriedAgainHoldsNoThreadButTheOrder() {
        var attempts = Collections.synchronizedList(new ArrayList<String>());
        Lanes lanes = lanes(new Lanes.Bounds(1, 10, 10), (event, number) -> {
            attempts.add(event.alert().subject() + number);
            return event.alert().subject().equals("first") && number < 3
                    ? new Outcome.Again("failed", Duration.ofSeconds(number))
                    : new Outcome.Done("done");
        });
        lanes.offer(event("a", "first"));
        lanes.offer(event("a", "second"));
        lanes.offer(event("b", "other"));
        await().atMost(LONG).until(() -> lanes.counts().done() == 1);
        assertEquals(List.of("first1", "other1"), attempts);
        assertEquals(counts(0, 2, 0, 0, 1), lanes.counts());

        later.remove().run();
        await().atMost(LONG).until(() -> later.size() == 1);
        later.remove().run();
        await().atMost(LONG).until(() -> lanes.counts().done() == 3);
        assertEquals(List.of("first1", "other1", "first2", "first3", "second1"), attempts);
        assertEquals(List.of(Duration.ofSeconds(1), Duration.ofSeconds(2)), delays);
        assertTrue(log.lines().contains("INFO notification a: command failed; again in 2.0 s"), log.lines().toString());
        end(lanes);
    }

    @Test
    void anErrorOfOursIsOneFailureAndTheNextGoesOn() {
        Lanes lanes = lanes(WIDE, (event, number) -> {
            if (event.alert().subject().equals("bad")) {
                throw new IllegalStateException("bad");
            }
            return new Outcome.Done("done");
        });
        lanes.offer(event("a", "bad"));
        lanes.offer(event("a", "good"));
        await().atMost(LONG).until(() -> lanes.counts().done() == 1);
        assertEquals(counts(0, 0, 0, 1, 1), lanes.counts());
        end(lanes);
    }

    @Test
    void atTheEndWhatWaitsIsTriedOnceMoreAndThenSaid() throws InterruptedException {
        var again = new CountDownLatch(1);
        var interrupted = new CountDownLatch(1);
        Lanes lanes = lanes(WIDE, (event, number) -> {
            if (event.alert().subject().equals("again")) {
                again.countDown();
                return new Outcome.Again("failed", LONG);
            }
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
            return new Outcome.Done("done");
        });
        lanes.offer(event("parked", "again"));
        again.await();
        await().atMost(LONG).until(() -> later.size() == 1);
        lanes.offer(event("stuck", "hangs"));
        lanes.offer(event("stuck", "never"));
        await().atMost(LONG).until(() -> lanes.counts().running() == 1);
        lanes.beginClose();
        await().atMost(LONG).until(() -> lanes.counts().failed() == 1);
        assertFalse(lanes.offer(event("late", "late")));
        end(lanes);

        assertTrue(interrupted.await(30, TimeUnit.SECONDS));
        await().atMost(LONG).until(() -> lanes.counts().failed() == 2);
        assertTrue(log.lines().contains("WARN notification parked: command failed; given up: the program ends"));
        assertTrue(log.lines().contains("WARN command: 1 not delivered, the program ends: stuck"),
                log.lines().toString());
        later.remove().run(); // comes too late, and does nothing
        assertEquals(2, lanes.counts().failed());
    }
}
