package bwmon.aggregator.console;

import java.util.OptionalLong;
import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RecentBytesTest {
    private static final long SECOND = 1_000_000_000L;

    private final RecentBytes recent = new RecentBytes();

    private void add(long endSecond, double seconds, long bytes) {
        recent.add(endSecond * SECOND, (long) (seconds * SECOND), OptionalLong.of(bytes));
    }

    private String chart(long atSecond, int width) {
        return recent.until(atSecond * SECOND).text(width, true);
    }

    @Test
    void aSteadyRateIsFlatHoweverLongTheIntervalsAre() {
        add(1, 1, 1000);
        add(2, 1, 1000);
        add(45, 43, 43_000);
        add(46, 1, 1000);

        assertEquals("  ██████████", chart(46, 12));
    }

    @Test
    void aSteadyRateIsFlatForRandomIntervals() {
        var random = new Random(2);
        long millis = 3_600_000;
        for (int i = 0; i < 2000; i++) {
            int length = 1 + random.nextInt(random.nextInt(20) == 0 ? 30_000 : 1500);
            millis += length;
            recent.add(millis * 1_000_000, length * 1_000_000L, OptionalLong.of(1000L * length));
            if (i > 1000) {
                assertEquals("█".repeat(RecentBytes.SLOTS),
                        recent.until(millis * 1_000_000).text(RecentBytes.SLOTS, true));
            }
        }
    }

    @Test
    void heightsAreSharesOfTheHighest() {
        for (int slot = 0; slot < 9; slot++) {
            add((slot + 1) * 5L, 5, slot * 100L);
        }

        assertEquals(" ▁▂▃▄▅▆▇█", chart(45, 9));
        assertEquals(" .:-=+*%#", recent.until(45 * SECOND).text(9, false));
        assertEquals("▅▆▇█", chart(45, 4));
        // The least that moved is seen.
        add(50, 5, 1_000_000_000);
        assertEquals("▁█", chart(50, 2));
    }

    @Test
    void timePassesWithoutTraffic() {
        add(5, 5, 1000);

        assertEquals(" █  ", chart(15, 4));
        assertTrue(recent.until(5 * 60 * SECOND).text(60, true).startsWith("█"));
        assertTrue(recent.until(5 * 61 * SECOND).isBlank());
        assertTrue(recent.until(1_000_000 * SECOND).isBlank());
        add(1_000_001, 1, 1);
        assertEquals("   █", chart(1_000_001, 4));
    }

    @Test
    void whatIsNotKnownIsNotNothing() {
        add(5, 5, 1000);
        recent.add(15 * SECOND, 10 * SECOND, OptionalLong.empty());
        add(20, 5, 1000);

        assertEquals("█??█", chart(20, 4));
    }

    @Test
    void twoAreAddedUpByTime() {
        add(5, 5, 1000);
        add(20, 5, 1000);
        var other = new RecentBytes();
        other.add(10 * SECOND, 5 * SECOND, OptionalLong.of(2000));
        other.add(25 * SECOND, 5 * SECOND, OptionalLong.of(2000));
        recent.add(other);
        recent.add(new RecentBytes());

        assertEquals("▄█ ▄█", chart(25, 5));
    }

    @Test
    void aMomentHasNoLength() {
        recent.add(7 * SECOND, 0, OptionalLong.of(10));

        assertEquals(" █", chart(7, 2));
        assertEquals("    ", new RecentBytes().until(7 * SECOND).text(4, true));
    }
}
