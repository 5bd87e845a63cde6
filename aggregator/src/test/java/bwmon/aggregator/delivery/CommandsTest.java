package bwmon.aggregator.delivery;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.traffic.Ticker;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static bwmon.aggregator.delivery.Events.LONG;
import static bwmon.aggregator.delivery.Events.command;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Commands as they are: real processes, most of them ill-behaved. */
class CommandsTest {
    @TempDir
    Path directory = Path.of("");
    private final Commands commands = new Commands(Ticker.SYSTEM);

    private Path script(String text) throws IOException {
        Path script = Files.createTempFile(directory, "script", ".sh",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return Files.writeString(script, "#!/bin/sh\n" + text);
    }

    private String run(AlertEvent event) throws InterruptedException {
        return commands.run(event).detail();
    }

    /** What the command got: arguments, its environment's BWMON_ part sorted, standard input; each ends with a NUL. */
    private byte[] got(String application, String... words) throws IOException, InterruptedException {
        Path out = Files.createTempFile(directory, "out", "");
        Path script = script(
                """
                        { printf '%%s\\0' "$@"; grep -z '^BWMON_' /proc/$$/environ | grep -zv '^BWMON_RUN=' | sort -z; cat; } >%s
                        """
                        .formatted(out));
        var all = new ArrayList<String>(List.of(script.toString()));
        all.addAll(List.of(words));
        assertEquals("done", run(command(application, LONG, all.toArray(String[]::new))).replaceFirst(" \\(.*", ""));
        return Files.readAllBytes(out);
    }

    private static String withZeros(String... texts) {
        return String.join("\0", texts) + "\0";
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "-rf", "--", "$(touch hacked)", "`touch hacked`", "; touch hacked", "a\nb\n",
            "\"'\\",
            "{rate}", "%s%n", "", " ", "*", "~", "\u0001\u001b[2J\u007f", "gr\u00fc\u00dfe \ud83d\ude00", "x=y",
            "| cat > hacked &"})
    void hostileWordsReachTheCommandAsData(String hostile) throws IOException, InterruptedException {
        Assumptions.assumeTrue("UTF-8".equals(System.getProperty("sun.jnu.encoding"))
                || hostile.chars().allMatch(c -> c < 0x80), "the locale has no UTF-8");
        byte[] got = got(hostile, "{application}", "{label}", "{rate}", "{value}", "{threshold}", "{direction}",
                "{state}",
                "{measure}", "--app={application}", "{}", "{nothing}", "$HOME;", "* {rate}");

        var expected = new ByteArrayOutputStream();
        expected.writeBytes(withZeros(hostile, "label", "1234", "1234", "1000", "tx", "firing", "rate",
                "--app={application}", "{}", "{nothing}", "$HOME;", "* {rate}").getBytes(StandardCharsets.UTF_8));
        expected.writeBytes(withZeros("BWMON_APPLICATION=" + hostile, "BWMON_DIRECTION=tx", "BWMON_LABEL=label",
                "BWMON_MEASURE=rate", "BWMON_RATE=1234", "BWMON_STATE=firing", "BWMON_THRESHOLD=1000",
                "BWMON_VALUE=1234").getBytes(StandardCharsets.UTF_8));
        expected.writeBytes(("{\"type\":\"alert\",\"schema\":1,\"ts\":\"2026-11-21T10:00:01Z\",\"label\":\"label\","
                + "\"application\":\"" + escaped(hostile) + "\",\"measure\":\"rate\",\"direction\":\"tx\","
                + "\"layer\":\"payload\",\"state\":\"firing\",\"value\":1234,\"threshold\":1000,\"over_s\":60.0,"
                + "\"since\":\"2026-11-21T10:00:01Z\"}\n").getBytes(StandardCharsets.UTF_8));
        assertEquals(expected.toString(StandardCharsets.UTF_8), new String(got, StandardCharsets.UTF_8));
        assertArrayEquals(expected.toByteArray(), got);
        assertFalse(Files.exists(Path.of("hacked")) || Files.exists(directory.resolve("hacked")));
    }

    /** RFC 8259, 7. */
    private static String escaped(String text) {
        return text.chars().mapToObj(c -> switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            default -> c < 0x20 ? "\\u%04X".formatted(c) : String.valueOf((char) c);
        }).collect(Collectors.joining());
    }

    @Test
    void whatNoArgumentCanHoldDoesNotKeepTheCommandFromStarting() throws IOException, InterruptedException {
        String got = new String(got("a\0b\ud800c", "{application}"), StandardCharsets.UTF_8);
        assertTrue(got.startsWith("a?b?c\0BWMON_APPLICATION=a?b?c\0"), got);
        assertTrue(got.contains("\"application\":\"a\\u0000b?c\""), got);
    }

    @Test
    void longValuesAreCutAndThatIsSaid() throws InterruptedException {
        String long2048 = "x".repeat(Message.MAX_TEXT);
        assertEquals("done, output: 2048", run(command(long2048, LONG, "/usr/bin/expr", "length", "{application}")));
        // 128 KiB and more would be E2BIG.
        assertEquals("done, output: 2048 (long values were cut)",
                run(command("x".repeat(300_000), LONG, "/usr/bin/expr", "length", "{application}")));
    }

    @Test
    void oneThatReadsNothingNeverHoldsTheWriter() throws IOException, InterruptedException {
        // Six bytes of JSON each; 300,000 of them would be many times what a pipe holds.
        assertTrue(run(command("\u0001".repeat(300_000), LONG, script("exec sleep 0.05\n").toString()))
                .startsWith("done"));
    }

    @Test
    void oneThatHangsIsKilledWithWhatItStarted() throws IOException, InterruptedException {
        Path pids = Files.createDirectory(directory.resolve("pids"));
        // A child, a grandchild whose parent has ended, a daemon in a session of its own, one that ignores SIGTERM, and
        // one that cleared its environment but still has its parent.
        Path script = script("""
                cd %s
                sh -c 'touch $$; exec sleep 1000' &
                (sh -c 'touch $$; exec sleep 1000' &)
                (setsid sh -c 'touch $$; exec sleep 1000' &)
                sh -c 'trap "" TERM; touch $$; sleep 1000; sleep 1000' &
                env -i sh -c 'touch $$; exec sleep 1000' &
                until [ "$(ls | wc -l)" = 5 ]; do sleep 0.01; done
                echo waiting
                trap '' TERM
                while :; do sleep 1; done
                """.formatted(pids));
        assertEquals("killed: not done after 2.0 s, output: waiting",
                run(command("a", Duration.ofSeconds(2), script.toString())));

        try (var files = Files.list(pids)) {
            List<Long> children = files.map(file -> Long.parseLong(file.getFileName().toString())).toList();
            assertEquals(5, children.size());
            for (long child : children) {
                await().atMost(LONG).until(() -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
            }
        }
    }

    @Test
    void oneThatFloodsIsReadAndTheRestThrownAway() throws IOException, InterruptedException {
        // 4 MB are far more than a pipe holds: unread, the command would wait for ever.
        Path script = script("head -c 4000000 /dev/zero | tr '\\0' x; exit 3\n");
        String detail = run(command("a", LONG, script.toString()));

        assertTrue(detail.startsWith("failed with exit code 3, output: xxx"), detail);
        assertTrue(detail.endsWith("x (and " + (4_000_000 - Commands.MAX_OUTPUT) + " bytes more)"), detail);
        assertTrue(detail.length() < Commands.MAX_OUTPUT + 200);
    }

    @Test
    void oneThatLeavesFloodingProcessesBehindIsDone() throws IOException, InterruptedException {
        Path script = script("trap '' PIPE; for i in 1 2 3 4; do timeout 20 yes & done; sleep 0.3; exit 0\n");
        assertTrue(run(command("a", LONG, script.toString())).startsWith("done"));
    }

    @Test
    void escapeSequencesInTheOutputDoNotReachTheTerminal() throws IOException, InterruptedException {
        Path script = script("printf 'one\\ntwo \\033]0;title\\007\\n'\n");
        assertEquals("done, output: one | two ?]0;title?", run(command("a", LONG, script.toString())));
    }

    @Test
    void oneThatDoesNotExistOrMayNotRunIsSaid() throws IOException, InterruptedException {
        String missing = run(command("a", LONG, directory.resolve("nothing").toString()));
        assertTrue(missing.startsWith("not run: ") && missing.contains("No such file"), missing);
        Path plain = Files.writeString(directory.resolve("plain"), "x");
        assertTrue(run(command("a", LONG, plain.toString())).contains("Permission denied"));
    }

    @Test
    void theEnvironmentIsTheProgramsOwnBesides() throws IOException, InterruptedException {
        Path script = script("echo \"$PATH\"\n");
        assertEquals("done, output: " + System.getenv("PATH"), run(command("a", LONG, script.toString())));
    }

    @Test
    void whenItsThreadIsInterruptedItIsKilled() throws Exception {
        Path started = directory.resolve("started");
        Path script = script("echo $$; touch " + started + "; exec sleep 1000\n");
        try (var threads = Executors.newSingleThreadExecutor()) {
            Future<Outcome> outcome = threads.submit(() -> commands.run(command("a", LONG, script.toString())));
            await().atMost(LONG).until(() -> Files.exists(started));
            threads.shutdownNow();
            String detail = outcome.get().detail();
            assertTrue(detail.startsWith("killed: the program ends, output: "), detail);
            long pid = Long.parseLong(detail.replaceAll(".* ", ""));
            await().atMost(LONG).until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
        }
    }

    private static int descriptors() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return (int) files.count();
        }
    }

    /** Threads by name, but for those that Java keeps a minute after a process has ended, no more than ran at once. */
    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.getName().startsWith("process reaper")).collect(Collectors.toSet());
    }

    @Test
    void badCommandsLeakNeitherDescriptorsNorThreads() throws Exception {
        List<AlertEvent> bad = List.of(command("a", LONG, "/nonexistent"), command("a", LONG, "/etc/passwd"),
                command("a", LONG, "/bin/false"), command("a", LONG, "/bin/true"),
                command("a", LONG, script("exec <&- >&- 2>&-; exit 7\n").toString()),
                command("a", Duration.ofMillis(30), "/bin/sleep", "1000"),
                command("a", Duration.ofMillis(30), script("trap '' TERM; yes\n").toString()),
                command("a", LONG, script("kill -9 $$\n").toString()),
                command("a", LONG, script("(sleep 0.1 &) ; exit 1\n").toString()),
                command("a", LONG, "bad\0word"));
        int descriptors = -1;
        Set<Thread> threads = Set.of();
        try (var pool = Executors.newFixedThreadPool(8)) {
            for (int round = 0; round < 51; round++) {
                for (Future<Outcome> outcome : pool.invokeAll(
                        bad.stream().map(event -> (Callable<Outcome>) () -> commands.run(event)).toList())) {
                    assertInstanceOf(Outcome.class, outcome.get());
                }
                if (round == 0) {
                    descriptors = descriptors();
                    threads = threads();
                }
            }
            Set<Thread> more = threads();
            more.removeAll(threads);
            assertEquals(Set.of(), more);
            int before = descriptors;
            await().atMost(LONG).until(() -> descriptors() <= before);
        }
    }
}
