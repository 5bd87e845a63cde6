package bwmon.proxy;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import com.typesafe.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Where kernel pipes are hard to come by: those that are stalled take none from who needs their descriptors. */
@Timeout(120)
class FewPipesIT {
    private static final long BYTES = 8L << 20;
    /** A JVM needs some twenty descriptors of its own, and sixteen are kept aside. */
    private static final int DESCRIPTORS = 160;

    @TempDir
    private Path folder = Path.of("");

    /** Sends a pattern, and then what it gets. */
    private static Upstream sender() {
        return Upstream.on127(socket -> {
            if (socket.getInputStream().read() == 'b') {
                new Pattern(3).send(socket, BYTES);
                socket.shutdownOutput();
            } else {
                socket.getOutputStream().write('i');
            }
            socket.getInputStream().readAllBytes();
        });
    }

    private RunPipeProcess start(List<String> prefix, int port, Upstream upstream) throws IOException {
        return RunPipeProcess.startBehind(folder, prefix, "--json", "--interval=0.2", "--threads=1", "--bind=127.0.0.1",
                Integer.toString(port), "127.0.0.1", Integer.toString(upstream.port())).awaitListening();
    }

    private static List<Socket> bulk(int port, int count) throws IOException {
        var clients = new ArrayList<Socket>();
        for (int i = 0; i < count; i++) {
            Socket client = RunPipeProcess.connect(port);
            clients.add(client);
            client.getOutputStream().write('b');
        }
        return clients;
    }

    private static void awaitStandstill(RunPipeProcess runpipe) {
        var last = new long[]{-1};
        await().pollInterval(Duration.ofMillis(600)).atMost(Duration.ofSeconds(60)).until(() -> {
            List<Config> lines = Json.lines(runpipe.out().substring(0, runpipe.out().lastIndexOf('\n') + 1));
            long read = lines.stream().filter(line -> line.getString("type").equals("pipe"))
                    .reduce((_, line) -> line).map(line -> line.getLong("upstream_read_bytes_total")).orElse(0L);
            boolean stands = read > 0 && read == last[0];
            last[0] = read;
            return stands;
        });
    }

    private static void readAll(List<Socket> clients) throws IOException {
        var pattern = new Pattern(3);
        for (Socket client : clients) {
            byte[] all = client.getInputStream().readAllBytes();
            assertEquals(BYTES, all.length);
            assertEquals(-1, pattern.mismatch(all, all.length, 0));
            client.close();
        }
    }

    @Test
    void connectionsComeFirstWhereDescriptorsAreFew() throws Exception {
        int port = RunPipeProcess.freePort();
        try (var upstream = sender();
                var runpipe = start(List.of("sh", "-c", "ulimit -n " + DESCRIPTORS + " && exec \"$@\"", "sh"), port,
                        upstream)) {
            long before = runpipe.openDescriptors();
            List<Socket> stalled = bulk(port, 20);
            awaitStandstill(runpipe);
            long taken = runpipe.openDescriptors() - before;
            long pipes = Descriptors.of(runpipe.pid()).pipes();
            assertTrue(pipes > 0, "none was spliced");
            assertTrue(2 * pipes + 40 <= taken + 2, () -> pipes + " pipes");
            assertTrue(taken <= (DESCRIPTORS - before) / 2 + 2, () -> taken + " descriptors");

            // What is left is for these.
            var small = new ArrayList<Socket>();
            for (int i = 0; i < (DESCRIPTORS - before - taken - 20) / 2; i++) {
                Socket client = RunPipeProcess.connect(port);
                small.add(client);
                client.setSoTimeout(20_000);
                client.getOutputStream().write('s');
                assertEquals('i', client.getInputStream().read());
            }
            assertTrue(small.size() > 10, () -> small.size() + " connections");
            for (Socket client : small) {
                client.close();
            }
            readAll(stalled);
            Config totals = runpipe.totals();
            assertEquals(20 * BYTES + small.size(), totals.getLong("rx_payload_bytes_total"));
            assertEquals(0, totals.getLong("accept_errors_total"));
        }
    }

    /** Without CAP_SYS_RESOURCE and CAP_SYS_ADMIN a user's pipes together hold 64 MiB (pipe-user-pages-soft, pipe(7)). */
    @Test
    void anOrdinaryUsersPipesEndAndForwardingGoesOn() throws Exception {
        List<String> ordinary = List.of("setpriv", "--bounding-set=-sys_resource,-sys_admin",
                "--inh-caps=-sys_resource,-sys_admin");
        var probe = new ArrayList<>(ordinary);
        probe.add("true");
        assumeTrue(new ProcessBuilder(probe).start().waitFor() == 0, "needs root and setpriv");
        int port = RunPipeProcess.freePort();
        try (var upstream = sender(); var runpipe = start(ordinary, port, upstream)) {
            List<Socket> stalled = bulk(port, 110);
            awaitStandstill(runpipe);
            long pipes = Descriptors.of(runpipe.pid()).pipes();
            assertTrue(pipes > 0 && pipes < 110, () -> pipes + " pipes");
            readAll(bulk(port, 5));
            readAll(stalled);
            assertEquals(115 * BYTES, runpipe.totals().getLong("rx_payload_bytes_total"));
        }
    }
}
