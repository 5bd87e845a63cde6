package bwmon.launch;

import java.io.IOException;
import java.io.UncheckedIOException;
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
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** {@code bin/runpipe} of the distribution. What it does to connections is tested where it is made, in the proxy. */
@Timeout(90)
class RunPipeIT {
    private static final Path RUNPIPE = Path.of("target/bwmon/bin/runpipe").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder = Path.of("");
    private final List<Process> started = new ArrayList<>();
    private ServerSocket upstream = unbound();
    private int port;

    private static ServerSocket unbound() {
        try {
            return new ServerSocket();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void listen() throws IOException {
        upstream.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        // None that the kernel may give to a connection meanwhile (net.ipv4.ip_local_port_range).
        port = 10_000 + (int) (ProcessHandle.current().pid() % 20_000);
        Thread.ofVirtual().start(() -> {
            while (!upstream.isClosed()) {
                try (Socket socket = upstream.accept()) {
                    socket.getInputStream().transferTo(socket.getOutputStream());
                } catch (IOException e) {
                    // Closed, or broken off by the test.
                }
            }
        });
    }

    @AfterEach
    void end() throws IOException, InterruptedException {
        upstream.close();
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
    }

    private Process start(List<String> prefix, String... arguments) throws IOException {
        var command = new ArrayList<>(prefix);
        command.add(RUNPIPE.toString());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile()).start();
        started.add(process);
        return process;
    }

    private Process listening(String... options) throws IOException {
        var arguments = new ArrayList<>(List.of(options));
        arguments.addAll(
                List.of(Integer.toString(port), "127.0.0.1", Integer.toString(upstream.getLocalPort())));
        Process process = start(List.of(), arguments.toArray(String[]::new));
        await().atMost(PATIENCE).until(() -> err().contains("listening on") || !process.isAlive());
        assertTrue(process.isAlive(), this::err);
        return process;
    }

    private String err() {
        try {
            return Files.readString(folder.resolve("err"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Config> out() throws IOException {
        return Files.readAllLines(folder.resolve("out")).stream().map(ConfigFactory::parseString).toList();
    }

    private void exchange(int bytes) throws IOException {
        try (var client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.getOutputStream().write(new byte[bytes]);
            client.shutdownOutput();
            assertEquals(bytes, client.getInputStream().readAllBytes().length);
        }
    }

    private static int exitCode(Process process) throws InterruptedException {
        assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), "it goes on");
        return process.exitValue();
    }

    @Test
    void forwardsCountsAndEndsInOrder() throws Exception {
        Process process = listening("--json");
        exchange(100_000);
        exchange(1);
        // The signal goes to the process that was started: the launcher has become the program.
        process.destroy();
        assertEquals(0, exitCode(process), this::err);
        Config totals = out().getLast();
        assertEquals("pipe", totals.getString("type"));
        assertEquals(100_001, totals.getLong("tx_payload_bytes_total"));
        assertEquals(100_001, totals.getLong("rx_payload_bytes_total"));
        assertEquals(2, totals.getLong("ended_total.closed"));
        assertEquals(1, err().lines().count(), this::err);
    }

    @Test
    void saysOnceThatLinesOfTheAccessLogAreLostAndGoesOn() throws Exception {
        Process process = listening("--json", "--access-log=/dev/full");
        for (int i = 0; i < 5; i++) {
            exchange(10);
        }
        await().atMost(PATIENCE).until(() -> err().contains("lines are lost"));
        exchange(10);
        process.destroy();
        assertEquals(0, exitCode(process), this::err);
        assertEquals(1, err().lines().filter(line -> line.contains("lines are lost")).count(), this::err);
        assertTrue(err().contains("lines of the access log could not be written"), this::err);
        assertEquals(60, out().getLast().getLong("rx_payload_bytes_total"));
    }

    @Test
    void anOrdinaryUserMayNotTakeALowPort() throws Exception {
        Path java = Path.of(System.getProperty("java.home"));
        List<String> nobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
                "env", "JAVA25_HOME=" + java);
        var probe = new ArrayList<>(nobody);
        probe.addAll(List.of("test", "-x", RUNPIPE.toString(), "-a", "-x", java.resolve("bin/java").toString()));
        assumeTrue(new ProcessBuilder(probe).start().waitFor() == 0,
                "needs root, setpriv, and a place of the build that everybody may read");
        // Not readString: it reads byte by byte what has no size, and a sysctl gives only the first.
        int first = Integer
                .parseInt(Files.readAllLines(Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start")).getFirst());
        assumeTrue(first > 81, "this host lets everybody listen on low ports");
        assertEquals(77, exitCode(start(nobody, "81", "127.0.0.1:9")), this::err);
        assertTrue(err().contains("permission denied; ports below 1024 need CAP_NET_BIND_SERVICE"), this::err);
        assertFalse(err().contains("\tat "), this::err);
    }

    @Test
    void aReaderThatHasEnoughEndsItQuietly() throws Exception {
        Process process = new ProcessBuilder("bash", "-c", "set -o pipefail; \"$@\" | head -1", "bash",
                RUNPIPE.toString(), "--json", "--interval=0.05", Integer.toString(port), "127.0.0.1:9")
                .redirectError(folder.resolve("err").toFile()).start();
        started.add(process);
        String said = process.inputReader().readAllAsString();
        assertEquals(0, exitCode(process), this::err);
        assertEquals(1, said.lines().count());
        assertEquals(1, err().lines().count(), this::err);
    }
}
