package bwmon.aggregator;

import java.time.Duration;

import com.codahale.metrics.MetricRegistry;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class HealthTest {
    private final MetricRegistry registry = new MetricRegistry();

    private static boolean hasLine(Health health, long second) {
        return health.passed(Samples.snapshot(second), 1_500_000).isPresent();
    }

    @Test
    void aLineComesOncePerPeriodAndTellsOfTheTimeSinceTheLast() {
        var health = new Health(registry, Duration.ofSeconds(3), 0);
        registry.gauge("delivery.command.waiting", () -> () -> 4);
        registry.gauge("delivery.command.failed", () -> () -> 0L);
        assertEquals(false, hasLine(health, 1));
        assertEquals(false, hasLine(health, 2));
        String line = health.passed(Samples.snapshot(3), 1_500_000).orElseThrow();
        assertTrue(line.startsWith("health: 3 intervals, 1.5 ms each (99%: 1.5, longest: 1.5), 0 owners, 0 events lost,"
                + " 0 times no answer, delivery.command.waiting 4, heap "), line);
        assertEquals(false, hasLine(health, 5));
        assertEquals(true, hasLine(health, 6));
    }

    @Test
    void thePeriodMayBeChangedSwitchedOffAndOnAgain() {
        var health = new Health(registry, Duration.ZERO, 0);
        assertEquals(false, hasLine(health, 100));
        health.every(Duration.ofSeconds(10));
        assertEquals(true, hasLine(health, 101));
        assertEquals(false, hasLine(health, 102));
        health.every(Duration.ZERO);
        assertEquals(false, hasLine(health, 200));
    }
}
