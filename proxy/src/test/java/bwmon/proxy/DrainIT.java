package bwmon.proxy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import com.typesafe.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What signals do to connections that are open. */
@Timeout(60)
@ParameterizedClass
@EnumSource(names = {"SPLICE", "NIO"})
class DrainIT {

    @TempDir
    private Path folder = Path.of("");

    private final Way way;
    private final int port = RunPipeProcess.freePort();

    DrainIT(Way way) {
        this.way = way;
    }

    private RunPipeProcess start(Upstream upstream, String drain) throws IOException {
        return RunPipeProcess.startBehind(folder, way.prefix(), "--json", "--bind=127.0.0.1", "--drain=" + drain,
                "--access-log=" + folder.resolve("access.log"), Integer.toString(port), "127.0.0.1",
                Integer.toString(upstream.port())).awaitListening();
    }

    private static void exchange(Socket client) throws IOException {
        client.getOutputStream().write(1);
        assertEquals(1, client.getInputStream().read());
    }

    private void awaitNobodyListens() {
        await().atMost(Duration.ofSeconds(10)).untilAsserted(
                () -> assertThrows(ConnectException.class, () -> RunPipeProcess.connect(port).close()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void theOpenConnectionGoesOnAndNoNewOneComes(String signal) throws Exception {
        try (var upstream = Upstream.echo(); var runpipe = start(upstream, "30")) {
            try (Socket client = RunPipeProcess.connect(port)) {
                exchange(client);
                runpipe.signal(signal);
                awaitNobodyListens();
                exchange(client);
                assertTrue(runpipe.isAlive());
                client.shutdownOutput();
                assertEquals(-1, client.getInputStream().read());
            }
            assertEquals(0, runpipe.exitCode());
            // Others came while it still listened, to see whether it does.
            List<Config> lines = Json.lines(folder.resolve("access.log")).stream()
                    .filter(one -> one.getLong("tx_payload_bytes") > 0).toList();
            assertEquals(1, lines.size());
            assertEquals("closed", lines.getFirst().getString("end"));
            assertEquals(2, lines.getFirst().getLong("tx_payload_bytes"));
            List<Config> pipes = Json.lines(runpipe.out()).stream()
                    .filter(one -> one.getString("type").equals("pipe")).toList();
            assertEquals(2, pipes.getLast().getLong("rx_payload_bytes_total"), "the last report has the last byte");
        }
    }

    @Test
    void withoutConnectionsItEndsAtOnce() throws Exception {
        try (var upstream = Upstream.echo(); var runpipe = start(upstream, "30")) {
            long before = System.nanoTime();
            runpipe.signal("TERM");
            assertEquals(0, runpipe.exitCode());
            assertTrue(System.nanoTime() - before < 10_000_000_000L);
        }
    }

    @Test
    void whatIsStillOpenAtTheEndOfTheDrainIsReset() throws Exception {
        try (var upstream = Upstream.echo(); var runpipe = start(upstream, "0.5")) {
            try (Socket client = RunPipeProcess.connect(port)) {
                exchange(client);
                runpipe.signal("TERM");
                assertThrows(SocketException.class, () -> client.getInputStream().read());
            }
            assertEquals(0, runpipe.exitCode());
            assertTrue(runpipe.err().contains("waiting up to"), runpipe::errText);
            assertTrue(runpipe.err().contains("1 connections were cut off"), runpipe::errText);
            assertEquals("shutdown", Json.lines(folder.resolve("access.log")).getFirst().getString("end"));
        }
    }

    @Test
    void aSecondSignalEndsAtOnceAndResets() throws Exception {
        try (var upstream = Upstream.echo(); var runpipe = start(upstream, "30")) {
            try (Socket client = RunPipeProcess.connect(port)) {
                exchange(client);
                runpipe.signal("TERM");
                awaitNobodyListens();
                long before = System.nanoTime();
                runpipe.signal("TERM");
                assertEquals(128 + 15, runpipe.exitCode());
                assertTrue(System.nanoTime() - before < 8_000_000_000L);
                assertThrows(SocketException.class, () -> client.getInputStream().read(), "a cut stream looked whole");
            }
        }
    }

    @Test
    void reopeningTheAccessLogLosesNoLine() throws Exception {
        Path log = folder.resolve("access.log");
        Path moved = folder.resolve("access.log.1");
        try (var upstream = Upstream.echo(); var runpipe = start(upstream, "5")) {
            try (Socket client = RunPipeProcess.connect(port)) {
                exchange(client);
            }
            await().until(() -> Json.lines(log).size() == 1);
            Files.move(log, moved);
            runpipe.signal("HUP");
            await().ignoreExceptions().until(() -> {
                try (Socket client = RunPipeProcess.connect(port)) {
                    exchange(client);
                }
                return Json.lines(log).size() > 0;
            });
            assertEquals(0, runpipe.totals().getLong("open"));
            List<Config> lines = Json.lines(runpipe.out());
            long opened = lines.getLast().getLong("opened_total");
            assertEquals(opened, Json.lines(log).size() + Json.lines(moved).size());
        }
    }
}
