package bwmon.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Sides that leave early, by half, by a reset, or without a word. */
@Timeout(120)
@ParameterizedClass
@EnumSource
class EarlyEndsIT {
    private static final int MIB = 1 << 20;

    private final Way way;

    EarlyEndsIT(Way way) {
        this.way = way;
    }

    /** A client that never reads, and never stops to write by itself. */
    private static Thread writeUntilReset(Socket socket) {
        return Thread.ofVirtual().start(() -> {
            try {
                new Pattern(7).send(socket, Long.MAX_VALUE);
            } catch (IOException e) {
                // That is what ends it.
            }
        });
    }

    @Test
    void aResetAtOnceIsPassedOn() throws Exception {
        try (var upstream = Upstream.on127(TestPipe::reset); var pipe = TestPipe.to(way, upstream.target())) {
            for (int i = 0; i < 500; i++) {
                try (Socket client = pipe.connect()) {
                    assertEquals(0, new Pattern(0).readToReset(client));
                }
                assertEquals(ConnectionEnd.UPSTREAM_RESET, pipe.ended().end());
            }
        }
    }

    @Test
    void whatWasSentBeforeAResetArrives() throws Exception {
        var pattern = new Pattern(1);
        try (var upstream = Upstream.on127(socket -> {
            pattern.send(socket, 3000);
            TestPipe.reset(socket);
        }); var pipe = TestPipe.to(way, upstream.target())) {
            for (int i = 0; i < 500; i++) {
                long got;
                try (Socket client = pipe.connect()) {
                    got = pattern.readToReset(client);
                }
                FinishedConnection ended = pipe.ended();
                assertEquals(ConnectionEnd.UPSTREAM_RESET, ended.end());
                assertEquals(got, ended.meter().forwarded(Direction.RX));
                // Of a connection that was made and reset before it looked, java.nio tells the reset only, and closes it.
                if (way != Way.NIO || got > 0) {
                    assertEquals(3000, got, "loopback delivers what is sent before a reset, and so does the pipe");
                }
            }
        }
    }

    @Test
    void halfOfAConnectionGoesOnAsLongAsItsSideTalks() throws Exception {
        var up = new Pattern(1);
        var down = new Pattern(2);
        try (var upstream = Upstream.on127(socket -> {
            down.send(socket, 1000);
            socket.shutdownOutput();
            byte[] all = socket.getInputStream().readAllBytes();
            if (all.length != MIB || up.mismatch(all, all.length, 0) >= 0) {
                throw new IOException("got " + all.length + " bytes");
            }
        }); var pipe = TestPipe.to(way, upstream.target()); Socket client = pipe.connect()) {
            assertEquals(1000, client.getInputStream().readAllBytes().length);
            // The upstream has said all; this side begins only now.
            up.send(client, MIB);
            client.shutdownOutput();
            FinishedConnection ended = pipe.ended();
            assertEquals(ConnectionEnd.CLOSED, ended.end());
            assertEquals(MIB, ended.meter().forwarded(Direction.TX));
        }
    }

    /** An upstream that answers and leaves, while the client still sends: in order, or by a reset. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEarlyAnswerReachesASlowClientBeforeTheReset(boolean ends) throws Exception {
        var pattern = new Pattern(3);
        var answerRead = new CountDownLatch(1);
        try (var upstream = Upstream.on127(socket -> {
            pattern.send(socket, MIB);
            try {
                // Else this kernel would throw away what it has not handed over yet.
                answerRead.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            if (!ends) {
                TestPipe.reset(socket);
            }
        }); var pipe = TestPipe.to(way, upstream.target()); Socket client = pipe.connect(16 * 1024)) {
            Thread writer = writeUntilReset(client);
            await().until(() -> pipe.meter().read(Direction.RX) > 0);
            long slow = 0;
            var buffer = new byte[1000];
            InputStream in = client.getInputStream();
            while (pipe.meter().read(Direction.RX) < MIB) {
                int count = in.read(buffer);
                assertEquals(-1, pattern.mismatch(buffer, count, slow));
                slow += count;
            }
            answerRead.countDown();

            try {
                for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                    assertEquals(-1, pattern.mismatch(buffer, count, slow));
                    slow += count;
                }
            } catch (SocketException e) {
                // Linux tells of a reset once: it may be the writer whom it tells.
            }
            assertEquals(MIB, slow);
            writer.join();
            FinishedConnection ended = pipe.ended();
            assertEquals(ConnectionEnd.UPSTREAM_RESET, ended.end());
            assertEquals(MIB, ended.meter().forwarded(Direction.RX));
            assertTrue(ended.meter().forwarded(Direction.TX) <= ended.meter().read(Direction.TX));
        }
    }

    /** Lets the upstream send until nothing moves any more, and then reset. */
    private static Upstream sendsAllItCanThenResets(Pattern pattern, CountDownLatch full) {
        return Upstream.on127(socket -> {
            Thread.ofVirtual().start(() -> {
                try {
                    pattern.send(socket, Long.MAX_VALUE);
                } catch (IOException e) {
                    // Reset below.
                }
            });
            try {
                full.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            TestPipe.reset(socket);
        });
    }

    private static void awaitStandstill(TestPipe pipe) {
        var last = new AtomicLong(-1);
        await().pollInterval(Duration.ofMillis(300)).until(() -> {
            long read = pipe.meter().read(Direction.RX);
            return read > 0 && last.getAndSet(read) == read;
        });
    }

    @Test
    void aClientThatReadsOnlyAfterItHasWrittenAllGetsToRead() throws Exception {
        var pattern = new Pattern(4);
        var full = new CountDownLatch(1);
        try (var upstream = sendsAllItCanThenResets(pattern, full);
                var pipe = TestPipe.to(way, upstream.target());
                Socket client = pipe.connect()) {
            awaitStandstill(pipe);
            full.countDown();
            new Pattern(5).send(client, 64L * MIB);
            long got = pattern.readToReset(client);
            FinishedConnection ended = pipe.ended();
            assertEquals(ConnectionEnd.UPSTREAM_RESET, ended.end());
            assertEquals(ended.meter().forwarded(Direction.RX), got);
            assertEquals(ended.meter().read(Direction.RX), got);
        }
    }

    @Test
    void aClientThatGoesAwayWhileTheRestIsDeliveredLeavesNothingBehind() throws Exception {
        var full = new CountDownLatch(1);
        try (var upstream = sendsAllItCanThenResets(new Pattern(4), full);
                var pipe = TestPipe.to(way, upstream.target())) {
            Socket client = pipe.connect();
            awaitStandstill(pipe);
            full.countDown();
            TestPipe.reset(client);
            FinishedConnection ended = pipe.ended();
            assertTrue(ended.end() == ConnectionEnd.UPSTREAM_RESET || ended.end() == ConnectionEnd.CLIENT_RESET);
            assertTrue(ended.duration().compareTo(Duration.ofSeconds(9)) < 0, "noticed only by patience");
        }
    }

    @Test
    void bothSidesMayDieWithBytesOnTheWay() throws Exception {
        var full = new CountDownLatch(1);
        try (var upstream = sendsAllItCanThenResets(new Pattern(4), full);
                var pipe = TestPipe.to(way, upstream.target())) {
            for (int i = 0; i < 20; i++) {
                Socket client = pipe.connect();
                Thread writer = writeUntilReset(client);
                if (i == 0) {
                    awaitStandstill(pipe);
                    full.countDown();
                }
                TestPipe.reset(client);
                writer.join();
                pipe.ended();
            }
            await().until(() -> pipe.meter().open() == 0);
        }
    }

    @Test
    void idleConnectionsAreResetAndOthersAreNot() throws Exception {
        try (var upstream = Upstream.echo();
                var pipe = TestPipe.open(way.runtime(),
                        TestPipe.spec(new PipeOptions(upstream.target(), 10, Duration.ofSeconds(5),
                                Duration.ofMillis(700), OptionalLong.empty(), ProxyProtocol.NONE)));
                Socket idle = pipe.connect();
                Socket busy = pipe.connect()) {
            long until = System.nanoTime() + 2_000_000_000L;
            await().pollInterval(Duration.ofMillis(200)).atMost(Duration.ofSeconds(10)).until(() -> {
                busy.getOutputStream().write(1);
                assertEquals(1, busy.getInputStream().read());
                return System.nanoTime() > until;
            });
            assertEquals(0, new Pattern(0).readToReset(idle));
            assertEquals(ConnectionEnd.IDLE_TIMEOUT, pipe.ended().end());
            assertEquals(1, pipe.meter().open());
        }
    }

}
