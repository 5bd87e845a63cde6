package bwmon.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

import bwmon.traffic.Direction;
import com.typesafe.config.Config;
import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Readers that stall, on both sides: what the pipe holds for them is bounded, and nothing is lost. */
class BackpressureIT {
    private static final int CONNECTIONS = 200;
    private static final long MOST_A_CONNECTION = 512 * 1024;
    /** A multiple of the buffer, and more than the kernels take for most connections when 200 share its memory. */
    private static final long EACH_WAY = 10 << 20;

    @TempDir
    private Path folder = Path.of("");

    /** Both sides of all connections write, and read only once they are let. */
    private static final class Stall implements AutoCloseable {
        private final CountDownLatch wake = new CountDownLatch(1);
        private final CountDownLatch done = new CountDownLatch(2 * CONNECTIONS);
        private final AtomicLong written = new AtomicLong();
        private final AtomicLong received = new AtomicLong();
        private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        private final List<Socket> clients = new ArrayList<>();
        private final long bytes;
        private final Upstream upstream = Upstream.on127(this::talk);

        Stall(long bytes) {
            this.bytes = bytes;
        }

        @FunctionalInterface
        private interface Connect {
            Socket connect() throws IOException;
        }

        void connect(Connect connect) throws IOException {
            for (int i = 0; i < CONNECTIONS; i++) {
                Socket client = connect.connect();
                clients.add(client);
                Thread.ofVirtual().start(() -> {
                    try {
                        talk(client);
                    } catch (IOException e) {
                        failures.add(e);
                    }
                });
            }
        }

        private void talk(Socket socket) throws IOException {
            var pattern = new Pattern(1);
            Thread writer = Thread.ofVirtual().start(() -> {
                byte[] buffer = new byte[16 * 1024];
                try {
                    for (long sent = 0; sent < bytes; sent += buffer.length) {
                        pattern.fill(buffer, buffer.length, sent);
                        socket.getOutputStream().write(buffer);
                        written.addAndGet(buffer.length);
                    }
                    socket.shutdownOutput();
                } catch (IOException e) {
                    failures.add(e);
                }
            });
            try {
                wake.await();
                byte[] buffer = new byte[16 * 1024];
                InputStream in = socket.getInputStream();
                long got = 0;
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    assertEquals(-1, pattern.mismatch(buffer, count, got));
                    got += count;
                    received.addAndGet(count);
                }
                assertEquals(bytes, got);
                writer.join();
            } catch (InterruptedException | AssertionError e) {
                failures.add(e);
            } finally {
                done.countDown();
            }
        }

        /** Waits until nobody can write any more, and checks that nearly nothing has come through. */
        void awaitStandstill() {
            var last = new AtomicLong(-1);
            await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofSeconds(1))
                    .until(() -> last.getAndSet(written.get()) == written.get());
            assertTrue(written.get() < 2 * CONNECTIONS * bytes, "the senders never had to stop");
            assertEquals(0, received.get());
        }

        void wake() throws InterruptedException {
            wake.countDown();
            done.await();
            assertTrue(failures.isEmpty(), () -> "failed: " + failures);
            assertEquals(2 * CONNECTIONS * bytes, received.get());
        }

        @Override
        public void close() throws IOException {
            wake.countDown();
            for (Socket client : clients) {
                client.close();
            }
            upstream.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void buffersAreBoundedAndGivenBack(Way way) throws Exception {
        try (var stall = new Stall(EACH_WAY); var pipe = TestPipe.to(way, stall.upstream.target())) {
            long before = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
            stall.connect(() -> pipe.connect(64 * 1024));
            stall.awaitStandstill();

            long held = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory() - before;
            assertTrue(held > 0, "the pipe holds nothing: this test stalls nobody");
            assertTrue(held <= CONNECTIONS * MOST_A_CONNECTION, () -> held / CONNECTIONS + " bytes a connection");

            stall.wake();
            await().until(() -> pipe.meter().open() == 0);
            assertEquals(CONNECTIONS * stall.bytes, pipe.meter().forwarded(Direction.TX));
            assertEquals(CONNECTIONS * stall.bytes, pipe.meter().forwarded(Direction.RX));
            await().until(() -> PooledByteBufAllocator.DEFAULT.pinnedDirectMemory() <= before + (1 << 20));
        }
    }

    @Test
    void theProcessStaysSmall() throws Exception {
        int port = RunPipeProcess.freePort();
        try (var stall = new Stall(EACH_WAY);
                var runpipe = RunPipeProcess
                        .start(folder, "--json", "--bind=127.0.0.1", Integer.toString(port), "127.0.0.1",
                                Integer.toString(stall.upstream.port()))
                        .awaitListening()) {
            long before = runpipe.residentBytes();
            stall.connect(() -> RunPipeProcess.connect(port));
            stall.awaitStandstill();

            long grown = runpipe.residentBytes() - before;
            assertTrue(grown <= CONNECTIONS * MOST_A_CONNECTION, () -> grown / CONNECTIONS + " bytes a connection");

            stall.wake();
            Config totals = runpipe.totals();
            assertEquals(CONNECTIONS * stall.bytes, totals.getLong("tx_payload_bytes_total"));
            assertEquals(CONNECTIONS * stall.bytes, totals.getLong("rx_payload_bytes_total"));
        }
    }
}
