package bwmon.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Bulk streams that share an event loop and its kernel pipes. */
@Timeout(180)
class ManyBulkIT {
    private static final long SEED = Long.getLong("bwmon.seed", System.nanoTime());
    private static final int MIB = 1 << 20;
    /** Bounds that the pool of a loop states: pipes in use, and kept. */
    private static final int MOST_PIPES = 128;
    private static final int SPARE_PIPES = 16;

    /** Sends what the client asks for: the seed of a pattern, how much of it, and after how many bytes to reset (or -1). */
    private static Upstream onDemand() {
        return Upstream.on127(socket -> {
            ByteBuffer order = ByteBuffer.wrap(socket.getInputStream().readNBytes(24));
            var pattern = new Pattern(order.getLong());
            long bytes = order.getLong();
            long reset = order.getLong();
            pattern.send(socket, reset < 0 ? bytes : reset);
            if (reset >= 0) {
                TestPipe.reset(socket);
            } else {
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            }
        });
    }

    private static void order(Socket client, long seed, long bytes, long reset) throws IOException {
        client.getOutputStream().write(ByteBuffer.allocate(24).putLong(seed).putLong(bytes).putLong(reset).array());
    }

    /** Reads that pattern up to the end or a reset, or as many bytes as that; gives how many. */
    private static long read(Socket client, long seed, long most) throws IOException {
        var pattern = new Pattern(seed);
        byte[] buffer = new byte[128 * 1024];
        InputStream in = client.getInputStream();
        long got = 0;
        try {
            while (got < most) {
                int count = in.read(buffer);
                if (count < 0) {
                    return got;
                }
                assertEquals(-1, pattern.mismatch(buffer, count, got), "somebody else's bytes");
                got += count;
            }
        } catch (SocketException e) {
            // Reset, as ordered.
        }
        return got;
    }

    @Test
    void stalledStreamsHaveABoundedNumberOfPipesAndTheOthersGoOn() throws Exception {
        int streams = 300;
        long bytes = 8L * MIB;
        Descriptors before = Descriptors.here();
        try (var upstream = onDemand();
                var pipe = TestPipe.open(Way.SPLICE.runtime(1), TestPipe.spec(TestPipe.options(upstream.target())))) {
            long pipesBefore = Descriptors.here().pipes();
            var clients = new ArrayList<Socket>();
            for (int i = 0; i < streams; i++) {
                clients.add(pipe.connect());
                order(clients.get(i), i, bytes, -1);
            }
            var last = new AtomicLong(-1);
            await().pollInterval(Duration.ofMillis(500)).atMost(Duration.ofSeconds(60)).until(() -> {
                long read = pipe.meter().read(Direction.RX);
                return last.getAndSet(read) == read && pipe.meter().open() == streams;
            });
            assertEquals(MOST_PIPES, Descriptors.here().pipes() - pipesBefore);
            long held = pipe.meter().read(Direction.RX) - pipe.meter().forwarded(Direction.RX);
            assertTrue(held <= MOST_PIPES * (long) MIB + (streams - MOST_PIPES) * 128L * 1024, () -> held + " bytes");

            // There is no pipe for this one.
            try (Socket other = pipe.connect()) {
                order(other, 77, 64L * MIB, -1);
                assertEquals(64L * MIB, read(other, 77, Long.MAX_VALUE));
            }
            assertEquals(ConnectionEnd.CLOSED, pipe.ended().end());

            for (int i = 0; i < streams; i++) {
                assertEquals(bytes, read(clients.get(i), i, Long.MAX_VALUE));
                clients.get(i).close();
            }
            await().until(() -> pipe.meter().open() == 0);
            assertEquals(pipe.meter().read(Direction.RX), pipe.meter().forwarded(Direction.RX));
            assertEquals(SPARE_PIPES, Descriptors.here().pipes() - pipesBefore, "kept for later");
        }
        await().untilAsserted(() -> assertEquals(before.pipes(), Descriptors.here().pipes()));
        await().untilAsserted(() -> assertEquals(before.sockets(), Descriptors.here().sockets()));
    }

    /** Whose stream is cut while bytes are in a pipe, leaves none of them to who gets that pipe next. */
    @ParameterizedTest
    @EnumSource
    void nobodyGetsBytesOfAnother(Way way) throws Exception {
        int lanes = 32;
        int transfers = way == Way.SPLICE ? 60 : 20;
        var failures = new ConcurrentLinkedQueue<Throwable>();
        try (var upstream = onDemand();
                var pipe = TestPipe.open(way.runtime(1), TestPipe.spec(TestPipe.options(upstream.target())))) {
            var threads = new ArrayList<Thread>();
            var received = new AtomicLong();
            for (int lane = 0; lane < lanes; lane++) {
                var random = new SplittableRandom(SEED + lane);
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        for (int i = 0; i < transfers; i++) {
                            received.addAndGet(cutSomewhere(pipe, random));
                        }
                    } catch (IOException | RuntimeException | Error e) {
                        failures.add(e);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertTrue(failures.isEmpty(), () -> "repeat with -Dbwmon.seed=" + SEED + ": " + failures);
            await().atMost(Duration.ofSeconds(30)).until(() -> pipe.meter().open() == 0);
            long read = 0;
            long forwarded = 0;
            var ends = new ArrayList<ConnectionEnd>();
            for (int i = 0; i < lanes * transfers; i++) {
                var ended = pipe.ended();
                ends.add(ended.end());
                read += ended.meter().read(Direction.RX);
                forwarded += ended.meter().forwarded(Direction.RX);
                assertTrue(ended.meter().forwarded(Direction.RX) <= ended.meter().read(Direction.RX));
                assertEquals(24, ended.meter().forwarded(Direction.TX));
            }
            assertEquals(read, pipe.meter().read(Direction.RX));
            assertEquals(forwarded, pipe.meter().forwarded(Direction.RX));
            assertTrue(received.get() <= forwarded);
            assertTrue(ends.containsAll(
                    List.of(ConnectionEnd.CLOSED, ConnectionEnd.CLIENT_RESET, ConnectionEnd.UPSTREAM_RESET)));
        }
    }

    private static long cutSomewhere(TestPipe pipe, SplittableRandom random) throws IOException {
        long seed = random.nextLong();
        long bytes = random.nextLong(4L * MIB);
        int fate = random.nextInt(3);
        // A small buffer fills a pipe, and makes the rest slow on loopback, where segments are larger.
        boolean small = fate == 2 && random.nextBoolean();
        try (Socket client = pipe.connect(small ? 16 * 1024 : 0)) {
            long reset = fate == 1 ? random.nextLong(bytes + 1) : -1;
            order(client, seed, bytes, reset);
            if (fate == 2) {
                long got = read(client, seed, random.nextLong(small ? Math.min(bytes, 128 * 1024) + 1 : bytes + 1));
                TestPipe.reset(client);
                return got;
            }
            long got = read(client, seed, Long.MAX_VALUE);
            assertEquals(fate == 0 ? bytes : Math.min(got, reset), got);
            return got;
        }
    }

    /** Eight streams that never end, and one exchange after another beside them, on one loop. */
    @ParameterizedTest
    @EnumSource
    void smallExchangesHaveTheirTurnBesideBulk(Way way) throws Exception {
        var stop = new AtomicBoolean();
        var done = new CountDownLatch(8);
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        try (var bulk = onDemand();
                var echo = Upstream.echo();
                var pipes = TwoPipes.open(way, bulk, echo);
                Socket client = pipes.connect(1)) {
            for (int i = 0; i < 8; i++) {
                int seed = i;
                Thread.ofPlatform().daemon().start(() -> {
                    try (Socket stream = pipes.connect(0)) {
                        order(stream, seed, Long.MAX_VALUE, -1);
                        byte[] buffer = new byte[256 * 1024];
                        while (!stop.get() && stream.getInputStream().read(buffer) >= 0) {
                            // On and on.
                        }
                        TestPipe.reset(stream);
                    } catch (IOException e) {
                        failures.add(new UncheckedIOException(e));
                    } finally {
                        done.countDown();
                    }
                });
            }
            await().until(() -> pipes.read(0) > 8L * 64 * MIB);
            var nanos = new ArrayList<Long>();
            for (int i = 0; i < 400; i++) {
                long begin = System.nanoTime();
                client.getOutputStream().write(i);
                assertEquals(i & 0xff, client.getInputStream().read());
                nanos.add(System.nanoTime() - begin);
            }
            stop.set(true);
            done.await();
            assertTrue(failures.isEmpty(), failures::toString);
            long p99 = nanos.stream().sorted().skip(396).findFirst().orElseThrow();
            assertTrue(p99 < 200_000_000, () -> p99 / 1_000_000 + " ms");
        }
    }
}
