package bwmon.proxy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Ticker;
import com.codahale.metrics.MetricRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Several event loops, and the port that they share. */
@Timeout(120)
class LoopsIT {
    private static final int THREADS = 4;

    @TempDir
    private Path folder = Path.of("");

    private static PipeSpec on(int port, Upstream upstream) {
        return new PipeSpec("p", new PipeSpec.Listen.Tcp(InetAddress.getLoopbackAddress(), port),
                TestPipe.options(upstream.target()));
    }

    private static void exchange(InetSocketAddress address) throws IOException {
        try (var client = new Socket()) {
            client.connect(address);
            client.getOutputStream().write(1);
            assertEquals(1, client.getInputStream().read());
        }
    }

    @ParameterizedTest
    @EnumSource
    void allOfThemServe(Way way) throws Exception {
        Map<String, Integer> served = new ConcurrentHashMap<>();
        try (var upstream = Upstream.echo();
                // An end is told on the loop that served.
                var pipes = Pipes.open(List.of(on(0, upstream)), way.runtime(THREADS), new MetricRegistry(),
                        Ticker.SYSTEM, (_, _) -> served.merge(Thread.currentThread().getName(), 1, Integer::sum))) {
            Endpoint endpoint = pipes.pipes().getFirst().listeners().iterator().next();
            var address = new InetSocketAddress(endpoint.address(), endpoint.port());
            var clients = new ArrayList<Socket>();
            for (int i = 0; i < 200; i++) {
                var client = new Socket(address.getAddress(), address.getPort());
                clients.add(client);
                client.getOutputStream().write(1);
                assertEquals(1, client.getInputStream().read());
            }
            for (Socket client : clients) {
                client.close();
            }
            await().until(() -> served.values().stream().mapToInt(Integer::intValue).sum() == 200);
            assertEquals(THREADS, served.size(), served::toString);
            assertTrue(served.values().stream().allMatch(count -> count >= 200 / THREADS / 2), served::toString);

            assertThrows(BindException.class, () -> new ServerSocket(endpoint.port(), 1, endpoint.address()).close());
            pipes.drain(Duration.ZERO);
            new ServerSocket(endpoint.port(), 1, endpoint.address()).close();
        }
    }

    @Test
    void aPortIsGivenBackAndTakenAgainWhileConnectionsGoOn() throws Exception {
        int port = RunPipeProcess.freePort();
        try (var upstream = Upstream.echo();
                var pipes = Pipes.open(List.of(on(port, upstream)), Way.SPLICE.runtime(THREADS), new MetricRegistry(),
                        Ticker.SYSTEM, (_, _) -> {})) {
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            for (int i = 0; i < 20; i++) {
                exchange(address);
                long sockets = Descriptors.here().sockets();
                pipes.change(List.of());
                await().until(() -> Descriptors.here().sockets() <= sockets - THREADS);
                pipes.change(List.of(on(port, upstream)));
                exchange(address);
            }
        }
    }

    private RunPipeProcess start(int port, int threads) throws IOException {
        return RunPipeProcess.start(folder, "--bind=127.0.0.1", "--threads=" + threads, Integer.toString(port),
                "127.0.0.1:9");
    }

    private static void assertRefused(RunPipeProcess program, int port) throws Exception {
        assertEquals(1, program.exitCode(), program::errText);
        assertTrue(program.err().contains("cannot listen on 127.0.0.1:" + port + ": address already in use; another"
                + " pipe or program listens there"), program::errText);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void aSecondProgramIsRefusedThePort(int threads) throws Exception {
        int port = RunPipeProcess.freePort();
        try (var first = start(port, threads).awaitListening(); var second = start(port, threads)) {
            assertRefused(second, port);
            assertTrue(first.isAlive());
        }
    }

    @Test
    void ofTwoThatStartAtTheSameTimeOneIsRefused() throws Exception {
        for (int i = 0; i < 5; i++) {
            int port = RunPipeProcess.freePort();
            try (var one = start(port, THREADS); var other = start(port, THREADS)) {
                await().atMost(Duration.ofSeconds(60)).until(() -> !one.isAlive() || !other.isAlive());
                assertRefused(one.isAlive() ? other : one, port);
                (one.isAlive() ? one : other).awaitListening();
            }
        }
    }

    @Test
    void twoPipesOfOneProgramDoNotShareAPort() throws Exception {
        int port = RunPipeProcess.freePort();
        Path file = Files.writeString(folder.resolve("pipes.conf"), """
                threads = 4
                pipes {
                  one { listen = %d, to = "127.0.0.1:9" }
                  two { listen = %d, to = "127.0.0.1:9" }
                }
                """.formatted(port, port));
        try (var program = RunPipeProcess.start(folder, "--config=" + file)) {
            assertRefused(program, port);
        }
    }

    private static long loops(RunPipeProcess program) throws IOException {
        return program.threadNames().stream().filter(name -> name.startsWith("relay")).count();
    }

    @Test
    void moreThreadsThanThereAreDescriptorsForAreAnErrorOfTheUsers() throws Exception {
        try (var program = RunPipeProcess.startBehind(folder,
                List.of("sh", "-c", "ulimit -n 300 && exec \"$@\"", "sh"), "--threads=1024", "--bind=127.0.0.1",
                Integer.toString(RunPipeProcess.freePort()), "127.0.0.1:9")) {
            assertEquals(1, program.exitCode(), program::errText);
            assertTrue(program.err().contains("cannot start the threads that forward: ")
                    && program.err().contains("Too many open files; ask for fewer threads"), program::errText);
        }
    }

    private static void holdUp(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whoever waits is let in when a pipe takes no more, also where a busy loop has left more of them than it takes at once. */
    @Test
    void allWhoWaitAreLetInAtTheEnd() throws Exception {
        var busy = new CountDownLatch(1);
        var isFirst = new AtomicBoolean(true);
        try (var upstream = Upstream.echo();
                var pipes = Pipes.open(List.of(on(0, upstream)), Way.SPLICE.runtime(1), new MetricRegistry(),
                        Ticker.SYSTEM, (_, _) -> {
                            if (isFirst.getAndSet(false)) {
                                holdUp(busy);
                            }
                        })) {
            Endpoint endpoint = pipes.pipes().getFirst().listeners().iterator().next();
            var address = new InetSocketAddress(endpoint.address(), endpoint.port());
            exchange(address);
            await().until(() -> !isFirst.get());
            var clients = new ArrayList<Socket>();
            try {
                for (int i = 0; i < 200; i++) {
                    var client = new Socket();
                    clients.add(client);
                    client.connect(address);
                }
                Thread closing = Thread.ofVirtual().start(pipes.pipes().getFirst()::stopListening);
                await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
                busy.countDown();
                closing.join();
                for (Socket client : clients) {
                    client.getOutputStream().write(1);
                    assertEquals(1, client.getInputStream().read());
                }
            } finally {
                for (Socket client : clients) {
                    client.close();
                }
            }
        }
    }

    @Test
    void theCommandLineWinsOverTheFile() throws Exception {
        int port = RunPipeProcess.freePort();
        Path file = Files.writeString(folder.resolve("pipes.conf"), """
                threads = 3
                pipes { one { listen = %d, bind = "127.0.0.1", to = "127.0.0.1:9" } }
                """.formatted(port));
        try (var program = RunPipeProcess.start(folder, "--config=" + file).awaitListening()) {
            assertEquals(3, loops(program));
        }
        try (var program = RunPipeProcess.start(folder, "--threads=2", "--config=" + file).awaitListening()) {
            assertEquals(2, loops(program));
        }
        Files.writeString(file, "threads = 1025\npipes { }");
        try (var program = RunPipeProcess.start(folder, "--config=" + file)) {
            assertEquals(78, program.exitCode());
            assertTrue(program.err().contains(file + ":1: threads: '1025' is not a whole number from 0 to 1024"),
                    program::errText);
        }
    }
}
