package bwmon.aggregator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.aggregator.alert.Alerts;
import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Period;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static bwmon.aggregator.Samples.process;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Volumes over several runs of the program, as a session makes them. */
final class QuotaKeeperTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

    @TempDir
    private Path dir;
    private final List<String> said = new ArrayList<>();

    private static Alerts alerts(Condition condition) {
        return new Alerts(List.of(new Notification("n", new Subject.OfApplication("app"), Amount.TX, condition,
                Duration.ZERO, true, Delivery.NONE)), Set.of("app"), Layer.PAYLOAD, ZoneOffset.UTC, 0);
    }

    /** One run of one interval, in which so many bytes moved; what was told of it. */
    private List<String> run(Condition condition, long second, long bytes) {
        Alerts alerts = alerts(condition);
        var keeper = new QuotaKeeper(alerts, () -> 0, said::add);
        keeper.restore(file());
        var charge = new Charge("m", process(1, "app"), new Application("app", Application.Basis.RULE), SECOND,
                ByteCounts.ofPayload(0, bytes));
        var events = alerts.next(new Snapshot(START.plusSeconds(second), SECOND.toNanos(), SECOND, List.of(charge),
                Balance.of(Map.of(), List.of(), ByteCounts.ZERO, 0), Snapshot.LeftOut.NOTHING, List.of(), List.of()));
        keeper.keep(file(), true);
        return events.stream().map(event -> event.alert().state().label() + " " + event.alert().value()).toList();
    }

    private Path file() {
        return dir.resolve("quotas.json");
    }

    @Test
    void aVolumeGoesOnInTheNextRun() {
        var month = new Condition.Volume(1000, new Period(Period.Unit.MONTH, 1));
        assertEquals(List.of(), run(month, 1, 600));
        assertEquals(List.of("firing 1200"), run(month, 60, 600));
        // In force, and told already.
        assertEquals(List.of(), run(month, 120, 1));
        assertEquals(1201, alertsOf(month).quotas().getFirst().bytes());
        assertEquals(List.of(), said);
    }

    private Alerts alertsOf(Condition condition) {
        Alerts alerts = alerts(condition);
        new QuotaKeeper(alerts, () -> 0, said::add).restore(file());
        return alerts;
    }

    @Test
    void aDamagedFileIsToldOfWhereItWouldBeOfUse() throws IOException {
        Files.writeString(file(), "{");
        alertsOf(new Condition.Rate(new Threshold(1), SECOND, false));
        assertEquals(List.of(), said);
        alertsOf(new Condition.Volume(1000, new Period(Period.Unit.MONTH, 1)));
        assertEquals(1, said.size());
    }
}
