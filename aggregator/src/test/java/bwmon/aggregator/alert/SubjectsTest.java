package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.cli.Rule;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.SECOND;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.alert.Course.charge;
import static bwmon.aggregator.alert.Course.second;
import static org.junit.jupiter.api.Assertions.assertEquals;

class SubjectsTest {
    private static final Application WEB = new Application("web", Basis.RULE);
    private static final Owner NOBODY = new Owner.Unattributed(Owner.Cause.EXITED);

    private static Alerts alerts(Subject subject, Condition condition) {
        return new Alerts(List.of(new Notification("n", subject, Amount.TX, condition, Duration.ZERO, true,
                Delivery.NONE)), Set.of("web"), Layer.PAYLOAD, ZoneOffset.UTC, 0);
    }

    private static Alerts alerts(Subject subject) {
        return alerts(subject, new Condition.Rate(new Threshold(100), SECOND, false));
    }

    private static Charge itself(Owner owner, long tx) {
        return charge(owner, new Application(owner.command(), Basis.ITSELF), SECOND, tx);
    }

    private static List<String> told(Alerts alerts, long second, Charge... charges) {
        return alerts.next(second(second, charges)).stream().map(
                event -> event.alert().subject() + " " + event.alert().state().label() + " " + event.alert().value())
                .toList();
    }

    @Test
    void everythingIsAllThatMoved() {
        Alerts alerts = alerts(new Subject.Everything());
        assertEquals(List.of(),
                told(alerts, 1, charge(process(1, "nginx"), WEB, SECOND, 40), itself(NOBODY, 30),
                        itself(process(2, "curl"), 30)));
        assertEquals(List.of("everything firing 101"),
                told(alerts, 2, charge(process(1, "nginx"), WEB, SECOND, 40), itself(NOBODY, 31),
                        charge(process(2, "curl"), Application.OTHERS, SECOND, 30)));
    }

    @Test
    void everythingHasChargesOfManyIntervals() {
        Alerts alerts = alerts(new Subject.Everything(), new Condition.Volume(14, new Period(Period.Unit.DAY, 1)));
        var charges = new ArrayList<Charge>();
        for (int i = 1; i <= 5; i++) {
            charges.add(charge(NOBODY, WEB, Duration.ofMillis(i), i));
        }
        assertEquals(List.of("everything firing 15"), told(alerts, 1, charges.toArray(Charge[]::new)));
    }

    @Test
    void aNameOfTheConfigurationIsThatApplicationAlone() {
        Alerts alerts = alerts(new Subject.OfApplication("web"));
        assertEquals(List.of(), told(alerts, 1, itself(process(1, "web"), 500),
                charge(process(2, "web"), new Application("web", Basis.EXECUTABLE), SECOND, 500)));
        assertEquals(List.of("web firing 120"), told(alerts, 2, charge(process(3, "nginx"), WEB, SECOND, 60),
                charge(process(4, "nginx"), WEB, SECOND, 60)));
    }

    @Test
    void anyOtherNameIsWhateverBearsIt() {
        Alerts alerts = alerts(new Subject.OfApplication("curl"));
        assertEquals(List.of("curl firing 150"),
                told(alerts, 1,
                        charge(process(1, "/bin/curl x"), new Application("curl", Basis.EXECUTABLE), SECOND, 50),
                        itself(process(2, "curl"), 50), charge(process(3, "curl"), Application.OTHERS, SECOND, 50),
                        charge(process(4, "wget"), Application.OTHERS, SECOND, 500)));
    }

    @Test
    void eachProcessThatMatchesIsWatchedByItself() {
        Alerts alerts = alerts(new Subject.EachOwner(List.of(Rule.command("^curl"), new Rule.User("root"))));
        assertEquals(List.of("curl a firing 101", "curl a firing 102"),
                told(alerts, 1, itself(process(1, "curl a"), 101), itself(process(2, "curl a"), 102),
                        itself(process(3, "curl b"), 100), itself(process(4, "wget"), 500),
                        itself(new Owner.Pipe("curl", "curl"), 500), itself(NOBODY, 500)));
        // In whichever application: what a process moved is one figure.
        assertEquals(List.of("curl a resolved 0", "curl b firing 120"),
                told(alerts, 2, itself(process(1, "curl a"), 200),
                        charge(process(3, "curl b"), WEB, SECOND, 60), itself(process(3, "curl b"), 60)));
    }

    @Test
    void aProcessIsTheSameWithAnotherCommandLineAndAnotherWithItsNumber() {
        Alerts alerts = alerts(new Subject.EachOwner(List.of(Rule.command("x"))),
                new Condition.Rate(new Threshold(100), Duration.ofSeconds(2), false));
        told(alerts, 1, itself(process(1, "sh x"), 150));
        assertEquals(List.of("sh x firing 125"), told(alerts, 2, itself(process(1, "exec x"), 100)));

        var successor = new Owner.Process(new Owner.ProcessId(1, 999), "sh", "sh x", "root", "/", null, null);
        assertEquals(List.of("sh x resolved 50", "sh x firing 250"), told(alerts, 3, itself(successor, 500)));
    }

    @Test
    void eachApplicationIsSearchedByNameAndWhatStandsForItselfByCommandLine() {
        Alerts alerts = alerts(new Subject.EachApplication(Rule.pattern("we|curl|exited|others")));
        assertEquals(List.of("web firing 120", "curl a firing 200", "curl b firing 300"), told(alerts, 1,
                charge(process(1, "nginx"), WEB, SECOND, 60), charge(process(2, "httpd"), WEB, SECOND, 60),
                itself(process(3, "curl a"), 200), charge(process(4, "curl b"), Application.OTHERS, SECOND, 300),
                itself(process(5, "sh"), 900),
                charge(process(6, "curl"), new Application("x", Basis.UNIT), SECOND, 900),
                itself(NOBODY, 900), charge(new Owner.Others(), Application.OTHERS, SECOND, 900)));
    }

    @Test
    void applicationsOfOneNameAndDifferentBasisAreTwo() {
        Alerts alerts = alerts(new Subject.EachApplication(Rule.pattern("web")));
        assertEquals(List.of(), told(alerts, 1, charge(process(1, "nginx"), WEB, SECOND, 60),
                charge(process(2, "web"), new Application("web", Basis.EXECUTABLE), SECOND, 60)));
    }

    @Test
    void whatBeginsLaterWasSilentBefore() {
        Alerts alerts = alerts(new Subject.EachOwner(List.of(Rule.command("curl"))),
                new Condition.Rate(new Threshold(100), Duration.ofSeconds(10), false));
        for (int second = 1; second <= 20; second++) {
            told(alerts, second);
        }
        assertEquals(List.of(), told(alerts, 21, itself(process(1, "curl"), 999)));
        assertEquals(List.of("curl firing 199"), told(alerts, 22, itself(process(1, "curl"), 999)));
        // It has ended: resolved by the average, then forgotten.
        var told = new ArrayList<String>();
        for (int second = 23; second <= 40; second++) {
            told.addAll(told(alerts, second));
        }
        assertEquals(List.of("curl resolved 99"), told);
        assertEquals(List.of(), alerts.inForce());
    }

    @Test
    void theNumberWatchedByThemselvesIsBoundedAndTheRestIsCounted() {
        Alerts alerts = alerts(new Subject.EachOwner(List.of(Rule.command("curl"))));
        var charges = new ArrayList<Charge>();
        for (int pid = 1; pid <= Lookout.MAX_EACH + 10; pid++) {
            charges.add(itself(process(pid, "curl"), 500));
        }
        assertEquals(Lookout.MAX_EACH, told(alerts, 1, charges.toArray(Charge[]::new)).size());
        assertEquals(10, alerts.unwatched());
        assertEquals(List.of(), told(alerts, 2, charges.toArray(Charge[]::new)));
        assertEquals(10, alerts.unwatched());

        // The first hundred are gone: resolved, forgotten a pass later, and there is room.
        Charge[] rest = charges.subList(100, charges.size()).toArray(Charge[]::new);
        assertEquals(100, told(alerts, 3, rest).size());
        assertEquals(10, told(alerts, 4, rest).size());
        assertEquals(0, alerts.unwatched());
    }

    @Test
    void thereIsABoundOverAllNotifications() {
        var notifications = new ArrayList<Notification>();
        for (int i = 0; i < 5; i++) {
            notifications.add(new Notification("n" + i, new Subject.EachOwner(List.of(Rule.command("curl"))), Amount.TX,
                    new Condition.Rate(new Threshold(100), SECOND, false), Duration.ZERO, true, Delivery.NONE));
        }
        var alerts = new Alerts(notifications, Set.of(), Layer.PAYLOAD, ZoneOffset.UTC, 0);
        var charges = new ArrayList<Charge>();
        for (int pid = 1; pid <= 500; pid++) {
            charges.add(itself(process(pid, "curl"), 500));
        }
        assertEquals(Capacity.MAX, alerts.next(second(1, charges.toArray(Charge[]::new))).size());
        assertEquals(2500 - Capacity.MAX, alerts.unwatched());
        // A notification that goes gives its part to the others.
        int dropped = alerts.reload(notifications.subList(1, 5), Set.of(), Layer.PAYLOAD).size();
        assertEquals(2000 - (Capacity.MAX - dropped), alerts.next(second(2, charges.toArray(Charge[]::new))).size());
        assertEquals(0, alerts.unwatched());
    }

    @Test
    void aProcessThatIsSilentForADayIsTakenForEnded() {
        Alerts alerts = alerts(new Subject.EachOwner(List.of(Rule.command("curl"))),
                new Condition.Silence(Duration.ofHours(1)));
        told(alerts, 1, itself(process(1, "curl"), 5));
        assertEquals(List.of("curl firing 3600"), told(alerts, 3601));
        assertEquals(List.of(), told(alerts, 3600 * 24));
        assertEquals(List.of("curl resolved 90000"), told(alerts, 3600 * 25 + 1));
        assertEquals(List.of(), alerts.inForce());
    }

    @Test
    void alertsInForceAreOrderedByTheirBeginningAndHaveTheirPresentFigures() {
        Alerts alerts = alerts(new Subject.EachOwner(List.of(Rule.command("curl"))));
        told(alerts, 1, itself(process(1, "curl a"), 50), itself(process(2, "curl b"), 500));
        told(alerts, 2, itself(process(1, "curl a"), 600), itself(process(2, "curl b"), 700));

        List<Alert> inForce = alerts.inForce();
        assertEquals(List.of("n curl b 700", "n curl a 600"), Course.states(inForce));
        Instant at = Course.START.plusSeconds(2);
        assertEquals(
                new Alert("n", "curl b", Alert.Measure.RATE, Amount.TX, Layer.PAYLOAD, Alert.State.FIRING, 700, 100,
                        SECOND, Course.START.plusSeconds(1), at),
                inForce.getFirst());
    }

    @Test
    void anEndlessCommandLineIsCut() {
        Alerts alerts = alerts(new Subject.EachOwner(List.of(Rule.command("curl"))));
        String command = "curl " + "x".repeat(Targets.MAX_NAME - 6) + "\ud83d\ude00".repeat(500);
        String name = alerts.next(second(1, itself(process(1, command), 500))).getFirst().alert().subject();
        assertEquals(command.substring(0, Targets.MAX_NAME - 1), name);
    }
}
