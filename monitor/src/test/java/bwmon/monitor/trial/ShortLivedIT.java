package bwmon.monitor.trial;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import bwmon.monitor.MonitorOptions.Kind;
import bwmon.monitor.trial.ShortLived.Worker;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** 500 processes, each of which lives for some milliseconds and moves 32 KiB, every other one receiving them. */
@Timeout(120)
class ShortLivedIT {
    private static final int COUNT = 500;
    private static final int BYTES = 32_768;

    /** The command line is the one of before exec(3), which is all that was to be seen. */
    private static final String STALE = "right process, earlier command line";

    @TempDir
    private Path folder = Path.of("");

    /** Runs all of them, a report once a second (as a program takes them) meanwhile. */
    private static Map<Integer, Worker> run(Process launcher, Watch watch) throws Exception {
        while (!launcher.waitFor(1, TimeUnit.SECONDS)) {
            watch.collect();
        }
        var workers = new HashMap<Integer, Worker>();
        ShortLived.workers(launcher).forEach(worker -> workers.put(worker.pid(), worker));
        assertEquals(COUNT, workers.size());
        return workers;
    }

    /**
     * Of processes of some ten milliseconds nearly all bytes are on the right name. Those that last for one or two are mostly
     * gone before anybody could look who they were: they are EXITED. In neither case is a byte charged to whom it is not of.
     */
    @ParameterizedTest
    @CsvSource({"tcp, 0, 0", "tcp, 8000, 0.95", "udp, 8000, 0.95"})
    void theirBytesAreOnTheRightNames(String protocol, int holdMicros, double share) throws Exception {
        var program = new ShortLived(folder);
        try (Rig rig = Rig.open(Offload.BEFORE_THE_DEVICE)) {
            Process server = program.serve(rig.peer(), protocol);
            try (Watch watch = Watch.open(rig.host(), Kind.CONNTRACK, folder)) {
                Map<Integer, Worker> workers = run(
                        program.launch(rig.host(), protocol, Rig.PEER, COUNT, 90, holdMicros, BYTES), watch);
                Tally tally = watch.settle();
                long all = watch.devices(Direction.RX) + watch.devices(Direction.TX);
                var shares = new TreeMap<String, Long>();
                for (Charge charge : tally.charges()) {
                    shares.merge(judge(charge, workers),
                            Math.max(0, charge.rxBytes()) + Math.max(0, charge.txBytes()), Long::sum);
                }
                long[] lives = workers.values().stream().mapToLong(Worker::lifeMicros).sorted().toArray();
                System.out.printf("trial: short-lived %s, life median %.1f ms, 95th percentile %.1f ms; shares of %d:",
                        protocol, lives[COUNT / 2] / 1000.0, lives[COUNT * 95 / 100] / 1000.0, all);
                shares.forEach((name, bytes) -> System.out.printf(" %s %.2f %%,", name, 100.0 * bytes / all));
                System.out.println();
                watch.assertCloses(Offload.BEFORE_THE_DEVICE);
                assertEquals(0, shares.getOrDefault("wrong", 0L), () -> "charged to whom they are not of" + tally);
                long named = shares.getOrDefault("right", 0L);
                assertTrue(named >= share * all, () -> "shares " + shares + tally);
                long unnamed = shares.getOrDefault("exited", 0L);
                Watch.assertNear("the rest has exited", all, named + unnamed + shares.getOrDefault(STALE, 0L), tally);
                Map<Integer, Long> drawn = workers.values().stream()
                        .collect(Collectors.groupingBy(Worker::localPort, Collectors.counting()));
                for (Worker worker : workers.values()) {
                    if (protocol.equals("udp") && drawn.getOrDefault(worker.localPort(), 0L) > 1) {
                        continue; // Two of them that chance gave the same port are one flow to the kernel.
                    }
                    for (Direction direction : Direction.values()) {
                        long payload = direction == Direction.TX ? worker.sent() : worker.received();
                        long bytes = tally.bytes(Tally.process(worker.pid()), direction);
                        // The headers of 24 packets, and of as many without payload, at most.
                        assertTrue(bytes == 0 || (bytes >= payload && bytes <= payload + 60 * 100),
                                () -> worker + " was charged " + bytes + tally);
                    }
                }
            } finally {
                server.destroy();
            }
        }
    }

    private static String judge(Charge charge, Map<Integer, Worker> workers) {
        if (!charge.kind().equals("process")) {
            return charge.command();
        }
        Worker worker = workers.get(charge.pid());
        if (worker == null || (charge.localPort() != 0 && charge.localPort() != worker.localPort())) {
            return "wrong";
        }
        return charge.command().startsWith("shortlived worker ") ? "right" : STALE;
    }

    /** The clients are elsewhere; what accepts their connections is here, and lives on. */
    @ParameterizedTest
    @CsvSource({"CONNTRACK, tcp", "CONNTRACK, udp", "EBPF, tcp", "EBPF, udp"})
    void theirServerHasAllOfThem(Kind kind, String protocol) throws Exception {
        var program = new ShortLived(folder);
        try (Rig rig = Rig.open(Offload.BEFORE_THE_DEVICE)) {
            Process server = program.serve(rig.host(), protocol);
            try (Watch watch = Watch.open(rig.host(), kind, folder)) {
                Map<Integer, Worker> workers = run(program.launch(rig.peer(), protocol, Rig.HOST, COUNT, 250, 0, BYTES),
                        watch);
                Tally tally = watch.settle();
                int pid = Math.toIntExact(server.pid());
                watch.figure(kind + " short-lived clients of a " + protocol + " server", Tally.process(pid));
                for (Direction direction : Direction.values()) {
                    watch.assertBytes(protocol, watch.devices(direction), Tally.process(pid), direction);
                }
                if (protocol.equals("tcp") || kind == Kind.EBPF) {
                    assertEquals(workers.values().stream().mapToLong(Worker::sent).sum(),
                            tally.payload(Tally.process(pid), Direction.RX), tally::toString);
                    assertEquals(workers.values().stream().mapToLong(Worker::received).sum(),
                            tally.payload(Tally.process(pid), Direction.TX), tally::toString);
                }
                watch.assertCloses(Offload.BEFORE_THE_DEVICE);
                watch.assertAllNamed();
            } finally {
                server.destroy();
            }
        }
    }
}
