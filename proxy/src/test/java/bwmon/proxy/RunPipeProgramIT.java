package bwmon.proxy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.typesafe.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** {@code runpipe} at the command line: exit codes, messages, output. */
@Timeout(60)
class RunPipeProgramIT {
    @TempDir
    private Path folder = Path.of("");

    private final int port = RunPipeProcess.freePort();

    /** Expects a program that ends by itself, with one line of error, and gives that line. */
    private String refusal(int exitCode, String... arguments) throws IOException, InterruptedException {
        return refusalBehind(List.of(), exitCode, arguments);
    }

    private String refusalBehind(List<String> prefix, int exitCode, String... arguments)
            throws IOException, InterruptedException {
        try (var runpipe = RunPipeProcess.startBehind(folder, prefix, arguments)) {
            assertEquals(exitCode, runpipe.exitCode(), runpipe::errText);
            assertEquals("", runpipe.out());
            assertFalse(runpipe.err().contains("\tat "), runpipe::errText);
            String line = runpipe.err().lines().findFirst().orElse("");
            assertTrue(line.startsWith("runpipe: "), runpipe::errText);
            return line;
        }
    }

    @Test
    void aPortInUseNamesTheWayToFindOutByWhom() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int number = taken.getLocalPort();
            assertEquals("runpipe: pipe-" + number + ":127.0.0.1:9: cannot listen on 127.0.0.1:" + number
                    + ": address already in use; another pipe or program listens there: ss -ltnp 'sport = :" + number
                    + "' shows which", refusal(1, Integer.toString(number), "127.0.0.1:9"));
        }
    }

    @Test
    void aNameThatDoesNotResolve() throws Exception {
        assertTrue(refusal(69, Integer.toString(port), "no-such-host.invalid", "80")
                .contains("the name 'no-such-host.invalid' does not resolve"));
    }

    @Test
    void anAddressThatIsNotOfThisHost() throws Exception {
        assertTrue(refusal(69, "--bind=192.0.2.1", Integer.toString(port), "127.0.0.1:9")
                .contains("this host has no such address"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"70000 h:1 | '70000' is no port", "0 h:1 | '0' is no port",
            "80 h 65536 | '65536' is no port", "80 | expected PORT HOST", "'' | expected PORT HOST",
            "--bind=nonsense 80 h:1 | 'nonsense' is no IP address", "--limit=10 80 h:1 | '10'",
            "--limit=0B/s 80 h:1 | lets nothing through", "--max-connections=0 80 h:1 | --max-connections",
            "--max-connections=x 80 h:1 | --max-connections", "--connect-timeout=0 80 h:1 | --connect-timeout",
            "--connect-timeout=-1 80 h:1 | --connect-timeout", "--idle-timeout=x 80 h:1 | --idle-timeout",
            "--send-proxy=v3 80 h:1 | 'v3' is no version of the PROXY protocol", "--interval=0 80 h:1 | --interval",
            "--drain=-1 80 h:1 | --drain", "--threads=-1 80 h:1 | --threads: expected 0 to 1024, not -1",
            "--threads=1025 80 h:1 | --threads: expected 0 to 1024, not 1025", "--threads=x 80 h:1 | --threads",
            "--no-such-option 80 h:1 | --no-such-option", "80 h 80 80 | '80'",
            "--config=x.conf 80 h:1 | --config says all", "--bind=127.0.0.1 unix:/x h:1 | leave out bind",
            "80 unix:/x 80 | 'unix:/x' is no host"})
    void wrongCommandLines(String arguments, String expected) throws Exception {
        String line = refusal(2, arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertTrue(line.contains(expected), line);
    }

    @Test
    void aBrokenConfigurationStartsNothing() throws Exception {
        Path file = Files.writeString(folder.resolve("pipes.conf"), """
                pipes {
                  good { listen = %d, to = "127.0.0.1:9" }
                  bad { listen = 99999, to = "127.0.0.1:9" }
                }
                """.formatted(port));
        assertEquals("runpipe: " + file + ":3: pipes.bad.listen: '99999' is no port: expected a number from 1 to 65535"
                + " or unix:/path", refusal(78, "--config=" + file));
        assertTrue(refusal(78, "--config=" + folder.resolve("none.conf")).contains("no such file"));
    }

    @Test
    void twoPipesOnOnePortStartNeither() throws Exception {
        Path file = Files.writeString(folder.resolve("pipes.conf"), """
                pipes {
                  one { listen = %d, to = "127.0.0.1:9" }
                  two { listen = %d, to = "127.0.0.1:9" }
                }
                """.formatted(port, port));
        String line = refusal(1, "--config=" + file);
        assertTrue(line.contains("two: cannot listen on 127.0.0.1:" + port + ": address already in use"), line);
    }

    @Test
    void whatFailsLateUndoesWhatWasDoneBefore() throws Exception {
        Path socket = folder.resolve("good.sock");
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path file = Files.writeString(folder.resolve("pipes.conf"), """
                    pipes {
                      good { listen = "unix:%s", to = "127.0.0.1:9" }
                      bad { listen = %d, to = "127.0.0.1:9" }
                    }
                    """.formatted(socket, taken.getLocalPort()));
            refusal(1, "--config=" + file);
            assertFalse(Files.exists(socket));
        }
    }

    @Test
    void anAccessLogThatCannotBeWritten() throws Exception {
        assertTrue(refusal(1, "--access-log=" + folder, Integer.toString(port), "127.0.0.1:9")
                .contains("is a directory"));
    }

    @Test
    void lowPortsNeedACapability() throws Exception {
        // A network namespace of its own, because containers' often let everybody listen on low ports; and still root, to
        // be allowed to read this test's class path.
        List<String> unprivileged = List.of("unshare", "-n", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh",
                "setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service");
        var probe = new ArrayList<>(unprivileged);
        probe.add("true");
        assumeTrue(new ProcessBuilder(probe).start().waitFor() == 0, "needs root, unshare and setpriv");
        String line = refusalBehind(unprivileged, 77, "81", "127.0.0.1:9");
        assertTrue(line.contains("permission denied") && line.contains("CAP_NET_BIND_SERVICE"), line);
    }

    @Test
    void jsonLinesAddUpToTheTotals() throws Exception {
        Path log = folder.resolve("access.log");
        try (var upstream = Upstream.echo();
                var runpipe = RunPipeProcess.start(folder, "--json", "--interval=0.05", "--access-log=" + log,
                        Integer.toString(port), "127.0.0.1", Integer.toString(upstream.port())).awaitListening()) {
            long bytes = 0;
            for (int i = 1; i <= 100; i++) {
                try (Socket client = RunPipeProcess.connect(port)) {
                    client.getOutputStream().write(new byte[i * 1000]);
                    client.shutdownOutput();
                    assertEquals(i * 1000, client.getInputStream().readAllBytes().length);
                    bytes += i * 1000L;
                }
            }
            Config totals = runpipe.totals();
            assertEquals(bytes, totals.getLong("tx_payload_bytes_total"));
            assertEquals(bytes, totals.getLong("rx_payload_bytes_total"));
            assertEquals(bytes, totals.getLong("client_read_bytes_total"));
            assertEquals(bytes, totals.getLong("upstream_read_bytes_total"));
            assertEquals(100, totals.getLong("ended_total.closed"));
            List<Config> usages = Json.lines(runpipe.out()).stream()
                    .filter(line -> line.getString("type").equals("usage")).toList();
            assertEquals(bytes, sum(usages, "tx_payload_bytes"));
            assertEquals(bytes, sum(usages, "rx_payload_bytes"));
            for (Config usage : usages) {
                assertEquals("pipe", usage.getString("owner"));
                assertTrue(usage.getIsNull("rx_bytes"), "a pipe does not know of headers");
            }
            assertEquals(bytes, sum(Json.lines(log), "tx_payload_bytes"));
            assertEquals(bytes, sum(Json.lines(log), "rx_payload_bytes"));
        }
    }

    private static long sum(List<Config> lines, String field) {
        return lines.stream().mapToLong(line -> line.getLong(field)).sum();
    }

    @Test
    void aReaderThatHasEnoughEndsItQuietly() throws Exception {
        // The shell's own status is that of runpipe, not of head.
        var command = new ArrayList<>(List.of("bash", "-c", "set -o pipefail; \"$@\" | head -1", "bash"));
        command.addAll(RunPipeProcess.command());
        command.addAll(List.of("--json", "--interval=0.05", Integer.toString(port), "127.0.0.1:9"));
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
        String out = process.inputReader().readAllAsString();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), () -> "said: " + out);
        assertEquals(1, out.lines().count());
        assertEquals("usage", Json.parse(out).getString("type"));
        List<String> said = Files.readAllLines(err).stream().filter(line -> !line.startsWith("SLF4J")).toList();
        assertEquals(1, said.size(), said::toString);
        assertTrue(said.getFirst().startsWith("runpipe: listening on "), said::toString);
    }

    @Test
    void quietSaysNothing() throws Exception {
        try (var upstream = Upstream.echo();
                var runpipe = RunPipeProcess.start(folder, "--quiet", "--interval=0.05", Integer.toString(port),
                        "127.0.0.1", Integer.toString(upstream.port()))) {
            await().atMost(Duration.ofSeconds(30)).ignoreException(ConnectException.class).until(() -> {
                try (Socket client = RunPipeProcess.connect(port)) {
                    client.getOutputStream().write(1);
                    return client.getInputStream().read() == 1;
                }
            });
            runpipe.signal("TERM");
            assertEquals(0, runpipe.exitCode());
            assertEquals("", runpipe.out());
            assertEquals(List.of(), runpipe.err().lines().filter(line -> !line.startsWith("SLF4J")).toList());
        }
    }

    @Test
    void textNamesFailuresAndTheTotals() throws Exception {
        try (var runpipe = RunPipeProcess.start(folder, "--interval=0.1", Integer.toString(port), "127.0.0.1",
                Integer.toString(RunPipeProcess.freePort())).awaitListening()) {
            for (int i = 0; i < 3; i++) {
                try (Socket client = new Socket()) {
                    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                }
            }
            await().until(() -> runpipe.out().contains("errors: 3 connect-refused"));
            runpipe.signal("TERM");
            assertEquals(0, runpipe.exitCode());
            String last = runpipe.out().lines().reduce((_, line) -> line).orElse("");
            assertTrue(last.endsWith(": 3 connections, 0 bytes up, 0 bytes down, errors: 3 connect-refused"), last);
        }
    }
}
