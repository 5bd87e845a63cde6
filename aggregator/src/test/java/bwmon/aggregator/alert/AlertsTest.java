package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.Samples.charge;
import static bwmon.aggregator.Samples.payload;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;

class AlertsTest {
    private static final Owner BORG = process(1, "borg");
    private static final Owner RESTIC = process(2, "restic");
    private static final Owner CURL = process(3, "curl");
    private static final Application BACKUP = new Application("backup", Application.Basis.RULE);
    private static final Notification TOO_FAST = new Notification("too-fast", new Subject.OfApplication("backup"),
            Amount.TX, new Condition.Rate(new Threshold(1000, 500), Duration.ofSeconds(3), false), Duration.ZERO, true,
            Delivery.NONE);

    private final Alerts alerts = new Alerts(List.of(TOO_FAST), Set.of("backup"), Layer.PAYLOAD, ZoneOffset.UTC, 0);

    private List<AlertEvent> next(long second, Charge... charges) {
        return alerts.next(snapshot(second, charges));
    }

    @Test
    void itFiresOnceAfterTheWindowAndResolvesOnce() {
        var states = new ArrayList<String>();
        for (int second = 1; second <= 20; second++) {
            long each = second <= 10 ? 600 : 0;
            for (AlertEvent event : next(second, charge(BORG, BACKUP, 0, each), charge(RESTIC, BACKUP, 9999, each))) {
                states.add(second + " " + event.alert().state().label() + " " + event.alert().value());
            }
        }

        // 1200 B/s from the first second on, but the window takes three; below 500 two seconds after the end.
        assertEquals(List.of("3 firing 1200", "12 resolved 400"), states);
    }

    @Test
    void aBurstWithinTheAverageIsNone() {
        for (int second = 1; second <= 30; second++) {
            assertEquals(List.of(), next(second, charge(BORG, BACKUP, 0, second % 3 == 0 ? 3000 : 0)));
        }
    }

    @Test
    void othersAndTheOtherDirectionDoNotCount() {
        for (int second = 1; second <= 10; second++) {
            assertEquals(List.of(), next(second, charge(CURL, 0, 5000), charge(BORG, BACKUP, 5000, 10)));
        }
    }

    @Test
    void bytesOfASourceThatCouldNotTellAreSpreadOverItsOwnInterval() {
        for (int second = 1; second <= 10; second++) {
            next(second);
        }

        // 9,000 bytes in the last second would be 3,000 a second over the window of three; over ten they are 900.
        assertEquals(List.of(), next(11, new Charge("a", BORG, BACKUP, Duration.ofSeconds(10), payload(0, 9000))));
    }

    @Test
    void theOtherLayerIsNotTakenForThisOne() {
        for (int second = 1; second <= 10; second++) {
            assertEquals(List.of(), next(second,
                    new Charge("a", BORG, BACKUP, Duration.ofSeconds(1), ByteCounts.ofIp(0, 99_999, 0, 99))));
        }
    }

    @Test
    void theLineIsThatOfBwmon1() {
        assertEquals("2026-11-21 10:00:01 too-fast (backup): tx limit 0.98 KiB/s, average 1.95 KiB/s over 3 s, 200%",
                event(Alert.State.FIRING, 2000).line(ZoneOffset.UTC));
        assertEquals(
                "2026-11-21 10:00:01 too-fast (backup): tx limit 0.98 KiB/s, average 0.39 KiB/s over 3 s, 40%, resolved",
                event(Alert.State.RESOLVED, 400).line(ZoneOffset.UTC));
    }

    private static AlertEvent event(Alert.State state, long value) {
        return new AlertEvent(TOO_FAST, new Alert("too-fast", "backup", Alert.Measure.RATE, Amount.TX, Layer.PAYLOAD,
                state, value, 1000, Duration.ofSeconds(3), AT, AT), false);
    }
}
