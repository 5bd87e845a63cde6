package bwmon.aggregator.rate;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class WindowAverageTest {
    private static final long SECOND = 1_000_000_000L;
    /** Near the overflow of the monotonic clock, which has to do no harm. */
    private static final long START = Long.parseLong("9223372034854775807");

    /** All samples ever, and the sum as it is defined: rational, with no rounding but the last. */
    private static final class Reference {
        private final List<long[]> samples = new ArrayList<>();

        void add(long fromNanos, long toNanos, long bytes) {
            samples.add(new long[]{fromNanos, toNanos, bytes});
        }

        void forget(long beforeNanos) {
            samples.removeIf(sample -> sample[1] <= beforeNanos);
        }

        BigDecimal bytesPerSecond(long now, long window) {
            BigDecimal sum = BigDecimal.ZERO;
            for (long[] s : samples) {
                long overlap = Math.min(s[1], now) - Math.max(s[0], now - window);
                if (overlap > 0) {
                    sum = sum.add(new BigDecimal(BigInteger.valueOf(s[2]).multiply(BigInteger.valueOf(overlap)))
                            .divide(BigDecimal.valueOf(s[1] - s[0]), 20, RoundingMode.HALF_EVEN));
                }
            }
            return sum.multiply(BigDecimal.valueOf(SECOND)).divide(BigDecimal.valueOf(window), 10,
                    RoundingMode.HALF_EVEN);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void itIsWhatTheDefinitionSaysWhateverTheSamples(long seed) {
        var random = new Random(seed);
        long window = SECOND + random.nextLong(100 * SECOND);
        var average = new WindowAverage(Duration.ofNanos(window), START);
        var reference = new Reference();
        long now = 0;
        for (int i = 0; i < 2000; i++) {
            // On time, late, far too late; never shorter than a grain, which the definition joins.
            long length = switch (random.nextInt(20)) {
                case 0 -> window + random.nextLong(2 * window);
                case 1, 2 -> window / 4 + random.nextLong(window / 4);
                default -> window / 500 + random.nextLong(window / 50);
            };
            now += length;
            average.advance(START + now);
            if (random.nextInt(5) > 0) {
                long bytes = random.nextLong(1L << (1 + random.nextInt(50)));
                average.add(Duration.ofNanos(length), bytes);
                reference.add(now - length, now, bytes);
            }
            if (now >= window) {
                double expected = reference.bytesPerSecond(now, window).doubleValue();
                double found = average.bytesPerSecond().orElseThrow();
                assertTrue(found <= expected + 1e-3 && found > expected - 2.001, found + " is not " + expected);
            } else {
                assertEquals(OptionalLong.empty(), average.bytesPerSecond());
            }
            assertTrue(average.pieces() <= WindowAverage.MAX_PIECES);
        }
    }

    @Test
    void aSteadyRateIsThatRateAndFullOnlyWhenTheWindowHasElapsed() {
        var average = new WindowAverage(Duration.ofSeconds(60), START);
        for (int second = 1; second <= 200; second++) {
            average.advance(START + second * SECOND);
            average.add(Duration.ofSeconds(1), 5_000_000);
            assertEquals(second >= 60, average.isFull());
            assertEquals(second >= 60 ? OptionalLong.of(5_000_000) : OptionalLong.empty(), average.bytesPerSecond());
        }
    }

    @Test
    void silenceBringsItDownToNothing() {
        var average = new WindowAverage(Duration.ofSeconds(10), START);
        average.advance(START + 10 * SECOND);
        average.add(Duration.ofSeconds(10), 1000);
        assertEquals(OptionalLong.of(100), average.bytesPerSecond());

        average.advance(START + 15 * SECOND);
        assertEquals(OptionalLong.of(50), average.bytesPerSecond());
        average.advance(START + 21 * SECOND);
        assertEquals(OptionalLong.of(0), average.bytesPerSecond());
    }

    @Test
    void ofASampleLongerThanTheWindowTheLastPartCounts() {
        var average = new WindowAverage(Duration.ofSeconds(1), START);
        average.advance(START + 10 * SECOND);
        average.add(Duration.ofSeconds(10), 10_000);

        assertEquals(OptionalLong.of(1000), average.bytesPerSecond());
    }

    @Test
    void bytesThatComeLateAreSpreadOverTheTimeTheyAreOf() {
        var average = new WindowAverage(Duration.ofSeconds(4), START);
        for (int second = 1; second <= 4; second++) {
            average.advance(START + second * SECOND);
        }
        average.add(Duration.ofSeconds(4), 4000);
        assertEquals(OptionalLong.of(1000), average.bytesPerSecond());

        average.advance(START + 6 * SECOND);
        assertEquals(OptionalLong.of(500), average.bytesPerSecond());
    }

    @Test
    void samplesMayOverlap() {
        var average = new WindowAverage(Duration.ofSeconds(2), START);
        average.advance(START + SECOND);
        average.add(Duration.ofSeconds(1), 100);
        average.advance(START + 2 * SECOND);
        average.add(Duration.ofSeconds(1), 100);
        average.add(Duration.ofSeconds(2), 1000);

        assertEquals(OptionalLong.of(600), average.bytesPerSecond());
    }

    @Test
    void aSampleWithoutLengthCounts() {
        var average = new WindowAverage(Duration.ofSeconds(1), START);
        average.add(Duration.ZERO, 7);
        average.advance(START + SECOND / 2);
        average.add(Duration.ZERO, 500);
        average.advance(START + SECOND);

        assertEquals(OptionalLong.of(500), average.bytesPerSecond());
    }

    @Test
    void manyShortSamplesTakeBoundedMemoryAndAreOffByAGrainAtMost() {
        Duration window = WindowAverage.MAX_WINDOW;
        var average = new WindowAverage(window, START);
        long step = window.toNanos() / 100_000;
        for (int i = 1; i <= 250_000; i++) {
            average.advance(START + i * step);
            // Twice as much in the second half of each tenth.
            average.add(Duration.ofNanos(step), i % 10_000 < 5_000 ? 1_000_000 : 2_000_000);
        }

        assertTrue(average.pieces() <= WindowAverage.MAX_PIECES);
        double expected = 1_500_000.0 * 100_000 / window.toSeconds();
        assertEquals(expected, (double) average.bytesPerSecond().orElseThrow(), expected / WindowAverage.GRAINS);
    }

    @Test
    void greatAmountsAreExactAndWhatDoesNotFitIsTheGreatest() {
        var average = new WindowAverage(WindowAverage.MAX_WINDOW, START);
        average.advance(START + WindowAverage.MAX_WINDOW.toNanos());
        average.add(WindowAverage.MAX_WINDOW, Long.MAX_VALUE);
        assertEquals(OptionalLong.of(Long.MAX_VALUE / 86_400), average.bytesPerSecond());
        // Together more than 63 bits, and still right: the last hour holds no more than the greatest count, 23/24 are before.
        average.add(Duration.ofHours(1), Long.MAX_VALUE);
        long both = BigInteger.valueOf(Long.MAX_VALUE).multiply(BigInteger.valueOf(47))
                .divide(BigInteger.valueOf(24 * 86_400)).longValueExact();
        assertTrue(Math.abs(both - average.bytesPerSecond().orElseThrow()) <= 1);

        var second = new WindowAverage(Duration.ofSeconds(1), START);
        for (int half = 1; half <= 3; half++) {
            second.advance(START + half * SECOND / 2);
            second.add(Duration.ofMillis(500), Long.MAX_VALUE);
            second.add(Duration.ofMillis(500), 1);
        }
        assertEquals(OptionalLong.of(Long.MAX_VALUE), second.bytesPerSecond());
        second.advance(START + 10 * SECOND);
        assertTrue(second.isEmpty());
        assertEquals(OptionalLong.of(0), second.bytesPerSecond());
    }

    /** Intervals as they come: a pass a second with the jitter of a scheduler, sources with intervals of their own. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void withManySourcesGapsAndShortSamplesItIsOffByNoMoreThanAGrainsWorth(long seed) {
        var random = new Random(seed);
        long window = switch ((int) seed) {
            case 1 -> SECOND;
            case 2 -> 2 * SECOND;
            case 3 -> 60 * SECOND;
            case 4 -> 3600 * SECOND;
            case 5 -> WindowAverage.MAX_WINDOW.toNanos();
            default -> SECOND + random.nextLong(600 * SECOND);
        };
        var average = new WindowAverage(Duration.ofNanos(window), START);
        var reference = new Reference();
        long[] sourceBegan = new long[3];
        long now = 0;
        int checked = 0;
        // The fastest that a source is in this series: a grain's worth is no more than a grain of this.
        long maxRate = 1_000_000;
        for (int i = 0; i < 6000; i++) {
            now += switch (random.nextInt(200)) {
                case 0 -> random.nextLong(3 * window);
                case 1 -> 0;
                default -> SECOND - 5_000_000 + random.nextLong(10_000_000);
            };
            average.advance(START + now);
            for (int source = 0; source < sourceBegan.length; source++) {
                boolean fails = random.nextInt(20) == 0;
                // One was opened after a gap: its first interval is short, and the time before was silent.
                boolean isNew = random.nextInt(50) == 0;
                if (isNew) {
                    sourceBegan[source] = Math.max(sourceBegan[source], now - random.nextLong(SECOND));
                }
                long length = now - sourceBegan[source];
                if (!fails && length > 0) {
                    long bytes = random.nextInt(3) == 0 ? 0 : random.nextLong(1 + length / (SECOND / maxRate));
                    average.add(length, bytes);
                    reference.add(sourceBegan[source], now, bytes);
                    sourceBegan[source] = now;
                }
            }
            reference.forget(now - window);
            assertTrue(average.pieces() <= WindowAverage.MAX_PIECES);
            if (average.isFull()) {
                double expected = reference.bytesPerSecond(now, window).doubleValue();
                double grain = 3.0 * sourceBegan.length * maxRate / WindowAverage.GRAINS;
                assertEquals(expected, (double) average.bytesPerSecondSoFar(), grain + 3);
                checked++;
            }
        }
        assertTrue(checked > 1000, checked + " were compared");
    }

    @Test
    void aShortSampleAfterALongGapIsNotSpreadOverTheGap() {
        var average = new WindowAverage(Duration.ofSeconds(10), START);
        average.advance(START + 3600 * SECOND);
        average.add(Duration.ofSeconds(1), 1000);
        average.advance(START + 3605 * SECOND);
        assertEquals(OptionalLong.of(100), average.bytesPerSecond());

        // Shorter than a grain, too; not even a sample of no length is lost.
        average.add(Duration.ofNanos(1), 1000);
        average.add(Duration.ZERO, 1000);
        assertEquals(OptionalLong.of(300), average.bytesPerSecond());
        average.advance(START + 3610 * SECOND);
        assertEquals(OptionalLong.of(200), average.bytesPerSecond());
    }

    @Test
    void timeInWhichNothingMovedTakesNoMemory() {
        var average = new WindowAverage(Duration.ofHours(1), START);
        for (int second = 1; second <= 10_000; second++) {
            average.advance(START + second * SECOND);
            if (second % 1000 == 0) {
                average.add(Duration.ofSeconds(1), 5);
            }
        }
        assertTrue(average.pieces() < 20, average.pieces() + " pieces");
    }

    @Test
    void untilItIsFullItIsOverTheTimeSoFarButASecondAtLeast() {
        var average = new WindowAverage(Duration.ofSeconds(10), START);
        assertEquals(0, average.bytesPerSecondSoFar());
        average.advance(START + SECOND / 2);
        average.add(Duration.ofMillis(500), 1000);
        assertEquals(1000, average.bytesPerSecondSoFar());
        assertEquals(Duration.ofSeconds(1), average.soFar());
        average.advance(START + 4 * SECOND);
        assertEquals(250, average.bytesPerSecondSoFar());
        assertEquals(Duration.ofSeconds(4), average.soFar());
        assertEquals(OptionalLong.empty(), average.bytesPerSecond());
        average.advance(START + 11 * SECOND);
        assertEquals(Duration.ofSeconds(10), average.soFar());
        assertEquals(0, average.bytesPerSecondSoFar());
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new WindowAverage(Duration.ofMillis(999), 0));
        assertThrows(IllegalArgumentException.class, () -> new WindowAverage(Duration.ofHours(24).plusNanos(1), 0));
        var average = new WindowAverage(Duration.ofSeconds(1), 0);
        average.advance(5);
        assertThrows(IllegalArgumentException.class, () -> average.advance(4));
        assertThrows(IllegalArgumentException.class, () -> average.add(Duration.ofSeconds(1), -1));
        assertThrows(IllegalArgumentException.class, () -> average.add(Duration.ofSeconds(-1), 1));
        assertFalse(average.isFull());
    }
}
