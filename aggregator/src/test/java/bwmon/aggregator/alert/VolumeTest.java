package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.cli.Rule;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.alert.Course.APP;
import static bwmon.aggregator.alert.Course.OWNER;
import static bwmon.aggregator.alert.Course.charge;
import static bwmon.aggregator.alert.Course.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Quotas: the calendar, clocks that jump, and restarts. */
class VolumeTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private long nanos;
    private Alerts alerts = new Alerts(List.of(), Set.of(), Layer.PAYLOAD, ZoneOffset.UTC, 0);

    private void watch(Period.Unit unit, long above, ZoneId zone) {
        alerts = new Alerts(List.of(quota(Course.SUBJECT, unit, above)), Set.of("app"), Layer.PAYLOAD, zone, nanos);
    }

    private static Notification quota(Subject subject, Period.Unit unit, long above) {
        return new Notification("n", subject, Amount.TX, new Condition.Volume(above, new Period(unit, 1)),
                Duration.ZERO,
                true, Delivery.NONE);
    }

    private List<String> next(String at, Duration interval, Charge... charges) {
        nanos += interval.toNanos();
        return alerts.next(snapshot(nanos, Instant.parse(at), interval, false, List.of(charges))).stream()
                .map(event -> event.alert().state().label() + " " + event.alert().value()).toList();
    }

    private List<String> next(String at, long bytes) {
        return next(at, SECOND, charge(OWNER, APP, SECOND, bytes));
    }

    private List<String> counts() {
        return alerts.quotas().stream().map(quota -> quota.periodStart() + " " + quota.bytes()).toList();
    }

    @Test
    void bytesOfAnIntervalAcrossTheBorderAreSplitByTime() {
        watch(Period.Unit.DAY, 2000, ZoneOffset.UTC);
        next("2026-11-21T23:59:00Z", 500);
        // A quarter of the interval is in the next day.
        assertEquals(List.of(),
                next("2026-11-22T00:00:15Z", Duration.ofMinutes(1), charge(OWNER, APP, Duration.ofMinutes(1), 4001)));
        assertEquals(List.of("2026-11-22T00:00:00Z 1001"), counts());
    }

    @Test
    void whatCrossesTheBorderMayBeTooMuchForTheNextPeriodAtOnce() {
        watch(Period.Unit.DAY, 1000, ZoneOffset.UTC);
        assertEquals(List.of("firing 1001"), next("2026-11-21T23:59:00Z", 1001));
        assertEquals(List.of("resolved 2000"),
                next("2026-11-22T00:00:30Z", Duration.ofMinutes(1), charge(OWNER, APP, Duration.ofMinutes(1), 4000)));
        assertEquals(List.of("firing 2001"), next("2026-11-22T00:00:31Z", 1));
    }

    @Test
    void anIntervalMayBeLongerThanPeriods() {
        watch(Period.Unit.HOUR, 1000, ZoneOffset.UTC);
        next("2026-11-21T10:00:00Z", 0);
        next("2026-11-21T15:30:00Z", SECOND, charge(OWNER, APP, Duration.ofHours(11), 11_000));
        assertEquals(List.of("2026-11-21T15:00:00Z 500"), counts());
    }

    @Test
    void theDayOfAChangeOfClocksIsOneDay() {
        watch(Period.Unit.DAY, 1000, ZoneId.of("Europe/Berlin"));
        next("2026-10-24T22:00:01Z", 400);
        next("2026-10-25T00:30:00Z", 300);
        next("2026-10-25T01:30:00Z", 300);
        assertEquals(List.of("firing 1001"), next("2026-10-25T22:59:59Z", 1));
        assertEquals(List.of("resolved 0"), next("2026-10-25T23:00:00Z", 0));
    }

    @Test
    void aClockThatIsSetBackALittleStaysInThePeriod() {
        watch(Period.Unit.DAY, 1000, ZoneOffset.UTC);
        next("2026-11-22T00:00:05Z", 700);
        next("2026-11-21T23:59:30Z", 200);
        next("2026-11-22T00:00:01Z", 100);
        assertEquals(List.of("2026-11-22T00:00:00Z 1000"), counts());
        assertEquals(List.of("firing 1001"), next("2026-11-22T00:00:02Z", 1));
    }

    @Test
    void aClockThatWasWrongForAWhileLosesNothing() {
        watch(Period.Unit.MONTH, 1000, ZoneOffset.UTC);
        next("2026-11-21T10:00:00Z", 600);
        next("2036-01-01T00:00:00Z", 300);
        assertEquals(List.of("2036-01-01T00:00:00Z 300"), counts());
        next("2026-11-21T10:00:02Z", 100);
        assertEquals(List.of("2026-11-01T00:00:00Z 1000"), counts());

        next("1970-01-01T00:00:00Z", 5);
        assertEquals(List.of("1970-01-01T00:00:00Z 5"), counts());
        assertEquals(List.of("firing 1006"), next("2026-11-21T10:00:03Z", 1));
        // Not counted twice.
        assertEquals(List.of("resolved 7"), next("2026-12-01T00:00:02Z", 7));
    }

    @Test
    void aClockThatWasAheadByMistakeLeavesNothingToTheNextPeriod() {
        watch(Period.Unit.MONTH, 1000, ZoneOffset.UTC);
        next("2026-11-30T23:55:00Z", 900);
        next("2026-12-20T00:00:00Z", 50);
        next("2026-11-30T23:55:02Z", 1);
        assertEquals(List.of("2026-11-01T00:00:00Z 951"), counts());
        assertEquals(List.of(), next("2026-12-01T00:00:00Z", Duration.ofSeconds(298)));
        next("2026-12-01T00:00:01Z", 70);
        assertEquals(List.of("2026-12-01T00:00:00Z 70"), counts());
    }

    @Test
    void aClockThatWasBackByMistakeTakesNothingFromThePeriodBefore() {
        watch(Period.Unit.MONTH, 1000, ZoneOffset.UTC);
        next("2026-11-30T23:59:59Z", 900);
        next("2026-12-01T00:00:00Z", 0);
        next("2026-12-01T00:00:01Z", 100);
        next("2026-11-20T00:00:00Z", 2);
        assertEquals(List.of("2026-11-01T00:00:00Z 902"), counts());
        assertEquals(List.of(), next("2026-12-01T00:00:03Z", 5));
        assertEquals(List.of("2026-12-01T00:00:00Z 107"), counts());
    }

    @Test
    void aQuotaOutlivesTheProgramAndIsNotToldAgain() {
        watch(Period.Unit.MONTH, 1000, ZoneOffset.UTC);
        next("2026-11-21T10:00:00Z", 600);
        assertEquals(List.of("firing 1200"), next("2026-11-21T10:00:01Z", 600));
        List<Quota> kept = alerts.quotas();
        assertEquals(List.of(new Quota("n", "", "app", Amount.TX, Layer.PAYLOAD, Instant.parse("2026-11-01T00:00:00Z"),
                1200, Instant.parse("2026-11-21T09:59:59Z"), Instant.parse("2026-11-21T10:00:01Z"))), kept);

        watch(Period.Unit.MONTH, 1000, ZoneOffset.UTC);
        alerts.restore(kept);
        assertEquals(kept, alerts.quotas());
        assertEquals(List.of(), next("2026-11-22T10:00:00Z", 1));
        assertEquals(List.of("n app 1201"), Course.states(alerts.inForce()));
        assertEquals(Instant.parse("2026-11-21T10:00:01Z"), alerts.inForce().getFirst().since());

        // Ended and begun again in the next month: what was in force is well again, and that is told.
        kept = alerts.quotas();
        watch(Period.Unit.MONTH, 1000, ZoneOffset.UTC);
        alerts.restore(kept);
        assertEquals(List.of("resolved 3"), next("2026-12-05T10:00:00Z", 3));
        assertEquals(List.of(), alerts.inForce());
    }

    @Test
    void whatWasKeptBelowTheThresholdFiresWhenItIsCrossed() {
        watch(Period.Unit.MONTH, 1000, ZoneOffset.UTC);
        next("2026-11-21T10:00:00Z", 600);
        List<Quota> kept = alerts.quotas();
        // Set lower meanwhile: it never fired, so it is told.
        watch(Period.Unit.MONTH, 500, ZoneOffset.UTC);
        alerts.restore(kept);
        assertEquals(List.of("firing 600"), next("2026-11-22T10:00:00Z", 0));
    }

    @Test
    void whatDoesNotFitIsNotTakenBack() {
        var kept = new ArrayList<Quota>();
        Instant start = Instant.parse("2026-11-01T00:00:00Z");
        kept.add(new Quota("other", "", "app", Amount.TX, Layer.PAYLOAD, start, 5, start, null));
        kept.add(new Quota("n", "", "app", Amount.RX, Layer.PAYLOAD, start, 5, start, null));
        kept.add(new Quota("n", "", "app", Amount.TX, Layer.IP, start, 5, start, null));
        kept.add(new Quota("n", "process:1:2", "app", Amount.TX, Layer.PAYLOAD, start, 5, start, null));
        kept.add(new Quota("n", "", "app", Amount.TX, Layer.PAYLOAD, start.plusSeconds(1), 5, start, null));
        watch(Period.Unit.MONTH, 1000, ZoneOffset.UTC);
        alerts.restore(kept);
        assertEquals(List.of(), alerts.quotas());
        next("2026-11-21T10:00:00Z", 1);
        assertEquals(List.of("2026-11-01T00:00:00Z 1"), counts());
    }

    @Test
    void eachProcessHasAQuotaThatOutlivesTheProgram() {
        Notification each = quota(new Subject.EachOwner(List.of(Rule.command("curl"))), Period.Unit.DAY, 1000);
        alerts = new Alerts(List.of(each), Set.of(), Layer.PAYLOAD, ZoneOffset.UTC, nanos);
        Application itself = new Application("curl", Application.Basis.ITSELF);
        next("2026-11-21T10:00:00Z", SECOND, charge(process(1, "curl"), itself, SECOND, 900),
                charge(process(2, "curl"), itself, SECOND, 800));
        List<Quota> kept = alerts.quotas();
        assertEquals(2, kept.size());

        alerts = new Alerts(List.of(each), Set.of(), Layer.PAYLOAD, ZoneOffset.UTC, nanos);
        alerts.restore(kept);
        assertEquals(List.of("firing 1001"),
                next("2026-11-21T10:00:01Z", SECOND, charge(process(1, "curl"), itself, SECOND, 101),
                        charge(process(2, "curl"), itself, SECOND, 200)));
        // The next day both are forgotten: nothing moved.
        assertEquals(List.of("resolved 0"), next("2026-11-22T10:00:01Z", 0));
        assertEquals(List.of(), alerts.quotas());
    }
}
