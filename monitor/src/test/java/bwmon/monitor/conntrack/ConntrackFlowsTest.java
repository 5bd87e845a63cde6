package bwmon.monitor.conntrack;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

import bwmon.monitor.conntrack.ConntrackFlows.Difference;
import bwmon.monitor.conntrack.ConntrackFlows.Interval;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ConntrackFlowsTest {
    private final ConntrackFlows flows = new ConntrackFlows(1000);

    private static Connection seen(int port, long original, long reply) {
        return Connections.counted(port, port, null, original, reply);
    }

    private static List<String> text(Interval interval) {
        return interval.differences().stream().map(d -> d.connection().original().source().port() + ": "
                + d.original().bytes() + "/" + d.reply().bytes() + (d.hasEnded() ? " end" : "")).sorted().toList();
    }

    @Test
    void eachByteIsHandedOutOnce() {
        flows.dumped(List.of(seen(1, 1000, 2000), seen(2, 500, 0)));
        assertEquals(List.of("1: 1000/2000", "2: 500/0"), text(flows.interval()), "looking back");
        flows.dumped(List.of(seen(1, 1300, 2000), seen(2, 500, 0)));
        assertEquals(List.of("1: 300/0"), text(flows.interval()));
        assertEquals(List.of(), text(flows.interval()));
        flows.ended(List.of(seen(1, 1400, 2700), seen(3, 60, 40)));
        assertEquals(List.of("1: 100/700 end", "3: 60/40 end"), text(flows.interval()));
        flows.dumped(List.of(seen(2, 500, 0)));
        assertEquals(List.of(), text(flows.interval()));
        assertEquals(1, flows.size());
    }

    @Test
    void packetsAreDifferencesToo() {
        flows.dumped(List.of(seen(1, 1000, 200)));
        flows.interval();
        flows.dumped(List.of(seen(1, 1300, 700)));
        Difference difference = flows.interval().differences().getFirst();
        assertEquals(new Counters(3, 300), difference.original());
        assertEquals(new Counters(5, 500), difference.reply());
    }

    @Test
    void severalLooksAtOneConnectionAreOneDifference() {
        flows.dumped(List.of(seen(1, 100, 100), seen(1, 200, 100)));
        flows.dumped(List.of(seen(1, 300, 100)));
        flows.ended(List.of(seen(1, 400, 200)));
        assertEquals(List.of("1: 400/200 end"), text(flows.interval()));
    }

    @Test
    void anEndWithoutNewBytesIsTold() {
        flows.dumped(List.of(seen(1, 100, 100)));
        flows.interval();
        flows.ended(List.of(seen(1, 100, 100)));
        assertEquals(List.of("1: 0/0 end"), text(flows.interval()));
        assertEquals(0, flows.size());
    }

    @Test
    void connectionsWithoutCountersAreListedNotZero() {
        flows.dumped(List.of(Connections.uncounted(7), seen(1, 100, 0)));
        flows.ended(List.of(Connections.uncounted(8)));
        Interval interval = flows.interval();
        assertEquals(List.of("1: 100/0"), text(interval));
        assertEquals(List.of(Connections.uncounted(7)), interval.uncounted());
        flows.dumped(List.of(seen(1, 100, 0)));
        assertEquals(List.of(), flows.interval().uncounted());
    }

    @Test
    void anEndThatIsToldTwiceCountsOnce() {
        flows.ended(List.of(seen(1, 100, 100), seen(1, 100, 100)));
        Interval interval = flows.interval();
        assertEquals(List.of("1: 100/100 end"), text(interval));
        assertEquals(1, interval.toldTwice());
        flows.ended(List.of(seen(1, 100, 100)));
        interval = flows.interval();
        assertEquals(List.of(), text(interval));
        assertEquals(1, interval.toldTwice());
    }

    @Test
    void whatEndsWhileItIsListedDoesNotComeBack() {
        flows.ended(List.of(seen(1, 100, 100)));
        flows.dumped(List.of(Connections.dying(seen(1, 100, 100))));
        assertEquals(List.of("1: 100/100 end"), text(flows.interval()));
        assertEquals(0, flows.size());
        flows.dumped(List.of(Connections.dying(seen(2, 100, 100))));
        assertEquals(List.of("2: 100/100"), text(flows.interval()), "its end is still to come");
    }

    @Test
    void countersThatFallAreAnotherConnection() {
        flows.dumped(List.of(seen(1, 1000, 1000)));
        flows.interval();
        flows.dumped(List.of(seen(1, 200, 200)));
        assertEquals(List.of("1: 200/200"), text(flows.interval()));
        // The first one's end comes late.
        flows.ended(List.of(seen(1, 1500, 1000)));
        assertEquals(List.of("1: 500/0"), text(flows.interval()), "the other one lasts");
        flows.ended(List.of(seen(1, 300, 200)));
        assertEquals(List.of("1: 100/0 end"), text(flows.interval()));
        assertEquals(0, flows.size());
    }

    @Test
    void timesTellConnectionsApart() {
        Instant first = Instant.parse("2026-01-01T00:00:00Z");
        Instant second = Instant.parse("2026-01-01T00:00:01Z");
        flows.dumped(List.of(Connections.counted(1, 1, first, 1000, 0)));
        flows.interval();
        flows.dumped(List.of(Connections.counted(1, 1, second, 1500, 0)));
        assertEquals(List.of("1: 1500/0"), text(flows.interval()));
        flows.ended(List.of(Connections.counted(1, 1, first, 1600, 0)));
        assertEquals(List.of("1: 600/0 end"), text(flows.interval()));
    }

    @Test
    void whatGoesWithoutAnEndIsGivenUpAndCounted() {
        flows.dumped(List.of(seen(1, 100, 0), seen(2, 100, 0)));
        flows.interval();
        for (int i = 0; i < ConntrackFlows.UNSEEN_DUMPS; i++) {
            flows.dumped(List.of(seen(2, 100, 0)));
            assertEquals(0, flows.interval().endedUnseen());
        }
        assertEquals(2, flows.size(), "a dump may have missed it, or its end may be late");
        flows.dumped(List.of(seen(2, 100, 0)));
        Interval interval = flows.interval();
        assertEquals(1, interval.endedUnseen());
        assertEquals(List.of("1: 0/0 end"), text(interval));
        assertEquals(1, flows.size());
    }

    @Test
    void intervalsWithoutADumpGiveNothingUp() {
        flows.dumped(List.of(seen(1, 100, 0)));
        for (int i = 0; i < 3 * ConntrackFlows.UNSEEN_DUMPS; i++) {
            assertEquals(0, flows.interval().endedUnseen());
        }
        assertEquals(1, flows.size());
    }

    @Test
    void beyondTheLimitBytesComeLateButOnce() {
        var small = new ConntrackFlows(1);
        small.dumped(List.of(seen(1, 100, 0), seen(2, 200, 0), seen(3, 300, 0)));
        Interval interval = small.interval();
        assertEquals(List.of("1: 100/0"), text(interval));
        assertEquals(2, interval.notFollowed());
        small.ended(List.of(seen(1, 100, 0), seen(2, 250, 0)));
        small.dumped(List.of(seen(3, 350, 0)));
        interval = small.interval();
        assertEquals(List.of("1: 0/0 end", "2: 250/0 end", "3: 350/0"), text(interval));
        assertEquals(0, interval.notFollowed());
        assertThrows(IllegalArgumentException.class, () -> new ConntrackFlows(0));
    }

    /** The kernel, and the way of what it tells to us. */
    private static final class Model {
        private final Random random;
        private final boolean hasTimes;
        private final int lossPercent;
        private final List<Connection> live = new ArrayList<>();
        private final List<Connection> waiting = new ArrayList<>();
        private final ConntrackFlows flows = new ConntrackFlows(100_000);
        private long moved;
        private long handedOut;
        /** Bytes that were moved since the last look, by connections whose end was lost. */
        private long lost;
        private final Map<Connection.Key, Long> looked = new HashMap<>();
        private int clock;

        Model(long seed, boolean hasTimes, int lossPercent) {
            random = new Random(seed);
            this.hasTimes = hasTimes;
            this.lossPercent = lossPercent;
        }

        private static long bytes(Connection c) {
            return Objects.requireNonNull(c.originalCounters()).bytes()
                    + Objects.requireNonNull(c.replyCounters()).bytes();
        }

        private long some() {
            return 40L + random.nextInt(1_000_000);
        }

        void step() {
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> begin();
                case 3, 4, 5, 6 -> grow();
                case 7, 8 -> {
                    if (!live.isEmpty()) {
                        end(random.nextInt(live.size()));
                    }
                }
                case 9 -> dump(random.nextInt(4) == 0);
                case 10 -> tell(random.nextInt(1 + waiting.size()));
                default -> take();
            }
        }

        /** Few addresses and identifiers, so that they are used again and again; never by two at a time. */
        private void begin() {
            int port = random.nextInt(6);
            int id = random.nextInt(2);
            if (live.stream().noneMatch(c -> c.original().source().port() == port && c.id() == id)) {
                Connection c = Connections.counted(port, id,
                        hasTimes ? Instant.ofEpochSecond(++clock) : null, some(), random.nextInt(3) == 0 ? 0 : some());
                live.add(c);
                moved += bytes(c);
            }
        }

        private void grow() {
            if (!live.isEmpty()) {
                int i = random.nextInt(live.size());
                Connection c = live.get(i);
                Connection more = Connections.counted(c.original().source().port(), c.id(), c.started(),
                        Objects.requireNonNull(c.originalCounters()).bytes() + some(),
                        Objects.requireNonNull(c.replyCounters()).bytes() + (random.nextBoolean() ? some() : 0));
                moved += bytes(more) - bytes(c);
                live.set(i, more);
            }
        }

        private void end(int i) {
            Connection c = live.remove(i);
            if (random.nextInt(100) < lossPercent) {
                lost += bytes(c) - looked.getOrDefault(c.key(), 0L);
            } else {
                waiting.add(c);
            }
        }

        private void dump(boolean missesSome) {
            var table = new ArrayList<Connection>();
            for (Connection c : live) {
                if (!missesSome || random.nextInt(3) > 0) {
                    table.add(c);
                    looked.put(c.key(), bytes(c));
                    if (random.nextInt(10) == 0) {
                        table.add(c);
                    }
                }
            }
            Collections.shuffle(table, random);
            flows.dumped(table);
        }

        /** Ends that found no room come after those that did. */
        private void tell(int count) {
            Collections.shuffle(waiting, random);
            List<Connection> told = waiting.subList(0, count);
            flows.ended(List.copyOf(told));
            if (hasTimes && count > 0 && random.nextInt(5) == 0) {
                flows.ended(List.of(told.getFirst()));
            }
            told.clear();
        }

        private Interval take() {
            Interval interval = flows.interval();
            for (Difference d : interval.differences()) {
                handedOut += d.original().bytes() + d.reply().bytes();
            }
            assertTrue(handedOut <= moved, handedOut + " handed out of " + moved);
            return interval;
        }

        private void synchronise() {
            dump(false);
            tell(waiting.size());
            take();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whateverTheOrderTheSumIsWhatMoved(long seed) {
        var model = new Model(seed, true, 0);
        for (int i = 0; i < 20_000; i++) {
            model.step();
            if (i % 100 == 0) {
                model.synchronise();
                assertEquals(model.moved, model.handedOut, "after step " + i);
            }
        }
        assertTrue(model.moved > 1_000_000_000, "the model moves something");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void withoutTimesTheSumIsWhatMovedOnceAllHaveEnded(long seed) {
        for (int run = 0; run < 200; run++) {
            var model = new Model(seed * 1000 + run, false, 0);
            for (int i = 0; i < 100; i++) {
                model.step();
            }
            while (!model.live.isEmpty()) {
                model.end(0);
            }
            model.synchronise();
            assertEquals(model.moved, model.handedOut);
            assertEquals(0, model.flows.size());
        }
    }

    @ParameterizedTest
    @CsvSource({"1,10", "2,10", "3,50", "4,50", "5,100"})
    void whatIsLostIsWhatCameAfterTheLastLook(long seed, int lossPercent) {
        var model = new Model(seed, true, lossPercent);
        int unseen = 0;
        for (int i = 0; i < 20_000; i++) {
            model.step();
            if (i % 100 == 0) {
                model.synchronise();
                assertEquals(model.moved - model.lost, model.handedOut, "after step " + i);
            }
        }
        for (int i = 0; i <= ConntrackFlows.UNSEEN_DUMPS; i++) {
            model.dump(false);
            unseen += model.take().endedUnseen();
        }
        assertTrue(unseen > 0);
        model.tell(model.waiting.size());
        assertEquals(model.live.size(), model.flows.size(), "nothing grows with what is lost");
    }

    @ParameterizedTest
    @CsvSource({"1,10", "2,30", "3,100"})
    void withoutTimesALossIsNeverMoreThanMoved(long seed, int lossPercent) {
        var model = new Model(seed, false, lossPercent);
        for (int i = 0; i < 20_000; i++) {
            model.step();
        }
        model.synchronise();
        assertTrue(model.handedOut > model.moved / 4, model.handedOut + " of " + model.moved);
        assertFalse(model.flows.size() > 12 * (ConntrackFlows.UNSEEN_DUMPS + 2), "bounded: " + model.flows.size());
    }
}
