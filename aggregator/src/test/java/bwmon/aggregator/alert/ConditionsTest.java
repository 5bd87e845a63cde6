package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.alert.Course.alerts;
import static bwmon.aggregator.alert.Course.notification;
import static bwmon.aggregator.alert.Course.play;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Each condition by table. */
class ConditionsTest {
    private static final Duration NEVER = Duration.ZERO;

    private static Notification rate(long above, long clearBelow, int seconds) {
        return notification(new Condition.Rate(new Threshold(above, clearBelow), Duration.ofSeconds(seconds), false),
                NEVER);
    }

    @Test
    void anAverageFiresOnceWhenItsWindowIsFullAndResolvesBelowTheMargin() {
        play(alerts(rate(1000, 500, 3)), """
                1-2   | 1200 |
                3     | 1200 | firing 1200
                4-10  | 1200 |
                11    |      |
                12    |      | resolved 400
                13-20 |      |
                """);
    }

    @Test
    void theThresholdItselfIsNeitherTooMuchNorWellAgain() {
        play(alerts(rate(1000, 500, 1)), """
                1-3   | 1000 |
                4     | 1001 | firing 1001
                5-6   | 1000 |
                7-9   | 500  |
                10    | 499  | resolved 499
                11-12 | 1000 |
                """);
    }

    @Test
    void anAverageThatWaversAboutTheThresholdIsToldOnce() {
        play(alerts(rate(1000, 800, 1)), """
                1     | 1001 | firing 1001
                2     | 900  |
                3     | 1100 |
                4     | 850  |
                5     | 1300 |
                6     | 700  | resolved 700
                7     | 900  |
                8     | 1001 | firing 1001
                """);
    }

    @Test
    void aBurstWithinTheAverageIsNone() {
        play(alerts(rate(1000, 1000, 3)), """
                1-10  |      |
                11    | 3000 |
                12-13 |      |
                14    | 3000 |
                15-16 |      |
                17    | 3003 | firing 1001
                """);
    }

    @Test
    void earlyComparedItIsOverTheTimeThatHasPassed() {
        play(alerts(notification(new Condition.Rate(new Threshold(1000, 500), Duration.ofSeconds(10), true), NEVER)),
                """
                        1     | 900  |
                        2     | 1200 | firing 1050
                        3     |      |
                        4     |      |
                        5     |      | resolved 420
                        6-12  |      |
                        """);
    }

    @Test
    void whileASourceFailsNothingIsCleared() {
        play(alerts(rate(1000, 500, 2)), """
                1     | 1200 |
                2     | 1200 | firing 1200
                3-9   | !    |
                10    | 600! |
                11    | 100  | resolved 350
                12-14 | !    |
                15    | 3000! | firing 1500
                """);
    }

    @Test
    void whatIsUnknownAddsNothing() {
        play(alerts(rate(1000, 500, 1)), """
                1-5   | ?    |
                6     | 1200 | firing 1200
                7     | ?    | resolved 0
                """);
    }

    @Test
    void itIsRepeatedAsOftenAsAskedFor() {
        play(alerts(notification(new Condition.Rate(new Threshold(1000, 500), Duration.ofSeconds(1), false),
                Duration.ofSeconds(5))), """
                        1     | 1200 | firing 1200
                        2-5   | 1200 |
                        6     | 1300 | again firing 1300
                        7-10  | 1200 |
                        11    | 600  | again firing 600
                        12    |      | resolved 0
                        13-30 |      |
                        31    | 1200 | firing 1200
                        32-35 | 1200 |
                        36    | 1200 | again firing 1200
                        """);
    }

    @Test
    void silenceFiresOnceAndIsResolvedByTheFirstByte() {
        Alerts alerts = alerts(notification(new Condition.Silence(Duration.ofSeconds(5)), NEVER));
        play(alerts, """
                1-4   |      |
                5     |      | firing 5
                6-9   |      |
                10    | 1    | resolved 9
                11    |      |
                12    | 1    |
                13-16 |      |
                17    |      | firing 5
                18    | 0    |
                """);
        assertEquals(List.of("n app 6"), Course.states(alerts.inForce()));
    }

    @Test
    void bytesOfWhichOnlyTheOtherLayerIsKnownAreNoSilence() {
        var silence = new Condition.Silence(Duration.ofSeconds(2));
        String table = """
                1-5   | ?    |
                6     |      |
                7     |      | firing 2
                8     | ?    | resolved 2
                """;
        play(alerts(notification(silence, NEVER)), table);
        play(alerts(new Notification("n", new Subject.Everything(), Amount.TOTAL, silence, NEVER, true, Delivery.NONE)),
                table);
    }

    @Test
    void timeWithoutFiguresIsNoSilence() {
        play(alerts(notification(new Condition.Silence(Duration.ofSeconds(5)), NEVER)), """
                1-3   |      |
                4-20  | !    |
                21    |      |
                22    |      | firing 5
                23-24 | !    |
                25    | 7!   | resolved 5
                """);
    }

    @Test
    void aVolumeFiresOnceAndIsWellAgainInTheNextPeriod() {
        play(alerts(notification(new Condition.Volume(1000, new Period(Period.Unit.HOUR, 1)), NEVER)), """
                1         | 1000 |
                2         |      |
                3         | 1    | firing 1001
                4-10      | 500  |
                11-3599   |      |
                3600      |      | resolved 0
                3601      | 1001 | firing 1001
                3602-7199 | !    |
                7200      | !    | resolved 0
                """);
    }

    @Test
    void countsThatDoNotFitAreTheGreatest() {
        String table = """
                1     | %1$d | firing %1$d
                2     | %1$d |
                3     | %1$d |
                """.formatted(Long.MAX_VALUE);
        play(alerts(rate(1000, 500, 1)), table);
        play(alerts(notification(new Condition.Volume(1000, new Period(Period.Unit.MONTH, 1)), NEVER)), table);
        play(new Alerts(List.of(new Notification("n", new Subject.Everything(), Amount.TOTAL,
                new Condition.Rate(new Threshold(1000), Duration.ofSeconds(3), true), NEVER, true, Delivery.NONE)),
                Set.of(), Layer.PAYLOAD, ZoneOffset.UTC, 0), table);
    }

    @Test
    void aLongGapOfTheMonotonicClockIsTimeLikeAnyOther() {
        Alerts alerts = alerts(rate(1000, 500, 60));
        for (int second = 1; second <= 60; second++) {
            alerts.next(Course.second(second, Course.charge(Course.OWNER, Course.APP, Duration.ofSeconds(1), 2000)));
        }
        assertEquals(1, alerts.inForce().size());

        // Five hours in one interval, in which as much moved a second: neither resolved nor told again.
        Duration gap = Duration.ofHours(5);
        assertEquals(List.of(), alerts.next(Course.snapshot(gap.toNanos(), Course.START.plus(gap), gap, false, List.of(
                Course.charge(Course.OWNER, Course.APP, gap, 2000 * gap.toSeconds())))));
        List<AlertEvent> events = alerts.next(Course.snapshot(2 * gap.toNanos(), Course.START.plus(gap), gap, false,
                List.of(Course.charge(Course.OWNER, Course.APP, Duration.ofSeconds(1), 2000))));
        assertEquals(Alert.State.RESOLVED, events.getFirst().alert().state());
        // 2,000 bytes of the last second in a window of 60.
        assertEquals(33, events.getFirst().alert().value());
    }
}
