package bwmon.aggregator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The program as a user runs it, in a network namespace of its own: iperf3 through a pipe and beside it, a notification with
 * a script that records what it is told, and configurations that change while all that goes on.
 */
@Timeout(120)
class EndToEndIT {
    private static final Duration LONG = Duration.ofSeconds(40);
    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final int PIPE = 5202;
    private static final int BEHIND = 5201;
    private static final int BESIDE = 5203;

    @TempDir
    private Path directory = Path.of("");
    private final String namespace = "bwagg" + ProcessHandle.current().pid();
    private final List<Process> started = new ArrayList<>();
    private Path told = Path.of("");
    private Path configuration = Path.of("");
    private Path output = Path.of("");

    @BeforeEach
    void makeNamespace() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "network namespaces need root");
        told = directory.resolve("told");
        configuration = directory.resolve("bwmon.conf");
        output = directory.resolve("output");
        assertEquals(0, run("ip", "netns", "add", namespace));
        assertEquals(0, run("ip", "-n", namespace, "link", "set", "lo", "up"));
    }

    @AfterEach
    void removeNamespace() throws Exception {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            process.waitFor();
        }
        run("ip", "netns", "delete", namespace);
    }

    private static int run(String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words).inheritIO().start();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        return process.exitValue();
    }

    private Process inside(Path to, String... words) throws IOException {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(List.of(words));
        Process process = new ProcessBuilder(all).redirectErrorStream(false).redirectOutput(to.toFile())
                .redirectError(directory.resolve(to.getFileName() + ".err").toFile()).start();
        started.add(process);
        return process;
    }

    private Process server(int port) throws IOException {
        return inside(directory.resolve("server" + port), "iperf3", "-s", "-p", Integer.toString(port));
    }

    private Process client(String name, int port, String... more) throws IOException {
        var words = new ArrayList<>(List.of("iperf3", "-J", "-c", "127.0.0.1", "-p", Integer.toString(port)));
        words.addAll(List.of(more));
        return inside(directory.resolve(name), words.toArray(String[]::new));
    }

    private Process program() throws IOException {
        return inside(output, JAVA, "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp",
                System.getProperty("java.class.path"), "bwmon.aggregator.RunAggregator", "--json", "--interval=0.5",
                "--config=" + configuration);
    }

    private void configure(String above) throws IOException {
        Path script = directory.resolve("record");
        if (!Files.exists(script)) {
            Files.writeString(script,
                    """
                            #!/bin/sh
                            # One line for each time it was told: its words, its environment, its input.
                            { printf '%%s ' "$@"; printf '%%s ' "$BWMON_APPLICATION" "$BWMON_STATE" "$BWMON_THRESHOLD"; cat; } >> '%s'
                            """
                            .formatted(told));
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Path next = directory.resolve("next.conf");
        Files.writeString(next, """
                state-file = "%s/quotas.json"
                sources { host { type = monitor }
                          mirror { type = pipe, listen = %d, to = "127.0.0.1:%d" } }
                applications { piped { match = [{ command = "iperf3.* -p %d" }] }
                               direct { match = [{ command = "iperf3.* -c .* -p %d" }] } }
                notifications { fast { application = piped, direction = tx, above = %s, average-over = 2s
                                       command = ["%s", "{application}", "{direction}"] } }
                """.formatted(directory, PIPE, BEHIND, PIPE, BESIDE, above, script));
        Files.move(next, configuration, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private List<Config> lines(String type) throws IOException {
        if (!Files.exists(output)) {
            return List.of();
        }
        String text = Files.readString(output);
        try (Stream<String> lines = text.substring(0, text.lastIndexOf('\n') + 1).lines()) {
            return lines.map(ConfigFactory::parseString).filter(line -> line.getString("type").equals(type)).toList();
        }
    }

    private static long number(Config line, String field) {
        return line.getIsNull(field) ? 0 : line.getLong(field);
    }

    private long sum(String application, String field) throws IOException {
        return lines("usage").stream()
                .filter(line -> !line.getIsNull("application") && line.getString("application").equals(application))
                .mapToLong(line -> number(line, field)).sum();
    }

    private void awaitBalances(int more) throws IOException {
        int before = lines("balance").size();
        await().atMost(LONG).until(() -> lines("balance").size() >= before + more);
    }

    /** What iperf3 says that it sent as payload of the test itself. */
    private long sent(String client) throws IOException {
        return ConfigFactory.parseFile(directory.resolve(client).toFile()).getLong("end.sum_sent.bytes");
    }

    private static void end(Process process) throws InterruptedException {
        // ip exec'd the program: it is the process itself.
        process.toHandle().destroy();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue());
    }

    private void assertCounted(String application, String client) throws IOException {
        long sent = sent(client);
        long counted = sum(application, "tx_payload_bytes");
        // Beside the test itself there is iperf3's control connection: its parameters and results.
        assertTrue(counted >= sent && counted < sent + 20_000, application + ": " + counted + " of " + sent);
        long carried = sum(application, "tx_bytes");
        assertTrue(carried > sent && carried < sent * 1.02 + 40_000, application + ": " + carried + " IP bytes");
    }

    @Test
    void throughThePipeAndBesideItEveryByteCountsOnceAndTheScriptIsTold() throws Exception {
        configure("5MB/s");
        server(BEHIND);
        server(BESIDE);
        Process program = program();
        awaitBalances(1);
        Process piped = client("piped", PIPE, "-t", "5", "-b", "80M");
        Process beside = client("beside", BESIDE, "-t", "3", "-b", "120M");
        assertTrue(beside.waitFor(60, TimeUnit.SECONDS) && piped.waitFor(60, TimeUnit.SECONDS));
        assertEquals(List.of(0, 0), List.of(piped.exitValue(), beside.exitValue()));
        await().atMost(LONG).until(() -> Files.exists(told) && Files.readString(told).contains("resolved"));
        end(program);

        assertCounted("piped", "piped");
        assertCounted("direct", "beside");
        List<String> record = Files.readAllLines(told);
        assertEquals(2, record.size(), record::toString);
        assertTrue(record.get(0).startsWith("piped tx piped firing 5000000 {\"type\":\"alert\","), record.get(0));
        assertTrue(record.get(1).startsWith("piped tx piped resolved 5000000 {\"type\":\"alert\","), record.get(1));
        assertEquals(List.of("firing", "resolved"),
                lines("alert").stream().map(line -> line.getString("state")).toList());
        assertTheSumCloses();
    }

    /** Bytes of the interfaces are those named, those unattributed, and those at the other ends of the pipe. */
    private void assertTheSumCloses() throws IOException {
        for (String direction : List.of("rx_bytes", "tx_bytes")) {
            long interfaces = 0;
            long explained = 0;
            for (Config line : lines("balance")) {
                interfaces += line.getObject("interfaces").keySet().stream()
                        .mapToLong(name -> number(line.getConfig("interfaces." + name), direction)).sum();
                explained += number(line.getConfig("named"), direction)
                        + line.getObject("unattributed").keySet().stream().mapToLong(
                                cause -> number(line.getConfig("unattributed." + cause), direction)).sum()
                        + number(line.getConfig("left_out.duplicate"), direction)
                        - number(line.getConfig("segmentation"), direction);
            }
            assertTrue(interfaces > 100_000_000, direction + " " + interfaces);
            assertEquals(1.0, (double) explained / interfaces, 0.005, direction);
        }
    }

    @Test
    void aChangedConfigurationComesIntoForceUnderLoadAndLosesNothing() throws Exception {
        configure("900MB/s");
        server(BEHIND);
        Process program = program();
        awaitBalances(1);
        Process piped = client("piped", PIPE, "-t", "8", "-b", "80M");
        awaitBalances(4);
        for (int i = 0; i < 5; i++) {
            // One of them is no configuration, and leaves that before in force.
            if (i == 2) {
                Files.writeString(configuration, "sources { host { type = nonsense } }");
            } else {
                configure(i == 4 ? "5MB/s" : "80" + i + "MB/s");
            }
            assertEquals(0, run("kill", "-HUP", Long.toString(program.pid())));
            awaitBalances(2);
        }
        // The average went on: over the window of before and now it is above the new threshold at once.
        await().atMost(LONG).until(() -> lines("alert").size() == 1);
        assertTrue(piped.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, piped.exitValue());
        await().atMost(LONG).until(() -> lines("alert").size() == 2);
        end(program);

        assertCounted("piped", "piped");
        String err = Files.readString(directory.resolve("output.err"));
        assertTrue(err.contains("not reloaded, what was in force stays so: " + configuration + ":1: "), err);
        assertEquals(4, Stream.of(err.split("\n", -1)).filter(line -> line.contains("configuration reloaded")).count(),
                err);
    }
}
