package bwmon.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * {@code bin/runmonitor} of the distribution, watching a real curl. The host is left as it is; what sources see is tested
 * where they are made, in the monitor.
 */
@Timeout(90)
class RunMonitorIT {
    private static final Path RUNMONITOR = Path.of("target/bwmon/bin/runmonitor").toAbsolutePath();
    private static final Path CURL = Path.of("/usr/bin/curl");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BODY = 3_000_000;
    private static final byte[] HEADER = "HTTP/1.0 200 OK\r\n\r\n".getBytes(US_ASCII);

    @TempDir
    private Path folder = Path.of("");
    private final List<Process> started = new ArrayList<>();
    private ServerSocket server = listening();
    private String url = "";

    private static ServerSocket listening() {
        try {
            return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends what it has to send, and leaves the connection open until the client ends. */
    @BeforeEach
    void serve() {
        assumeTrue(Files.isExecutable(CURL), CURL + " is not installed");
        url = "http://127.0.0.1:" + server.getLocalPort() + "/";
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try (Socket socket = server.accept()) {
                    socket.getOutputStream().write(HEADER);
                    socket.getOutputStream().write(new byte[BODY]);
                    socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                    // Closed, or broken off by the test.
                }
            }
        });
    }

    @AfterEach
    void end() throws IOException, InterruptedException {
        server.close();
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
    }

    private Process curl() throws IOException {
        Process curl = new ProcessBuilder(CURL.toString(), "-s", "--output", folder.resolve("body").toString(), url)
                .start();
        started.add(curl);
        return curl;
    }

    private Process monitor(String... options) throws IOException {
        var command = new ArrayList<>(List.of(RUNMONITOR.toString(), "--no-setup", "--numeric"));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile()).start();
        started.add(process);
        return process;
    }

    private String read(String file) {
        try {
            return Files.readString(folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Complete lines; the last may be being written. */
    private List<Config> lines(String type) {
        String out = read("out");
        return out.substring(0, out.lastIndexOf('\n') + 1).lines().map(ConfigFactory::parseString)
                .filter(line -> line.getString("type").equals(type)).toList();
    }

    private void endsWell(Process process) throws InterruptedException {
        assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), "it goes on");
        assertEquals(0, process.exitValue(), () -> read("err"));
        assertTrue(read("err").lines().allMatch(line -> line.startsWith("runmonitor: ")), () -> read("err"));
    }

    @Test
    void differencesOfARealTransferAddUpToItsBytes() throws Exception {
        Process monitor = monitor("--json", "--interval=0.2", "--no-lookback", "--include=" + CURL);
        await().atMost(PATIENCE).until(() -> !lines("balance").isEmpty() || !monitor.isAlive());
        Process curl = curl();
        await().atMost(PATIENCE).until(() -> received(curl) >= HEADER.length + BODY || !monitor.isAlive());
        monitor.destroy();
        endsWell(monitor);

        assertEquals(HEADER.length + BODY, received(curl), () -> read("err"));
        assertTrue(lines("usage").stream().noneMatch(line -> line.getString("owner").equals("process")
                && line.getLong("pid") != curl.pid()), "the others are left out");
        assertTrue(
                read("out").endsWith("}\n") && read("out").lines().toList().getLast().contains("\"type\":\"balance\""),
                "ends with a whole interval");
        assertTrue(lines("balance").stream().anyMatch(line -> line.getLong("left_out.rx_payload_bytes") > 0));
    }

    private long received(Process curl) {
        return lines("usage").stream()
                .filter(line -> line.hasPath("pid") && line.getLong("pid") == curl.pid()
                        && !line.getIsNull("rx_payload_bytes"))
                .mapToLong(line -> line.getLong("rx_payload_bytes")).sum();
    }

    @Test
    void onceIsOneBlockOfBwmon1sLinesWithWhatMovedBefore() throws Exception {
        Process curl = curl();
        // Not all of it: curl keeps the last of it back until it ends.
        await().atMost(PATIENCE).until(() -> Files.exists(folder.resolve("body"))
                && Files.size(folder.resolve("body")) > BODY / 2);
        Process monitor = monitor("--once", "--interval=0.1", "--pid=" + curl.pid());
        endsWell(monitor);
        String out = read("out");

        assertTrue(out.matches("(?: {9}-| *[0-9]+) / (?: {9}-| *[0-9]+) -- /usr/bin/curl -s --output [^\n]*\n(.*\n)*"),
                out);
        assertTrue(out.lines().noneMatch(String::isBlank), out);
        assertTrue(out.lines().allMatch(line -> line.contains(" -- ")), out);
    }

    @Test
    void aReaderThatHasEnoughEndsItQuietly() throws Exception {
        Process process = new ProcessBuilder("bash", "-c", "set -o pipefail; \"$@\" | head -1", "bash",
                RUNMONITOR.toString(), "--no-setup", "--json", "--interval=0.05")
                .redirectError(folder.resolve("err").toFile()).start();
        started.add(process);
        String said = process.inputReader().readAllAsString();
        endsWell(process);

        assertEquals(1, said.lines().count());
    }

    @Test
    void aRealExpressionThatIsWrongIsAnErrorAtOnce() throws Exception {
        Process monitor = monitor("--include=((");
        assertTrue(monitor.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS));

        assertEquals(2, monitor.exitValue());
        assertTrue(read("err").startsWith("runmonitor: "), () -> read("err"));
    }
}
