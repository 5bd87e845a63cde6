package bwmon.proxy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import com.typesafe.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** More connections than usual, and more than there is room for. */
@Timeout(180)
@ParameterizedClass
@EnumSource(names = {"SPLICE", "NIO"})
class ManyConnectionsIT {

    /** This process needs two descriptors for each, the pipe's the other two. */
    private static final int MANY = 5_000;

    @TempDir
    private Path folder = Path.of("");

    private final Way way;

    ManyConnectionsIT(Way way) {
        this.way = way;
    }

    private RunPipeProcess start(List<String> prefix, int port, Upstream upstream, String... options)
            throws IOException {
        var arguments = new ArrayList<>(List.of(options));
        arguments.addAll(List.of("--json", "--interval=0.2", "--bind=127.0.0.1", Integer.toString(port), "127.0.0.1",
                Integer.toString(upstream.port())));
        var behind = new ArrayList<>(way.prefix());
        behind.addAll(prefix);
        return RunPipeProcess.startBehind(folder, behind, arguments.toArray(String[]::new)).awaitListening();
    }

    private static void exchange(Socket client, int number) throws IOException {
        byte[] bytes = new byte[1 + number % 1000];
        bytes[0] = (byte) number;
        client.getOutputStream().write(bytes);
        byte[] answer = client.getInputStream().readNBytes(bytes.length);
        assertEquals(bytes.length, answer.length);
        assertEquals(bytes[0], answer[0]);
    }

    private static long exchanged(int connections) {
        long bytes = 0;
        for (int i = 0; i < connections; i++) {
            bytes += 1 + i % 1000;
        }
        return bytes;
    }

    private static void close(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private static boolean isRefused(Socket client) throws IOException {
        try {
            return client.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }

    private static Config last(RunPipeProcess runpipe) throws IOException {
        await().until(() -> runpipe.out().contains("\"pipe\",\"schema\"") && runpipe.out().indexOf('\n') > 0);
        String text = runpipe.out();
        return Json.lines(text.substring(0, text.lastIndexOf('\n') + 1)).stream()
                .filter(line -> line.getString("type").equals("pipe")).reduce((_, line) -> line).orElseThrow();
    }

    @Test
    void thousandsAreServedAndCounted() throws Exception {
        int port = RunPipeProcess.freePort();
        var clients = new ArrayList<Socket>();
        try (var upstream = Upstream.echo(); var runpipe = start(List.of(), port, upstream)) {
            for (int i = 0; i < MANY; i++) {
                clients.add(RunPipeProcess.connect(port));
            }
            for (int i = MANY - 1; i >= 0; i--) {
                exchange(clients.get(i), i);
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> last(runpipe).getLong("open") == MANY);
            for (Socket client : clients) {
                client.shutdownOutput();
                assertEquals(-1, client.getInputStream().read());
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> last(runpipe).getLong("open") == 0);
            Config totals = runpipe.totals();
            assertEquals(MANY, totals.getLong("opened_total"));
            assertEquals(MANY, totals.getLong("ended_total.closed"));
            assertEquals(exchanged(MANY), totals.getLong("tx_payload_bytes_total"));
            assertEquals(exchanged(MANY), totals.getLong("rx_payload_bytes_total"));
        } finally {
            close(clients);
        }
    }

    @Test
    void moreThanMayBeOpenAreRefusedAndCounted() throws Exception {
        int port = RunPipeProcess.freePort();
        var clients = new ArrayList<Socket>();
        try (var upstream = Upstream.echo(); var runpipe = start(List.of(), port, upstream, "--max-connections=20")) {
            for (int i = 0; i < 20; i++) {
                clients.add(RunPipeProcess.connect(port));
                exchange(clients.get(i), i);
            }
            for (int i = 0; i < 30; i++) {
                try (Socket client = RunPipeProcess.connect(port)) {
                    assertTrue(isRefused(client));
                }
            }
            clients.removeLast().close();
            await().until(() -> last(runpipe).getLong("open") == 19);
            clients.add(RunPipeProcess.connect(port));
            exchange(clients.getLast(), 19);
            Config line = last(runpipe);
            assertEquals(30, line.getLong("refused_total"));
            close(clients);
            await().until(() -> last(runpipe).getLong("open") == 0);
            Config totals = runpipe.totals();
            assertEquals(21, totals.getLong("opened_total"));
            assertEquals(30, totals.getLong("refused_total"));
        } finally {
            close(clients);
        }
    }

    @Test
    void withoutDescriptorsItWaitsAndGoesOn() throws Exception {
        int port = RunPipeProcess.freePort();
        var clients = new ArrayList<Socket>();
        // A JVM needs some twenty of its own.
        try (var upstream = Upstream.echo();
                var runpipe = start(List.of("sh", "-c", "ulimit -n 64 && exec \"$@\"", "sh"), port, upstream)) {
            // Else another one may have come first, at another loop's listener, and there may be room for no more than one.
            clients.add(RunPipeProcess.connect(port));
            exchange(clients.getFirst(), 3);
            for (int i = 1; i < 100; i++) {
                clients.add(RunPipeProcess.connect(port));
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                Config line = last(runpipe);
                return line.getLong("accept_errors_total") > 0;
            });
            assertTrue(runpipe.isAlive());
            // Those that were let in are served, and the others wait.
            exchange(clients.getFirst(), 7);
            close(clients);
            await().atMost(Duration.ofSeconds(30)).until(() -> last(runpipe).getLong("open") == 0);

            for (int i = 0; i < 50; i++) {
                try (Socket client = RunPipeProcess.connect(port)) {
                    exchange(client, i);
                }
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> last(runpipe).getLong("open") == 0);
            assertEquals(0, runpipe.totals().getLong("open"));
        } finally {
            close(clients);
        }
    }
}
