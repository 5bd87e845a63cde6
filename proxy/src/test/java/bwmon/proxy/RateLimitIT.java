package bwmon.proxy;

import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import bwmon.cli.ProgramException;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code --limit} by the clock on the wall. */
@Timeout(60)
class RateLimitIT {
    private static final long RATE = 4_000_000;
    private static final double SECONDS = 6;
    private static final double TOLERANCE = 0.03;
    /** What may pass at once at the start, as the limiter states it. */
    private static final double BURST_SECONDS = 0.1;

    private static TestPipe limited(Upstream upstream, long rate) throws ProgramException {
        return TestPipe.open(TestPipe.spec(new PipeOptions(upstream.target(), 10_000, Duration.ofSeconds(10),
                Duration.ZERO, OptionalLong.of(rate), ProxyProtocol.NONE)));
    }

    /** Sends without end, and reads without end. */
    private static void saturate(Socket socket) {
        Thread.ofVirtual().start(() -> {
            byte[] bytes = new byte[32 * 1024];
            try {
                while (true) {
                    socket.getOutputStream().write(bytes);
                }
            } catch (IOException e) {
                // The test is over.
            }
        });
    }

    private static void drain(Socket socket) throws IOException {
        byte[] bytes = new byte[64 * 1024];
        while (socket.getInputStream().read(bytes) >= 0) {
            // Until the test is over.
        }
    }

    private static Upstream saturating() {
        return Upstream.on127(socket -> {
            saturate(socket);
            try {
                drain(socket);
            } catch (IOException e) {
                // The test is over.
            }
        });
    }

    private static Socket client(TestPipe pipe) throws IOException {
        Socket client = pipe.connect();
        saturate(client);
        Thread.ofVirtual().start(() -> {
            try {
                drain(client);
            } catch (IOException e) {
                // The test is over.
            }
        });
        return client;
    }

    /** Measures from after the burst, for some seconds, each direction. */
    private static void assertHolds(TestPipe pipe, long rate) {
        await().pollInterval(Duration.ofMillis(5)).until(() -> pipe.meter().forwarded(Direction.TX) > rate / 4
                && pipe.meter().forwarded(Direction.RX) > rate / 4);
        long start = System.nanoTime();
        long tx = pipe.meter().forwarded(Direction.TX);
        long rx = pipe.meter().forwarded(Direction.RX);
        await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(5))
                .until(() -> System.nanoTime() - start > SECONDS * 1e9);
        double seconds = (System.nanoTime() - start) / 1e9;
        assertRate("up", (pipe.meter().forwarded(Direction.TX) - tx) / seconds, rate);
        assertRate("down", (pipe.meter().forwarded(Direction.RX) - rx) / seconds, rate);
    }

    private static void assertRate(String what, double actual, long expected) {
        assertTrue(Math.abs(actual / expected - 1) <= TOLERANCE,
                () -> "%s: %.0f bytes a second instead of %d".formatted(what, actual, expected));
    }

    @ParameterizedTest
    @CsvSource({"1, 4_000_000", "100, 4_000_000", "1, 100_000_000"})
    void holdsTheRateForOneAndForAHundred(int connections, String rateText) throws Exception {
        long rate = Long.parseLong(rateText.replace("_", ""));
        try (var upstream = saturating(); var pipe = limited(upstream, rate)) {
            var clients = new ArrayList<Socket>();
            for (int i = 0; i < connections; i++) {
                clients.add(client(pipe));
            }
            assertHolds(pipe, rate);
            for (Socket client : clients) {
                TestPipe.reset(client);
            }
        }
    }

    @Test
    void connectionsThatAreIdleTakeNothing() throws Exception {
        try (var upstream = Upstream.on127(RateLimitIT::drain); var pipe = limited(upstream, RATE)) {
            var idle = new ArrayList<Socket>();
            for (int i = 0; i < 500; i++) {
                idle.add(pipe.connect());
            }
            await().until(() -> pipe.meter().open() == 500);
            Socket busy = pipe.connect();
            saturate(busy);
            long start = System.nanoTime();
            await().atMost(Duration.ofSeconds(10)).until(() -> pipe.meter().forwarded(Direction.TX) > RATE);
            double seconds = (System.nanoTime() - start) / 1e9;
            assertTrue(seconds < 2,
                    () -> "500 idle connections held up a busy one: " + seconds + " s for a second's worth");
            for (Socket socket : idle) {
                TestPipe.reset(socket);
            }
            TestPipe.reset(busy);
        }
    }

    @Test
    void manyShortConnectionsHaveNoMoreThanOneLongOne() throws Exception {
        var received = new AtomicLong();
        int size = 10_000;
        try (var upstream = Upstream.on127(socket -> {
            byte[] bytes = new byte[size];
            socket.getInputStream().readNBytes(bytes, 0, size);
            socket.getOutputStream().write(bytes);
        }); var pipe = limited(upstream, RATE / 10)) {
            long start = System.nanoTime();
            long end = start + TimeUnit.SECONDS.toNanos((long) SECONDS);
            var lanes = new ArrayList<Thread>();
            for (int lane = 0; lane < 4; lane++) {
                lanes.add(Thread.ofPlatform().start(() -> {
                    try {
                        while (System.nanoTime() - end < 0) {
                            try (Socket client = pipe.connect()) {
                                client.getOutputStream().write(new byte[size]);
                                client.shutdownOutput();
                                received.addAndGet(client.getInputStream().readAllBytes().length);
                            }
                        }
                    } catch (IOException e) {
                        received.set(Long.MIN_VALUE);
                    }
                }));
            }
            for (Thread lane : lanes) {
                lane.join();
            }
            double seconds = (System.nanoTime() - start) / 1e9 + BURST_SECONDS;
            // The last connections of the lanes come to their end behind the others, one by one.
            double slack = 4.0 * size / (RATE / 10.0 * seconds);
            double rate = received.get() / seconds;
            assertTrue(rate <= RATE / 10.0 * (1 + TOLERANCE), () -> rate + " bytes a second");
            assertTrue(rate >= RATE / 10.0 * (1 - TOLERANCE - slack), () -> rate + " bytes a second");
            await().until(() -> pipe.meter().open() == 0);
            assertEquals(received.get(), pipe.meter().forwarded(Direction.RX));
        }
    }
}
