package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
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
    private static final Map<Owner, Application> APPLICATIONS = Map.of(BORG, BACKUP, RESTIC, BACKUP, CURL,
            new Application("curl", Application.Basis.ITSELF));
    private static final Notification TOO_FAST = new Notification("too-fast", "backup", Direction.TX,
            new Threshold(1000, 500), Duration.ofSeconds(3), List.of(), Notification.DEFAULT_TIME_LIMIT);

    private final Alerts alerts = new Alerts(List.of(TOO_FAST), Layer.PAYLOAD, 0);

    private List<AlertEvent> next(long second, Charge... charges) {
        return alerts.next(snapshot(second, APPLICATIONS, List.of(charges), List.of()));
    }

    @Test
    void itFiresOnceAfterTheWindowAndResolvesOnce() {
        var states = new ArrayList<String>();
        for (int second = 1; second <= 20; second++) {
            long each = second <= 10 ? 600 : 0;
            for (AlertEvent event : next(second, charge(BORG, 0, each), charge(RESTIC, 9999, each))) {
                states.add(second + " " + event.state() + " " + event.bytesPerSecond());
            }
        }

        // 1200 B/s from the first second on, but the window takes three; below 500 two seconds after the end.
        assertEquals(List.of("3 firing 1200", "12 resolved 400"), states);
    }

    @Test
    void aBurstWithinTheAverageIsNone() {
        for (int second = 1; second <= 30; second++) {
            assertEquals(List.of(), next(second, charge(BORG, 0, second % 3 == 0 ? 3000 : 0)));
        }
    }

    @Test
    void othersAndTheOtherDirectionDoNotCount() {
        for (int second = 1; second <= 10; second++) {
            assertEquals(List.of(), next(second, charge(CURL, 0, 5000), charge(BORG, 5000, 10)));
        }
    }

    @Test
    void bytesOfASourceThatCouldNotTellAreSpreadOverItsOwnInterval() {
        for (int second = 1; second <= 10; second++) {
            next(second);
        }

        // 9,000 bytes in the last second would be 3,000 a second over the window of three; over ten they are 900.
        assertEquals(List.of(), next(11, new Charge("a", BORG, Duration.ofSeconds(10), payload(0, 9000))));
    }

    @Test
    void theOtherLayerIsNotTakenForThisOne() {
        for (int second = 1; second <= 10; second++) {
            assertEquals(List.of(), next(second,
                    new Charge("a", BORG, Duration.ofSeconds(1), ByteCounts.ofIp(0, 99_999, 0, 99))));
        }
    }

    @Test
    void theLineIsThatOfBwmon1() {
        assertEquals("2026-11-21 10:00:01 too-fast (backup): tx limit 0.98 KiB/s, average 1.95 KiB/s over 3 s, 200%",
                new AlertEvent(TOO_FAST, true, 2000, AT).line(ZoneOffset.UTC));
        assertEquals(
                "2026-11-21 10:00:01 too-fast (backup): tx limit 0.98 KiB/s, average 0.39 KiB/s over 3 s, 40%, resolved",
                new AlertEvent(TOO_FAST, false, 400, AT).line(ZoneOffset.UTC));
    }
}
