package bwmon.aggregator.delivery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;
import bwmon.traffic.Ticker;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

import static bwmon.aggregator.Samples.AT;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Commands as they are: real processes, most of them ill-behaved. */
class CommandRunnerTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path directory = Path.of("");
    private final CommandRunner runner = new CommandRunner(Ticker.SYSTEM, 2, 3, Duration.ofMillis(200));
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger().setLevel(Level.INFO);
        logger().setAdditive(false);
        logger().addAppender(log);
    }

    @AfterEach
    void close() {
        runner.close();
        logger().detachAppender(log);
        logger().setAdditive(true);
        logger().setLevel(null);
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(CommandRunner.class);
    }

    private static AlertEvent event(String application, Duration timeLimit, String... command) {
        return new AlertEvent(new Notification("label", new Subject.OfApplication(application), Amount.TX,
                new Condition.Rate(new Threshold(1000), Duration.ofSeconds(60), false), Duration.ZERO, true,
                new Delivery(List.of(command), timeLimit, null, false)),
                new Alert("label", application, Alert.Measure.RATE, Amount.TX, Layer.PAYLOAD, Alert.State.FIRING, 1234,
                        1000, Duration.ofSeconds(60), AT, AT),
                false);
    }

    private Path script(String text) throws IOException {
        Path script = Files.createTempFile(directory, "script", ".sh",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return Files.writeString(script, "#!/bin/sh\n" + text);
    }

    private List<String> messages() {
        return List.copyOf(log.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    private String message() {
        await().atMost(LONG).until(() -> !messages().isEmpty());
        return messages().getFirst();
    }

    @Test
    void hostileWordsReachTheCommandAsData() throws IOException {
        Path out = directory.resolve("out");
        String hostile = "$(touch " + directory + "/hacked); `reboot` \"' -rf {rate} \\ * ~";
        Path script = script("""
                for word; do printf '<%%s>\\n' "$word"; done >>%1$s
                printf '%%s %%s %%s %%s %%s\\n' "$BWMON_APPLICATION" "$BWMON_RATE" "$BWMON_THRESHOLD" \
                  "$BWMON_DIRECTION" "$BWMON_STATE" >>%1$s
                cat >>%1$s
                echo done
                """.formatted(out));
        runner.run(event(hostile, LONG, script.toString(), "{application}", "{rate}", "{threshold}", "{direction}",
                "{state}", "--app={application}", "{}", "$HOME;", "* {rate}"));

        assertEquals("notification label: command done, output: done", message());
        String expected = "<" + hostile + ">\n<1234>\n<1000>\n<tx>\n<firing>\n<--app={application}>\n<{}>\n<$HOME;>\n"
                + "<* {rate}>\n" + hostile + " 1234 1000 tx firing\n";
        String found = Files.readString(out);
        assertEquals(expected, found.substring(0, Math.min(expected.length(), found.length())));
        String json = found.substring(expected.length());
        assertTrue(
                json.startsWith("{\"type\":\"alert\",\"schema\":1,\"ts\":\"2026-11-21T10:00:01Z\",\"label\":\"label\","
                        + "\"application\":\"$(touch "),
                json);
        assertTrue(json.endsWith("\"direction\":\"tx\",\"state\":\"firing\",\"rate\":1234,\"threshold\":1000,"
                + "\"average_over_s\":60.0}\n"), json);
        assertFalse(Files.exists(directory.resolve("hacked")));
    }

    @Test
    void oneThatHangsIsKilledWithWhatItStarted() throws IOException {
        Path pid = directory.resolve("pid");
        Path script = script(
                "sleep 1000 & echo $! > " + pid + ".new; mv " + pid + ".new " + pid + "; echo waiting; wait\n");
        runner.run(event("a", Duration.ofSeconds(2), script.toString()));

        assertEquals("notification label: command killed: not done after 2.0 s, output: waiting", message());
        long child = Long.parseLong(Files.readString(pid).strip());
        await().atMost(LONG).until(() -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
    }

    @Test
    void oneThatFloodsIsReadAndTheRestThrownAway() throws IOException {
        // 4 MB are far more than a pipe holds: unread, the command would wait for ever.
        Path script = script("head -c 4000000 /dev/zero | tr '\\0' x; exit 3\n");
        runner.run(event("a", LONG, script.toString()));

        String message = message();
        assertTrue(message.startsWith("notification label: command failed with exit code 3, output: xxx"), message);
        assertTrue(message.endsWith("x (and " + (4_000_000 - CommandRunner.MAX_OUTPUT) + " bytes more)"), message);
        assertTrue(message.length() < CommandRunner.MAX_OUTPUT + 200);
    }

    @Test
    void oneThatLeavesAFloodingProcessBehindIsDone() throws IOException {
        Path script = script("(trap '' PIPE; exec timeout 20 yes) & exit 0\n");
        runner.run(event("a", LONG, script.toString()));

        assertTrue(message().startsWith("notification label: command done"), message());
    }

    @Test
    void escapeSequencesInTheOutputDoNotReachTheTerminal() throws IOException {
        Path script = script("printf 'one\\ntwo \\033]0;title\\007\\n'\n");
        runner.run(event("a", LONG, script.toString()));

        assertEquals("notification label: command done, output: one | two ?]0;title?", message());
    }

    @Test
    void oneThatDoesNotExistOrMayNotRunIsSaid() throws IOException {
        runner.run(event("a", LONG, directory.resolve("nothing").toString()));
        assertTrue(message().startsWith("notification label: command not run: "), message());
        assertTrue(message().contains("No such file"), message());

        log.list.clear();
        runner.run(event("a", LONG, Files.writeString(directory.resolve("plain"), "x").toString()));
        assertTrue(message().contains("Permission denied"), message());
    }

    @Test
    void oneThatReadsNothingAndEndsAtOnceIsDone() throws IOException {
        runner.run(event("a", LONG, "/bin/true"));

        assertEquals("notification label: command done", message());
    }

    @Test
    void withoutACommandNothingHappens() {
        assertTrue(runner.run(event("a", LONG)));
    }

    @Test
    void noMoreThanSoManyRunAndWaitAndNoCallWaits() throws IOException {
        Path started = Files.createDirectory(directory.resolve("started"));
        Path script = script("touch " + started + "/$$; exec sleep 1000\n");
        var accepted = new ArrayList<Boolean>();
        long before = System.nanoTime();
        for (int i = 0; i < 10; i++) {
            accepted.add(runner.run(event("a", LONG, script.toString())));
        }
        long took = System.nanoTime() - before;

        assertEquals(List.of(true, true, true, true, true, false, false, false, false, false), accepted);
        assertTrue(took < 1_000_000_000L, took + " ns for ten calls");
        await().atMost(LONG).until(() -> count(started) == 2);
        runner.close();
        assertEquals(2, count(started));
        assertTrue(messages().contains("3 commands not run: the program ends"), messages().toString());
        assertFalse(runner.run(event("a", LONG, "/bin/true")));
    }

    private static long count(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.count();
        }
    }
}
