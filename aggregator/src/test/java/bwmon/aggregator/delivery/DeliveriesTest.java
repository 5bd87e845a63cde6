package bwmon.aggregator.delivery;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.usage.Alert;
import bwmon.traffic.Ticker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.delivery.Events.LONG;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** All ways together, with real commands. */
@Timeout(60)
class DeliveriesTest {
    @TempDir
    Path folder = Path.of("");
    private final Logged log = new Logged();

    @AfterEach
    void stopListening() {
        log.close();
    }

    private Deliveries deliveries(Duration grace) {
        return new Deliveries(Ticker.SYSTEM, grace, new Lanes.Bounds(8, 256, 16),
                new Webhook(InstantSource.fixed(AT), () -> 1, LONG, LONG),
                new SystemLog(folder.resolve("journal"), folder.resolve("log"), ZoneOffset.UTC));
    }

    private static AlertEvent event(String label, Alert.State state, String... command) {
        return Events.event(label, "app", state, new Delivery(List.of(command), LONG, null, false));
    }

    @Test
    void aResolvedIsNotRunBesideItsFiring() throws IOException {
        Path out = folder.resolve("out");
        String[] command = {"/bin/sh", "-c",
                "[ $1 = resolved ] || sleep 0.3; echo $1 >> " + out + "; echo $1 done >> " + out, "sh", "{state}"};
        try (Deliveries deliveries = deliveries(LONG)) {
            for (int i = 0; i < 3; i++) {
                deliveries.deliver(event("a", Alert.State.FIRING, command));
                deliveries.deliver(event("a", Alert.State.RESOLVED, command));
            }
        }
        assertEquals("firing\nfiring done\nresolved\nresolved done\n".repeat(3), Files.readString(out));
    }

    @Test
    void eachWayIsCountedByItself() {
        try (Deliveries deliveries = deliveries(LONG)) {
            deliveries.deliver(Events.event("a", "app", Alert.State.FIRING, new Delivery(
                    List.of("/bin/false"), LONG, URI.create("ftp://127.0.0.1/"), true)));
            deliveries.deliver(event("b", Alert.State.FIRING, "/bin/true"));
            deliveries.deliver(Events.event("c", "app", Alert.State.FIRING, Delivery.NONE));
            await().atMost(LONG).until(() -> deliveries.counts(Way.COMMAND).failed() == 1
                    && deliveries.counts(Way.COMMAND).done() == 1 && deliveries.counts(Way.WEBHOOK).failed() == 1
                    && deliveries.counts(Way.SYSTEM_LOG).failed() == 1);
        }
        assertTrue(log.lines().contains("WARN notification a: command failed with exit code 1"),
                log.lines().toString());
        assertTrue(log.lines().contains("INFO notification b: command done"));
        assertEquals(4, log.lines().size(), log.lines().toString());
    }

    @Test
    void whoWaitsForTheEndIsToldForWhat() {
        Deliveries deliveries = deliveries(Duration.ofMillis(700));
        deliveries.deliver(event("a", Alert.State.FIRING, "/bin/sleep", "1000"));
        await().atMost(LONG).until(() -> deliveries.counts(Way.COMMAND).running() == 1);
        deliveries.close();
        assertEquals(List.of("WARN ending; 1 event is yet to be told, which is waited for up to 0.7 s",
                "WARN notification a: command killed: the program ends"), log.lines());
    }

    @Test
    void atTheEndWhatRunsIsKilledAndWhatWaitsIsSaid() {
        Path started = folder.resolve("started");
        Deliveries deliveries = deliveries(Duration.ofMillis(200));
        deliveries.deliver(event("a", Alert.State.FIRING, "/bin/sh", "-c", "touch " + started + "; exec sleep 1000"));
        deliveries.deliver(event("a", Alert.State.RESOLVED, "/bin/touch", started + "-never"));
        await().atMost(LONG).until(() -> Files.exists(started));
        deliveries.close();
        deliveries.close();
        deliveries.deliver(event("a", Alert.State.FIRING, "/bin/true"));

        assertFalse(Files.exists(folder.resolve("started-never")));
        assertEquals(List.of("WARN command: 1 not delivered, the program ends: a",
                "WARN notification a: command killed: the program ends",
                "WARN notification a: command not delivered (firing): the program ends"),
                log.lines());
        assertEquals(0, ProcessHandle.current().children().filter(child -> child.info().commandLine().orElse("")
                .contains("sleep 1000")).count());
    }
}
