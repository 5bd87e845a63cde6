package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Rule;
import bwmon.traffic.ByteCounts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.alert.Course.alerts;
import static bwmon.aggregator.alert.Course.notification;
import static bwmon.aggregator.alert.Course.play;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ReloadTest {
    private static Condition.Rate rate(long above, int seconds) {
        return new Condition.Rate(new Threshold(above), Duration.ofSeconds(seconds), false);
    }

    private static List<Notification> everyKind() {
        var notifications = new ArrayList<Notification>();
        // Read anew each time, as by a reload: equal and not the same.
        List<Subject> subjects = List.of(new Subject.Everything(), new Subject.OfApplication("app"),
                new Subject.EachOwner(List.of(Rule.command("p[0-9]"))),
                new Subject.EachApplication(Rule.pattern("app|p[3-9]")));
        List<Condition> conditions = List.of(rate(4000, 7), rate(3000, 30),
                new Condition.Volume(300_000, new Period(Period.Unit.HOUR, 1)),
                new Condition.Silence(Duration.ofSeconds(20)));
        for (Amount amount : Amount.values()) {
            for (Subject subject : subjects) {
                for (Condition condition : conditions) {
                    notifications.add(new Notification("n" + notifications.size(), subject, amount, condition,
                            Duration.ofSeconds(25), true, Delivery.NONE));
                }
            }
        }
        return notifications;
    }

    private static List<Snapshot> series(long seed) {
        var random = new Random(seed);
        var snapshots = new ArrayList<Snapshot>();
        long nanos = 0;
        var since = new long[10];
        for (int pass = 0; pass < 400; pass++) {
            long length = random.nextInt(30) == 0 ? random.nextLong(40_000_000_000L) : 1_000_000_000L;
            nanos += length;
            var charges = new ArrayList<Charge>();
            boolean isQuiet = pass / 40 % 3 == 2;
            for (int pid = 1; pid < since.length && !isQuiet; pid++) {
                if (random.nextInt(3) == 0) {
                    var application = pid < 3 ? Course.APP : new Application("p" + pid, Basis.ITSELF);
                    charges.add(new Charge("m", process(pid, "p" + pid), application,
                            Duration.ofNanos(nanos - since[pid]),
                            ByteCounts.ofPayload(random.nextInt(9000), random.nextInt(9000))));
                    since[pid] = nanos;
                }
            }
            snapshots.add(Course.snapshot(nanos, Course.START.plusNanos(nanos), Duration.ofNanos(length),
                    random.nextInt(15) == 0, charges));
        }
        return snapshots;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void noByteNoAverageAndNoAlertIsLost(long seed) {
        var random = new Random(seed);
        Alerts without = alerts(everyKind().toArray(Notification[]::new));
        Alerts with = alerts(everyKind().toArray(Notification[]::new));
        int told = 0;
        for (Snapshot snapshot : series(seed)) {
            if (random.nextInt(4) == 0) {
                assertEquals(List.of(), with.reload(everyKind(), Set.of("app"), Layer.PAYLOAD));
            }
            List<AlertEvent> expected = without.next(snapshot);
            assertEquals(expected, with.next(snapshot));
            assertEquals(without.inForce(), with.inForce());
            assertEquals(without.quotas(), with.quotas());
            told += expected.size();
        }
        assertTrue(told > 100, told + " events were compared");
    }

    @Test
    void otherLimitsAreComparedAtTheNextPass() {
        Alerts alerts = alerts(notification(rate(1000, 3), Duration.ZERO));
        play(alerts, """
                1-2 | 1200 |
                3   | 1200 | firing 1200
                """);
        assertEquals(List.of(),
                alerts.reload(List.of(notification(rate(2000, 3), Duration.ZERO)), Set.of("app"), Layer.PAYLOAD));
        assertEquals(1, alerts.inForce().size());
        play(alerts, "4 | 1200 | resolved 1200");
        alerts.reload(List.of(notification(rate(500, 3), Duration.ZERO)), Set.of("app"), Layer.PAYLOAD);
        play(alerts, "5 | 1200 | firing 1200");
    }

    @Test
    void aNotificationThatIsGoneTakesItsAlertWithIt() {
        Alerts alerts = alerts(notification(rate(1000, 1), Duration.ZERO));
        play(alerts, "1 | 1200 | firing 1200");
        assertEquals(List.of("n app 1200"), Course.states(alerts.reload(List.of(), Set.of(), Layer.PAYLOAD)));
        assertEquals(List.of(), alerts.inForce());
        play(alerts, "2-3 | 1200 |");
    }

    @Test
    void whatHasOtherFiguresBeginsAnew() {
        Alerts alerts = alerts(notification(rate(1000, 2), Duration.ZERO));
        play(alerts, """
                1   | 1200 |
                2   | 1200 | firing 1200
                """);
        assertEquals(List.of("n app 1200"), Course.states(
                alerts.reload(List.of(notification(rate(1000, 3), Duration.ZERO)), Set.of("app"), Layer.PAYLOAD)));
        play(alerts, """
                3-4 | 1200 |
                5   | 1200 | firing 1200
                """);
        // The other layer's bytes are other figures too.
        alerts.reload(List.of(notification(rate(1000, 3), Duration.ZERO)), Set.of("app"), Layer.IP);
        play(alerts, """
                6-7 | ?    |
                8   | ?    | firing 9999
                """);
    }

    @Test
    void whatHasTheSameLabelTwiceIsKeptOnce() {
        Notification one = notification(rate(1000, 1), Duration.ZERO);
        var alerts = new Alerts(List.of(one), Set.of("app"), Layer.PAYLOAD, ZoneOffset.UTC, 0);
        alerts.reload(List.of(one, one), Set.of("app"), Layer.PAYLOAD);
        play(alerts, "1 | 1200 | firing 1200, firing 1200");
    }
}
