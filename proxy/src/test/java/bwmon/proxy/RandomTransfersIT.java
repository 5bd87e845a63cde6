package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.meter.ConnectionMeter;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.Target;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import com.typesafe.config.Config;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Ten thousand transfers with random sizes, chunks, half-closes and resets, both directions at once: no byte is lost,
 * doubled or out of order, none is counted wrongly, and a cut stream is never taken for a whole one.
 */
class RandomTransfersIT {
    private static final long SEED = Long.getLong("bwmon.seed", System.nanoTime());
    private static final int LANES = 8;
    private static final int TRANSFERS = Integer.getInteger("bwmon.transfers", 10_000);
    /** Each direction: log-uniform from 1 byte to 64 MiB for one transfer in twelve, to 1 MiB for the others. */
    private static final int MANY_BITS = 20;
    private static final int FEW_BITS = 26;
    private static final int FEW_ONE_IN = 12;

    private final AtomicLong mostPipes = new AtomicLong();

    @TempDir
    private Path folder = Path.of("");

    /** What the peers of a lane counted, and what the pipe said of each connection. */
    private static final class Sums {
        private long txRead;
        private long rxRead;
        private long txForwarded;
        private long rxForwarded;
        private final Map<ConnectionEnd, Long> ends = new EnumMap<>(ConnectionEnd.class);

        void add(FinishedConnection connection) {
            ConnectionMeter meter = connection.meter();
            txRead += meter.read(Direction.TX);
            rxRead += meter.read(Direction.RX);
            txForwarded += meter.forwarded(Direction.TX);
            rxForwarded += meter.forwarded(Direction.RX);
            ends.merge(connection.end(), 1L, Long::sum);
        }
    }

    /** Through the same code, but for what is one way's alone. */
    private static int transfersALane(Way way) {
        return (way == Way.COPY ? TRANSFERS / 4 : TRANSFERS) / LANES;
    }

    @ParameterizedTest
    @EnumSource
    void everyByteArrivesAndIsCountedOnce(Way way) throws Exception {
        int transfers = transfersALane(way);
        long pipesBefore = Descriptors.here().pipes();
        mostPipes.set(pipesBefore);
        var lanes = new ArrayList<Future<Map<ConnectionEnd, Long>>>();
        var all = new EnumMap<ConnectionEnd, Long>(ConnectionEnd.class);
        try (ExecutorService threads = Executors.newFixedThreadPool(LANES)) {
            for (int lane = 0; lane < LANES; lane++) {
                int number = lane;
                lanes.add(threads.submit(() -> lane(way, number, transfers)));
            }
            for (Future<Map<ConnectionEnd, Long>> lane : lanes) {
                lane.get().forEach((end, count) -> all.merge(end, count, Long::sum));
            }
        } catch (Exception e) {
            throw new AssertionError("repeat with -Dbwmon.seed=" + SEED, e);
        }
        assertEquals((long) transfers * LANES, all.values().stream().mapToLong(Long::longValue).sum());
        if (transfers >= 100) {
            assertEquals(List.of(ConnectionEnd.CLOSED, ConnectionEnd.CLIENT_RESET, ConnectionEnd.UPSTREAM_RESET),
                    List.copyOf(all.keySet()), "all ways to end were tried, and no other was met");
            assertEquals(way == Way.SPLICE, mostPipes.get() > pipesBefore, "whether kernel pipes were used");
        }
    }

    private Map<ConnectionEnd, Long> lane(Way way, int lane, int transfers) throws Exception {
        Path file = folder.resolve("access-" + lane + ".log");
        var sums = new Sums();
        var reported = new ArrayList<ByteCounts>();
        try (var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var log = new AccessLog(file);
                var pipe = TestPipe.open(way,
                        TestPipe.spec(TestPipe.options(new Target.Tcp("127.0.0.1", listener.getLocalPort()))), log)) {
            listener.setSoTimeout(30_000);
            try (ScheduledExecutorService collector = Executors.newSingleThreadScheduledExecutor()) {
                var _ = collector.scheduleAtFixedRate(() -> reported.add(pipe.collect()), 1, 7, TimeUnit.MILLISECONDS);
                for (int i = 0; i < transfers; i++) {
                    long seed = SEED + (long) i * LANES + lane;
                    FinishedConnection ended;
                    try {
                        ended = transfer(pipe, listener, new SplittableRandom(seed));
                    } catch (Exception | Error e) {
                        throw new AssertionError("lane " + lane + ", transfer " + i + ", seed " + seed, e);
                    }
                    sums.add(ended);
                }
            }
            reported.add(pipe.collect());
            await().until(() -> pipe.meter().open() == 0);
            // Some are kept for later.
            long pipes = Descriptors.here().pipes();
            mostPipes.accumulateAndGet(pipes, Math::max);

            assertEquals(sums.txRead, pipe.meter().read(Direction.TX));
            assertEquals(sums.rxRead, pipe.meter().read(Direction.RX));
            assertEquals(sums.txForwarded, pipe.meter().forwarded(Direction.TX));
            assertEquals(sums.rxForwarded, pipe.meter().forwarded(Direction.RX));
            assertEquals(sums.ends, pipe.meter().ends());
        }
        assertEquals(ByteCounts.ofPayload(sums.rxForwarded, sums.txForwarded),
                reported.stream().reduce(ByteCounts.ofPayload(0, 0), ByteCounts::plus), "as a source of traffic");
        List<Config> lines = Json.lines(file);
        assertEquals(transfers, lines.size());
        assertEquals(sums.txRead, sum(lines, "client_read_bytes"));
        assertEquals(sums.rxRead, sum(lines, "upstream_read_bytes"));
        assertEquals(sums.txForwarded, sum(lines, "tx_payload_bytes"));
        assertEquals(sums.rxForwarded, sum(lines, "rx_payload_bytes"));
        return sums.ends;
    }

    private static long sum(List<Config> lines, String field) {
        return lines.stream().mapToLong(line -> line.getLong(field)).sum();
    }

    private static FinishedConnection transfer(TestPipe pipe, ServerSocket listener, SplittableRandom random)
            throws IOException, InterruptedException {
        int bits = random.nextInt(FEW_ONE_IN) == 0 ? FEW_BITS : MANY_BITS;
        long up = Plan.size(random, bits);
        long down = Plan.size(random, bits);
        // Six in ten end in order; of the others some are reset from both sides.
        int fate = random.nextInt(20);
        // Two peers that both read late would wait for each other for ever, pipe or no pipe; and one whose peer resets
        // makes the pipe wait for it (see EarlyEndsIT).
        int late = fate < 12 ? random.nextInt(8) : -1;
        Plan clientPlan = Plan.of(random, up, down, late == 0, (fate >= 12 && fate <= 15) || fate == 19);
        Plan serverPlan = Plan.of(random, down, up, late == 1, fate >= 16);

        var client = new Peer(pipe.connect(), clientPlan, serverPlan.pattern(), random.split());
        var server = new Peer(listener.accept(), serverPlan, clientPlan.pattern(), random.split());
        client.join();
        server.join();
        FinishedConnection ended = null;
        try {
            ended = pipe.ended();
            check(client, server, ended);
            return ended;
        } catch (AssertionError e) {
            throw new AssertionError("client " + client + "; server " + server + "; pipe: " + text(ended), e);
        }
    }

    private static String text(@Nullable FinishedConnection ended) {
        return ended == null
                ? "still open"
                : ended.end() + ", up read " + ended.meter().read(Direction.TX) + ", forwarded "
                        + ended.meter().forwarded(Direction.TX) + ", down read " + ended.meter().read(Direction.RX)
                        + ", forwarded " + ended.meter().forwarded(Direction.RX) + ", error " + ended.error();
    }

    private static void check(Peer client, Peer server, FinishedConnection ended) {
        checkDirection(client, server, ended.meter().read(Direction.TX), ended.meter().forwarded(Direction.TX));
        checkDirection(server, client, ended.meter().read(Direction.RX), ended.meter().forwarded(Direction.RX));
        if (client.hasReset() && !server.hasReset()) {
            assertEquals(ConnectionEnd.CLIENT_RESET, ended.end());
        } else if (server.hasReset() && !client.hasReset()) {
            assertEquals(ConnectionEnd.UPSTREAM_RESET, ended.end());
        } else if (server.hasReset()) {
            assertTrue(ended.end() == ConnectionEnd.CLIENT_RESET || ended.end() == ConnectionEnd.UPSTREAM_RESET);
        } else {
            assertEquals(ConnectionEnd.CLOSED, ended.end());
        }
    }

    private static void checkDirection(Peer from, Peer to, long read, long forwarded) {
        assertTrue(read <= from.attempted(), "read what was not sent");
        assertTrue(forwarded <= read, "forwarded what was not read");
        assertTrue(to.received() <= forwarded, "received what was not forwarded");
        if (!from.hasReset() && !to.hasReset()) {
            assertEquals(from.plan().bytes(), from.sent());
            assertEquals(from.sent(), read);
            assertEquals(from.sent(), forwarded);
            assertEquals(from.sent(), to.received());
            assertTrue(to.sawEnd());
            assertFalse(to.sawReset());
        } else if (!to.hasReset()) {
            // Who resets never half-closes before, so its stream is cut, and that has to be told behind its last byte.
            assertEquals(read, forwarded, "something read before the reset was not passed on");
            assertEquals(forwarded, to.received(), "something passed on before the reset did not arrive");
            assertTrue(to.sawReset(), "a reset was not passed on");
            assertFalse(to.sawEnd(), "a cut stream looked whole");
        }
    }
}
