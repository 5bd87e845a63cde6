package bwmon.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

import bwmon.cli.ProgramException;
import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.meter.ConnectionMeter;
import bwmon.proxy.meter.PipeMeter;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.Forwarder;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import bwmon.proxy.relay.RelayRuntime;
import bwmon.proxy.relay.Target;
import bwmon.proxy.socket.Transport;
import bwmon.traffic.Direction;
import bwmon.traffic.Ticker;
import com.codahale.metrics.MetricRegistry;
import com.typesafe.config.Config;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class AccessLogTest {
    private static final RelayRuntime RUNTIME = new RelayRuntime(1, Transport.best(), Ticker.SYSTEM);
    private static final Pipe PIPE = pipe("web");

    @TempDir
    private Path folder = Path.of("");

    @AfterAll
    static void end() {
        RUNTIME.close();
    }

    private static Pipe pipe(String name) {
        var options = new PipeOptions(new Target.Tcp("192.0.2.1", 80), 1, Duration.ofSeconds(1), Duration.ZERO,
                OptionalLong.empty(), ProxyProtocol.NONE);
        var meter = new PipeMeter(new MetricRegistry(), name);
        return new Pipe(new PipeSpec(name, new PipeSpec.Listen.Tcp(null, 80), options), meter, Ticker.SYSTEM,
                (_, onEnd) -> new Forwarder(RUNTIME, options, meter, onEnd));
    }

    private static FinishedConnection closed(int number) {
        var meter = new ConnectionMeter();
        meter.read(Direction.TX, number + 1);
        meter.forwarded(Direction.TX, number);
        meter.read(Direction.RX, 3L << 32);
        meter.forwarded(Direction.RX, 2L << 32);
        return new FinishedConnection(Instant.parse("2026-11-21T10:00:00.123456789Z"), Duration.ofMillis(1500),
                "192.0.2.7:56324", "192.0.2.1:80", null, Duration.ofMillis(12), Duration.ofMillis(34), meter,
                ConnectionEnd.CLOSED, null);
    }

    private static FinishedConnection refused() {
        return new FinishedConnection(Instant.EPOCH, Duration.ofMillis(3), "unix", null, null, null, null,
                new ConnectionMeter(), ConnectionEnd.CONNECT_REFUSED, "connect(..) failed: \"Connection refused\"\n");
    }

    @Test
    void writesALineForEachConnection() throws Exception {
        Path file = folder.resolve("access.log");
        Files.writeString(file, "{\"type\":\"earlier\"}\n");
        try (var log = new AccessLog(file)) {
            log.ended(PIPE, closed(1000));
            log.ended(PIPE, refused());
        }
        List<String> lines = Files.readAllLines(file);
        assertEquals(3, lines.size(), "what was there stays");
        assertEquals("{\"type\":\"connection\",\"schema\":1,\"pipe\":\"web\",\"started\":\"2026-11-21T10:00:00.123Z\","
                + "\"duration_ms\":1500,\"client\":\"192.0.2.7:56324\",\"upstream\":\"192.0.2.1:80\",\"connect_ms\":12,"
                + "\"first_byte_ms\":34,\"tx_payload_bytes\":1000,\"rx_payload_bytes\":8589934592,"
                + "\"client_read_bytes\":1001,\"upstream_read_bytes\":12884901888,\"end\":\"closed\",\"error\":null}",
                lines.get(1));
        Config line = Json.parse(lines.get(2));
        assertEquals("connect-refused", line.getString("end"));
        assertEquals("connect(..) failed: \"Connection refused\"\n", line.getString("error"));
        assertTrue(line.getIsNull("upstream") && line.getIsNull("connect_ms") && line.getIsNull("first_byte_ms"));
        assertEquals("unix", line.getString("client"));
    }

    @Test
    void losesNothingWhenItIsMovedAwayAndReopened() throws Exception {
        Path file = folder.resolve("access.log");
        Path moved = folder.resolve("access.log.1");
        var log = new AccessLog(file);
        try (log) {
            for (int i = 0; i < 1000; i++) {
                log.ended(PIPE, closed(i));
            }
            Files.move(file, moved);
            for (int i = 1000; i < 2000; i++) {
                log.ended(PIPE, closed(i));
            }
            log.reopen();
            await().until(() -> Files.exists(file));
            for (int i = 2000; i < 3000; i++) {
                log.ended(PIPE, closed(i));
            }
        }
        assertEquals(0, log.lost());
        List<Config> old = Json.lines(moved);
        List<Config> fresh = Json.lines(file);
        assertFalse(fresh.isEmpty());
        assertEquals(3000, old.size() + fresh.size());
        for (int i = 0; i < 3000; i++) {
            Config line = i < old.size() ? old.get(i) : fresh.get(i - old.size());
            assertEquals(i, line.getLong("tx_payload_bytes"), "each once, in order");
        }
    }

    @Test
    void aFullDiskCostsLinesThatAreCountedButNothingElse() throws Exception {
        Path file = folder.resolve("access.log");
        Files.createSymbolicLink(file, Path.of("/dev/full"));
        var log = new AccessLog(file);
        try (log) {
            for (int i = 1; i <= 20; i++) {
                log.ended(PIPE, closed(i));
                int lost = i;
                await().until(() -> log.lost() == lost);
            }
            assertTrue(openDescriptors("/dev/full") <= 1, "descriptors are left open");

            Files.delete(file);
            Files.createFile(file);
            log.reopen();
            log.ended(PIPE, closed(21));
            await().until(() -> Files.size(file) > 0);
        }
        assertEquals(20, log.lost());
        assertEquals(List.of(21L), Json.lines(file).stream().map(line -> line.getLong("tx_payload_bytes")).toList());
    }

    @Test
    void aTornLineStaysALineOfItsOwn() throws Exception {
        Path file = folder.resolve("access.log");
        Files.writeString(file, "{\"type\":\"conn");
        try (var log = new AccessLog(file)) {
            log.ended(PIPE, closed(7));
        }
        List<String> lines = Files.readAllLines(file);
        assertEquals("{\"type\":\"conn", lines.get(0));
        assertEquals(7, Json.parse(lines.get(1)).getLong("tx_payload_bytes"));
        assertEquals(2, lines.size());
    }

    private static long openDescriptors(String target) throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(fd -> {
                try {
                    return Files.readSymbolicLink(fd).toString().equals(target);
                } catch (IOException e) {
                    // Closed since it was listed; this test's own listing is one of them.
                    return false;
                }
            }).count();
        }
    }

    @Test
    void aDiskThatDoesNotKeepUpIsNotWaitedFor() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        // The reader opens its end, without which ours would not open, but reads only when it is told to.
        Process reader = new ProcessBuilder("sh", "-c", "exec 3<\"$1\"; read go; cat <&3", "sh", fifo.toString())
                .start();
        int connections = 100_000;
        try (var log = new AccessLog(fifo)) {
            for (int i = 0; i < connections; i++) {
                log.ended(PIPE, closed(i));
            }
            assertTrue(log.lost() > 0 && log.lost() < connections, () -> log.lost() + " lost");
            reader.outputWriter().append("go\n").close();
            Thread closing = Thread.ofPlatform().start(log::close);
            String text = reader.inputReader().readAllAsString();
            closing.join();
            assertEquals(connections, text.lines().filter(line -> line.endsWith("}")).count() + log.lost());
        } finally {
            reader.destroyForcibly();
        }
    }

    @Test
    void aFolderIsNoFile() {
        var error = assertThrows(ProgramException.class, () -> new AccessLog(folder).close());
        assertEquals("--access-log: cannot write " + folder + ": is a directory", error.getMessage());
    }
}
