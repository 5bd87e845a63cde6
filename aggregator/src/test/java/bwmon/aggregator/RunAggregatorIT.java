package bwmon.aggregator;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import bwmon.aggregator.config.Configuration;
import bwmon.aggregator.config.ConfigurationFile;
import bwmon.aggregator.config.ConfigurationFiles.Loaded;
import bwmon.aggregator.console.JsonView;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.cli.IntervalLoop;
import bwmon.cli.JsonLines;
import bwmon.cli.ProgramException;
import bwmon.traffic.Ticker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** From sockets to the last line: the real monitor, a real pipe, processes of their own. */
class RunAggregatorIT {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final String CLASSES = System.getProperty("java.class.path");

    @TempDir
    Path directory = Path.of("");

    /** Reads what each client announces, answers with so many bytes, and leaves the end to the client. */
    private static ServerSocket server(int answer) throws IOException {
        var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    Socket client = server.accept();
                    Thread.ofPlatform().daemon().start(() -> serve(client, answer));
                }
            } catch (IOException e) {
                assertTrue(server.isClosed(), e.toString());
            }
        });
        return server;
    }

    private static void serve(Socket client, int answer) {
        try (client; var in = new DataInputStream(client.getInputStream())) {
            in.skipNBytes(in.readInt() - Integer.BYTES);
            client.getOutputStream().write(new byte[answer]);
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Process java(String main, String... arguments) throws IOException {
        var words = new ArrayList<>(List.of(JAVA, "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC",
                "-cp", CLASSES, main));
        words.addAll(List.of(arguments));
        return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static BufferedReader reader(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** The sum of a field over lines that match. */
    private static long sum(String lines, String pattern, String field) {
        Pattern number = Pattern.compile("\"" + field + "\":([0-9]+)");
        return lines.lines().filter(line -> Pattern.compile(pattern).matcher(line).find()).mapToLong(line -> {
            Matcher found = number.matcher(line);
            return found.find() ? Long.parseLong(found.group(1)) : 0;
        }).sum();
    }

    @Test
    void everyByteIsCountedOnceAndChargedToTheProcessBehindThePipe() throws Exception {
        int port = freePort();
        Path told = directory.resolve("told");
        try (ServerSocket server = server(3_000_000)) {
            Configuration configuration = ConfigurationFile.read(Files.writeString(directory.resolve("bwmon.conf"), """
                    setup = false
                    sources { host { type = monitor }, p { type = pipe, listen = %d, to = "127.0.0.1:%d" } }
                    applications { fetch { match = ["bwmon.aggregator.Fetch"] } }
                    notifications { fast { application = fetch, direction = rx, above = 1kB/s, average-over = 1s,
                      command = [cp, /dev/stdin, "%s"] } }
                    """.formatted(port, server.getLocalPort(), told)), AutoGroup.NONE);
            var out = new ByteArrayOutputStream();
            var err = new ByteArrayOutputStream();
            var loop = new IntervalLoop(Ticker.SYSTEM, Duration.ofMillis(200));
            var session = new Session(configuration, MonitorOpener.HOST, loop, Duration.ofMillis(200),
                    new Reload(() -> new Loaded(configuration, List.of())),
                    new PrintStream(err, true, StandardCharsets.UTF_8),
                    ZoneOffset.UTC);
            var failure = new AtomicReference<Throwable>();
            Thread run = Thread.ofPlatform().uncaughtExceptionHandler((thread, e) -> failure.set(e)).start(() -> {
                try {
                    session.run(false, (_, _, _) -> new JsonView(
                            new JsonLines(new PrintStream(out, false, StandardCharsets.UTF_8))));
                } catch (ProgramException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().atMost(LONG).until(() -> out.size() > 0 || failure.get() != null);
            assertEquals(null, failure.get());

            Process piped = java("bwmon.aggregator.Fetch", Integer.toString(port), "1000000", "3000000");
            Process direct = java("bwmon.aggregator.Fetch", Integer.toString(server.getLocalPort()), "200000",
                    "3000000");
            assertEquals("3000000", reader(piped).readLine());
            assertEquals("3000000", reader(direct).readLine());
            String ofPiped = "\"pid\":" + piped.pid() + ",";
            String ofDirect = "\"pid\":" + direct.pid() + ",";
            await().atMost(LONG).untilAsserted(() -> {
                String lines = out.toString(StandardCharsets.UTF_8);
                assertEquals(3_000_000, sum(lines, ofPiped, "rx_payload_bytes"));
                assertEquals(1_000_000, sum(lines, ofPiped, "tx_payload_bytes"));
                assertEquals(3_000_000, sum(lines, ofDirect, "rx_payload_bytes"));
                assertEquals(200_000, sum(lines, ofDirect, "tx_payload_bytes"));
            });
            await().atMost(LONG).until(() -> Files.exists(told) && Files.size(told) > 0);
            piped.getOutputStream().close();
            direct.getOutputStream().close();
            assertTrue(piped.waitFor(30, TimeUnit.SECONDS) && direct.waitFor(30, TimeUnit.SECONDS));
            loop.stop();
            run.join();
            assertEquals(null, failure.get());

            String lines = out.toString(StandardCharsets.UTF_8);
            assertEquals(6_000_000, sum(lines, "\"application\":\"fetch\"", "rx_payload_bytes"));
            assertEquals(1_200_000, sum(lines, "\"application\":\"fetch\"", "tx_payload_bytes"));
            assertEquals(3_000_000, sum(lines, "\"source\":\"pipe-.*" + ofPiped, "rx_payload_bytes"),
                    "measured by the pipe");
            // What the network carried for it is the monitor's to tell, once, for the side that leads on.
            long carried = sum(lines, ofPiped, "rx_bytes");
            assertTrue(carried > 3_000_000 && carried < 3_300_000, carried + " IP bytes");
            assertFalse(lines.contains("\"owner\":\"pipe\""), "no byte is the pipe's");
            // The server is in this process, and so are the pipe's own sockets: only the former are charged to it.
            String ofThis = "\"pid\":" + ProcessHandle.current().pid() + ",";
            assertEquals(1_200_000, sum(lines, ofThis, "rx_payload_bytes"));
            assertEquals(6_000_000, sum(lines, ofThis, "tx_payload_bytes"));
            assertTrue(Files.readString(told)
                    .contains("\"application\":\"fetch\",\"measure\":\"rate\",\"direction\":\"rx\""));
            assertTrue(err.toString(StandardCharsets.UTF_8).contains(" fast (fetch): rx limit 0.98 KiB/s, average "),
                    err.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void theNumberOfThreadsThatForwardIsNotChangedByAReload() throws Exception {
        int port = freePort();
        Configuration one = pipes(port, 1);
        Configuration two = pipes(port, 2);
        var err = new ByteArrayOutputStream();
        var next = new AtomicReference<>(two);
        var loop = new IntervalLoop(Ticker.SYSTEM, Duration.ofMillis(50));
        var reload = new Reload(() -> new Loaded(next.get(), List.of()));
        var session = new Session(one, MonitorOpener.HOST, loop, Duration.ofMillis(50), reload,
                new PrintStream(err, true, StandardCharsets.UTF_8), ZoneOffset.UTC);
        Thread run = Thread.ofPlatform().start(() -> {
            try {
                session.run(false, (_, _, _) -> new JsonView(
                        new JsonLines(new PrintStream(OutputStream.nullOutputStream(), false,
                                StandardCharsets.UTF_8))));
            } catch (ProgramException e) {
                throw new IllegalStateException(e);
            }
        });
        reload.request();
        await().atMost(LONG).until(() -> err.toString(StandardCharsets.UTF_8).contains("not reloaded, what was in force"
                + " stays so: how many threads forward (threads) cannot be changed while the program runs"));
        next.set(one);
        reload.request();
        await().atMost(LONG).until(() -> err.toString(StandardCharsets.UTF_8).contains("configuration reloaded"));
        loop.stop();
        run.join();
    }

    private Configuration pipes(int port, int threads) throws IOException, ProgramException {
        return ConfigurationFile.read(Files.writeString(directory.resolve("pipes.conf"), """
                threads = %d
                sources { p { type = pipe, listen = %d, to = "127.0.0.1:9" } }
                """.formatted(threads, port)), AutoGroup.NONE);
    }

    @Test
    void withoutConfigurationItRunsUntilItIsToldToEnd() throws Exception {
        Process program = java("bwmon.aggregator.RunAggregator", "--no-setup", "--interval=0.1", "--json");
        try (BufferedReader out = reader(program)) {
            String line = out.readLine();
            while (line != null && !line.contains("\"type\":\"balance\"")) {
                line = out.readLine();
            }
            assertTrue(line != null, "ended before the first balance");
            // Not of the Process: that one closes our end of its output as well.
            program.toHandle().destroy();
            String last = line;
            for (line = out.readLine(); line != null; line = out.readLine()) {
                last = line;
            }

            assertTrue(last.contains("\"type\":\"balance\""), last);
            assertTrue(program.waitFor(30, TimeUnit.SECONDS));
            assertEquals(0, program.exitValue());
        }
    }

    @Test
    void aReaderThatLeavesEndsItQuietly() throws Exception {
        Process program = java("bwmon.aggregator.RunAggregator", "--no-setup", "--interval=0.1", "--plain");
        try (BufferedReader out = reader(program)) {
            assertTrue(out.readLine() != null);
        }

        assertTrue(program.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, program.exitValue());
    }

    @Test
    void onceIsOneInterval() throws Exception {
        Process program = java("bwmon.aggregator.RunAggregator", "--no-setup", "--interval=0.1", "--once", "--json");
        try (BufferedReader out = reader(program)) {
            assertEquals(1, out.lines().filter(line -> line.contains("\"type\":\"balance\"")).count());
        }

        assertTrue(program.waitFor(30, TimeUnit.SECONDS));
        assertEquals(0, program.exitValue());
    }
}
