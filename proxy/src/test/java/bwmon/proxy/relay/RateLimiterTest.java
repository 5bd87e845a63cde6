package bwmon.proxy.relay;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RateLimiterTest {
    private static final long SECOND = 1_000_000_000;
    private static final long SEED = 20261121;

    /** A connection that always has something to read: it pays, reads, settles, and pays again. */
    private static final class Reader {
        private final RateLimiter limiter;
        private final IntUnaryOperator read;
        private long bytes;
        private long turns;

        Reader(RateLimiter limiter, IntUnaryOperator read) {
            this.limiter = limiter;
            this.read = read;
        }

        void go() {
            while (limiter.pay(this::turn)) {
                take();
            }
        }

        private void turn() {
            take();
            go();
        }

        private void take() {
            int count = read.applyAsInt(limiter.chunk());
            limiter.settle(count);
            bytes += count;
            turns++;
        }
    }

    private static List<Reader> readers(int count, RateLimiter limiter, IntUnaryOperator read) {
        return IntStream.range(0, count).mapToObj(_ -> new Reader(limiter, read)).toList();
    }

    private static long sum(List<Reader> readers) {
        return readers.stream().mapToLong(reader -> reader.bytes).sum();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 100_000", "7, 1, 100_000", "1_000, 1, 36_000", "333_333, 1, 3_600", "500_000, 100, 3_600",
            "12_500_000, 1, 600", "12_500_000, 100, 600", "10_000_000_000, 100, 10"})
    void holdsTheRateToTheByteForOneAndForAHundred(String rateText, int connections, String secondsText) {
        long rate = Long.parseLong(rateText.replace("_", ""));
        long seconds = Long.parseLong(secondsText.replace("_", ""));
        var time = new SimulatedTime(0);
        var limiter = new RateLimiter(rate, time, time);

        List<Reader> readers = readers(connections, limiter, chunk -> chunk);
        readers.forEach(Reader::go);
        time.runUntil(seconds * SECOND);

        // What the time is worth, the burst that was in hand at the start, and the chunk that is under way.
        long worth = rate * seconds;
        long burst = rate / 10;
        assertBetween(worth + burst, worth + burst + limiter.chunk() + 1, sum(readers));
    }

    @Test
    void givesTurnsInOrderAndSoTheSameToEach() {
        var time = new SimulatedTime(0);
        var limiter = new RateLimiter(1_000_000, time, time);

        List<Reader> readers = readers(100, limiter, chunk -> chunk);
        readers.forEach(Reader::go);
        time.runUntil(60 * SECOND);

        // The first alone finds the burst unspent.
        List<Reader> others = readers.subList(1, readers.size());
        long most = others.stream().mapToLong(reader -> reader.turns).max().orElseThrow();
        long least = others.stream().mapToLong(reader -> reader.turns).min().orElseThrow();
        assertTrue(most - least <= 1, "between " + least + " and " + most + " turns");
    }

    @Test
    void callsWaitersOnceEachInTheOrderTheyCame() {
        var time = new SimulatedTime(0);
        var limiter = new RateLimiter(100_000, time, time);
        while (limiter.pay(() -> {})) {
            // Spends the burst.
        }
        var called = new ArrayList<Integer>();
        for (int i = 0; i < 50; i++) {
            int number = i;
            assertFalse(limiter.pay(() -> called.add(number)), "nobody may overtake those who wait");
        }

        time.runUntil(10 * SECOND);

        assertEquals(IntStream.range(0, 50).boxed().toList(), called);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100})
    void whatWasPaidButNotReadIsPaidBack(int connections) {
        var time = new SimulatedTime(0);
        var limiter = new RateLimiter(2_000_000, time, time);
        var random = new SplittableRandom(SEED);

        List<Reader> readers = readers(connections, limiter, chunk -> random.nextInt(1, chunk + 1));
        readers.forEach(Reader::go);
        time.runUntil(600 * SECOND);

        long worth = 2_000_000 * 600L;
        // The turn of those who wait was set before the refund, so what is refunded last may come late.
        assertBetween(worth * 999 / 1000, worth + 200_000 + limiter.chunk(), sum(readers));
    }

    @Test
    void connectionsThatReadNothingTakeNothingFromTheOthers() {
        var time = new SimulatedTime(0);
        var limiter = new RateLimiter(1_000_000, time, time);

        Reader reader = new Reader(limiter, chunk -> chunk);
        reader.go();
        for (int i = 0; i < 10_000; i++) {
            time.runUntil(i * SECOND / 1_000);
            if (limiter.pay(() -> limiter.settle(0))) {
                limiter.settle(0);
            }
        }

        time.runUntil(10 * SECOND);
        // Each takes a turn, whose refund the next one gets a timer's delay later.
        assertBetween(10_000_000 * 97 / 100, 10_100_000 + limiter.chunk(), reader.bytes);
    }

    @Test
    void afterAPauseNoMoreThanTheBurstPassesAtOnce() {
        var time = new SimulatedTime(0);
        long rate = 3_000_000;
        var limiter = new RateLimiter(rate, time, time);
        time.runUntil(3_600 * SECOND);

        var reader = new Reader(limiter, chunk -> chunk);
        reader.go();

        assertBetween(rate / 10, rate / 10 + 2L * limiter.chunk(), reader.bytes);
    }

    @Test
    void lateTimersDoNotLowerTheRate() {
        var time = new SimulatedTime(0);
        time.timersAreLate(20_000_000);
        long rate = 5_000_000;
        var limiter = new RateLimiter(rate, time, time);

        List<Reader> readers = readers(10, limiter, chunk -> chunk);
        readers.forEach(Reader::go);
        time.runUntil(100 * SECOND);

        assertBetween(rate * 100 - rate / 10, rate * 100 + rate / 5, sum(readers));
    }

    @Test
    void theClockMayPassTheLargestNumber() {
        long start = Long.MAX_VALUE - SECOND;
        var time = new SimulatedTime(start);
        var limiter = new RateLimiter(1_000_000, time, time);

        var reader = new Reader(limiter, chunk -> chunk);
        reader.go();
        time.runUntil(start + 10 * SECOND);

        assertBetween(10_000_000, 10_000_000 + 100_000 + 2L * limiter.chunk(), reader.bytes);
    }

    @Test
    void aChunkIsAHundredthOfASecondWithinBounds() {
        var time = new SimulatedTime(0);
        assertEquals(1, new RateLimiter(1, time, time).chunk());
        assertEquals(1_000, new RateLimiter(1_000, time, time).chunk());
        assertEquals(1_024, new RateLimiter(50_000, time, time).chunk());
        assertEquals(5_000, new RateLimiter(500_000, time, time).chunk());
        assertEquals(65_536, new RateLimiter(Long.MAX_VALUE, time, time).chunk());
    }

    private static void assertBetween(long least, long most, long actual) {
        assertTrue(actual >= least && actual <= most,
                () -> "expected " + least + " to " + most + ", but was " + actual + " (seed " + SEED + ")");
    }
}
