package bwmon.aggregator.delivery;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;

import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Period;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;
import bwmon.traffic.Ticker;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.delivery.Events.LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TestNotificationTest {
    private static final Condition RATE = new Condition.Rate(new Threshold(5000), Duration.ofSeconds(60), false);

    @TempDir
    Path folder = Path.of("");
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private static Notification notification(Subject subject, Condition condition, Delivery delivery) {
        return new Notification("label", subject, Amount.TX, condition, Duration.ZERO, true, delivery);
    }

    private boolean run(Delivery delivery) throws InterruptedException {
        var out = new PrintStream(printed, true, StandardCharsets.UTF_8);
        return new TestNotification(new Commands(Ticker.SYSTEM),
                new Webhook(InstantSource.fixed(AT), () -> 1, LONG, LONG),
                new SystemLog(folder.resolve("journal"), folder.resolve("log"), ZoneOffset.UTC), ZoneOffset.UTC, out)
                .run(notification(new Subject.OfApplication("backup"), RATE, delivery), Layer.IP, AT);
    }

    private List<String> lines() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void eachWayIsTriedAndSaid() throws IOException, InterruptedException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        String place = "http://127.0.0.1:" + server.getAddress().getPort();
        try {
            var command = List.of("/bin/echo", "{application}", "{rate}", "{state}", "two words");
            assertTrue(run(new Delivery(command, LONG, URI.create(place + "/secret"), false)));
            assertEquals(List.of("command: '/bin/echo' 'backup' '5500' 'test' 'two words'",
                    "command: done, output: backup 5500 test two words", "webhook: done: " + place + " answered 200"),
                    lines().subList(1, 4));
            assertTrue(lines().getFirst().startsWith("example: 2026-11-21 10:00:01 label (backup): tx "),
                    lines().getFirst());
        } finally {
            server.stop(0);
        }
    }

    @Test
    void oneThatFailsKeepsTheOthersFromNothing() throws InterruptedException {
        assertFalse(
                run(new Delivery(List.of("/bin/sh", "-c", "echo no; exit 3"), LONG, URI.create("http://127.0.0.1:1/"),
                        true)));
        assertEquals("command: failed with exit code 3, output: no", lines().get(2));
        assertTrue(lines().get(3).startsWith("webhook: failed: http://127.0.0.1:1: ConnectException"), lines().get(3));
        assertTrue(lines().get(4).startsWith("system log: failed: no system log here: "), lines().get(4));
    }

    @Test
    void whereThereIsNoWayThatIsSaid() throws InterruptedException {
        assertTrue(run(Delivery.NONE));
        assertEquals("there is neither a command, a webhook nor system-log: such a line on standard error is all",
                lines().getLast());
    }

    private static String figures(Subject subject, Condition condition) {
        Alert alert = TestNotification.example(notification(subject, condition, Delivery.NONE), Layer.IP, AT).alert();
        assertEquals(Alert.State.TEST, alert.state());
        return alert.subject() + " " + alert.measure().label() + " " + alert.value() + " " + alert.limit() + " "
                + alert.over();
    }

    @Test
    void figuresAreALittleAboveTheLimit() {
        assertEquals("backup rate 5500 5000 PT1M", figures(new Subject.OfApplication("backup"), RATE));
        assertEquals("everything rate 2 1 PT1S", figures(new Subject.Everything(),
                new Condition.Rate(new Threshold(1), Duration.ofSeconds(1), false)));
        assertEquals("example volume 9223372036854775807 9223372036854775807 PT24H", figures(
                new Subject.EachOwner(List.of()),
                new Condition.Volume(Long.MAX_VALUE, new Period(Period.Unit.DAY, 1))));
        assertEquals("example silence 330 300 PT5M30S", figures(new Subject.EachOwner(List.of()),
                new Condition.Silence(Duration.ofMinutes(5))));
    }
}
