package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;

import static bwmon.aggregator.Samples.process;
import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Alerts over time, as tables. A line is one snapshot of a second, or several equal ones:
 *
 * <pre>
 * 4-10 | 1200 | firing 1200
 * </pre>
 *
 * <p>says that in the seconds 4 to 10 the application {@code app} transmitted 1200 bytes each, and that after each of them
 * the event was told. {@code ?} for the bytes: they are unknown; {@code !} after them: a source fails.
 */
final class Course {
    static final Instant START = Instant.parse("2026-11-21T10:00:00Z");
    static final Application APP = new Application("app", Application.Basis.RULE);
    static final Owner.Process OWNER = process(1, "app");
    static final Subject SUBJECT = new Subject.OfApplication("app");

    private Course() {}

    static Notification notification(Condition condition, Duration repeatEvery) {
        return new Notification("n", SUBJECT, Amount.TX, condition, repeatEvery, true, Delivery.NONE);
    }

    static Charge charge(Owner owner, Application application, Duration interval, long tx) {
        return new Charge("m", owner, application, interval, ByteCounts.ofPayload(0, tx));
    }

    static Snapshot snapshot(long nanos, Instant at, Duration interval, boolean isFailing, List<Charge> charges) {
        return new Snapshot(at, nanos, interval, charges, Balance.of(Map.of(), List.of(), ByteCounts.ZERO, 0),
                Snapshot.LeftOut.NOTHING,
                isFailing ? List.of(new Snapshot.SourceFailure("m", "fails", 1)) : List.of(), List.of());
    }

    /** One second that ends at that monotonic second. */
    static Snapshot second(long second, Charge... charges) {
        return snapshot(second * 1_000_000_000L, START.plusSeconds(second), Duration.ofSeconds(1), false,
                List.of(charges));
    }

    /** Plays the table, and asserts that what is told is what it says. */
    static void play(Alerts alerts, String table) {
        play(alerts, table, event -> (event.isRepeated() ? "again " : "") + event.alert().state().label() + " "
                + event.alert().value());
    }

    static void play(Alerts alerts, String table, Function<AlertEvent, String> text) {
        var expected = new ArrayList<String>();
        var found = new ArrayList<String>();
        for (String line : table.strip().split("\n")) {
            String[] columns = line.split("\\|", -1);
            String[] seconds = columns[0].strip().split("-");
            String bytes = columns[1].strip();
            for (int second = Integer.parseInt(seconds[0]); second <= Integer
                    .parseInt(seconds[seconds.length - 1]); second++) {
                expected.add(second + ": " + columns[2].strip());
                found.add(second + ": " + String.join(", ",
                        alerts.next(row(second, bytes)).stream().map(text).toList()));
            }
        }
        assertEquals(String.join("\n", expected), String.join("\n", found));
    }

    private static Snapshot row(int second, String bytes) {
        boolean isFailing = bytes.endsWith("!");
        String figure = bytes.replace("!", "").strip();
        Duration interval = Duration.ofSeconds(1);
        List<Charge> charges = figure.isEmpty()
                ? List.of()
                : List.of(figure.equals("?")
                        ? new Charge("m", OWNER, APP, interval, ByteCounts.ofIp(9999, 9999, 9, 9))
                        : charge(OWNER, APP, interval, Long.parseLong(figure)));
        return snapshot(second * 1_000_000_000L, START.plusSeconds(second), interval, isFailing, charges);
    }

    static List<String> states(List<Alert> alerts) {
        return alerts.stream().map(alert -> alert.label() + " " + alert.subject() + " " + alert.value()).toList();
    }

    static Alerts alerts(Notification... notifications) {
        return new Alerts(List.of(notifications), Set.of("app"), Layer.PAYLOAD, ZoneOffset.UTC, 0);
    }
}
