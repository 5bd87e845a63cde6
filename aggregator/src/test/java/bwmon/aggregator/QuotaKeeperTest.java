package bwmon.aggregator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

import bwmon.aggregator.alert.Alerts;
import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Period;
import bwmon.aggregator.alert.Quota;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;
import com.google.re2j.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class QuotaKeeperTest {
    private static final Notification TRAFFIC = quota("traffic", new Subject.Everything());
    private static final Notification EACH = quota("each", new Subject.EachApplication(Pattern.compile("curl")));

    @TempDir
    private Path folder = Path.of("");
    private final AtomicLong now = new AtomicLong();
    private final List<String> said = new ArrayList<>();

    private static Notification quota(String label, Subject subject) {
        return new Notification(label, subject, Amount.TOTAL,
                new Condition.Volume(1_000_000, new Period(Period.Unit.DAY, 1)), Duration.ZERO, true, Delivery.NONE);
    }

    private static Alerts alerts(Notification... notifications) {
        return new Alerts(List.of(notifications), Set.of(), Layer.PAYLOAD, ZoneOffset.UTC, 0);
    }

    private Path file() {
        return folder.resolve("state/quotas.json");
    }

    private QuotaKeeper keeper(Alerts alerts) {
        return new QuotaKeeper(alerts, now::get, message -> said.add(message.replace(folder.toString(), "")));
    }

    /** One run of the program, in which curl moves so many bytes; gives what it knew at its end. */
    private List<Long> run(long bytes, Notification... notifications) {
        Alerts alerts = alerts(notifications);
        try (QuotaKeeper keeper = keeper(alerts)) {
            keeper.restore(file());
            alerts.next(Samples.snapshot(1, Samples.charge(Samples.process(7, "curl"), bytes, 0)));
            keeper.keep(file(), true);
        }
        return alerts.quotas().stream().map(Quota::bytes).toList();
    }

    @Test
    void volumesOutliveTheProgram() {
        assertEquals(List.of(100L, 100L), run(100, TRAFFIC, EACH));
        assertEquals(List.of(123L, 123L), run(23, TRAFFIC, EACH));
        assertEquals(List.of(), said);
    }

    @Test
    void quotasThatAReloadBringsAreTakenBackToo() {
        run(100, TRAFFIC);
        Alerts alerts = alerts();
        try (QuotaKeeper keeper = keeper(alerts)) {
            keeper.restore(file());
            alerts.next(Samples.snapshot(1));
            alerts.reload(List.of(TRAFFIC), Set.of(), Layer.PAYLOAD);
            keeper.restore(file());
            alerts.next(Samples.snapshot(2, Samples.charge(Samples.process(7, "curl"), 5, 0)));
        }
        assertEquals(List.of(105L), alerts.quotas().stream().map(Quota::bytes).toList());
    }

    @Test
    void withoutQuotasNothingIsTouched() {
        run(100);
        assertFalse(Files.exists(file().getParent()));
    }

    @Test
    void aDamagedFileIsPutAside() throws IOException {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), "{ \"version\": 2 }");

        assertEquals(List.of(7L), run(7, TRAFFIC));
        assertEquals(List.of("volumes of quotas begin anew: /state/quotas.json is damaged: it is not of version 1;"
                + " it is kept as /state/quotas.json.damaged"), said);
        assertEquals("{ \"version\": 2 }", Files.readString(folder.resolve("state/quotas.json.damaged")));
        assertEquals(List.of(8L), run(1, TRAFFIC));
    }

    @Test
    void ofTwoWithOneFileOneWritesAndTheOtherWhenThatHasEnded() {
        Alerts other = alerts(TRAFFIC);
        try (QuotaKeeper first = keeper(other)) {
            first.restore(file());
            other.next(Samples.snapshot(1, Samples.charge(Samples.process(7, "curl"), 100, 0)));
            first.keep(file(), true);

            // It goes on from what the other knows, and leaves that as it is.
            assertEquals(List.of(103L), run(3, TRAFFIC));
            assertEquals(1, said.size(), said::toString);
            assertTrue(said.getFirst().startsWith("volumes of quotas are not kept for the next start: "),
                    said.getFirst());
        }
        assertEquals(List.of(101L), run(1, TRAFFIC));
    }

    @Test
    void whatCannotBeReadIsNotPutAside() throws IOException {
        Files.createDirectories(file());
        run(1, TRAFFIC);

        assertTrue(said.getFirst().startsWith("volumes of quotas begin anew: /state/quotas.json cannot be read: "),
                said.getFirst());
        assertTrue(Files.isDirectory(file()));
    }

    @Test
    void whatCannotBeWrittenIsSaidOnceAtTheStart() throws IOException {
        Files.writeString(folder.resolve("state"), "a file where a folder should be");
        run(1, TRAFFIC);

        assertEquals(2, said.size(), said::toString);
        assertTrue(said.getFirst().startsWith(
                "volumes of quotas are not kept for the next start: /state/quotas.json cannot be written: "),
                said.getFirst());
    }
}
