package bwmon.monitor.trial;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import bwmon.monitor.MonitorOptions.Kind;
import bwmon.monitor.trial.ShortLived.Worker;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Churn of 1,000 processes a minute: nothing is lost, and nothing grows. For 15 seconds, or as many as the system property
 * {@code bwmon.soak.seconds} says: {@code mvn verify -Dit.test=SoakIT -Dbwmon.soak.seconds=300}.
 */
@Timeout(3600)
class SoakIT {
    private static final int SECONDS = Integer.getInteger("bwmon.soak.seconds", 15);
    private static final int WARM_UP_SECONDS = 5;
    private static final int PER_SECOND = 17;
    private static final int BYTES = 4096;
    /** Entries of those that the last reports may not have forgotten yet, and of whoever else lives on this machine. */
    private static final long ENTRIES = 6 * PER_SECOND;
    /** Of heap: what the trial itself keeps of each report is in it. */
    private static final long GROWTH = 32 << 20;

    @TempDir
    private Path folder = Path.of("");

    /** What a monitor that leaks would have more of. */
    private record Held(long descriptors, long entries, long heap) {
        static Held now() throws Exception {
            System.gc();
            long heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
                return new Held(descriptors.count(), KernelObjects.entries(), heap);
            }
        }
    }

    @Test
    void nothingGrows() throws Exception {
        var program = new ShortLived(folder);
        try (Rig rig = Rig.open(Offload.NONE)) {
            Process server = program.serve(rig.peer(), "tcp");
            try (Watch watch = Watch.open(rig.host(), Kind.EBPF, folder)) {
                int warm = WARM_UP_SECONDS * PER_SECOND;
                var workers = new ArrayList<>(
                        run(program.launch(rig.host(), "tcp", Rig.PEER, warm, PER_SECOND, 2000, BYTES), watch));
                Held before = Held.now();
                int count = SECONDS * PER_SECOND;
                workers.addAll(run(program.launch(rig.host(), "tcp", Rig.PEER, count, PER_SECOND, 2000, BYTES), watch));
                assertEquals(warm + count, workers.size());
                Tally tally = watch.settle();
                Held after = Held.now();
                System.out.printf("trial: soak of %d s, %d processes: %s, then %s%n", SECONDS, count, before, after);
                Set<Integer> pids = workers.stream().map(Worker::pid).collect(Collectors.toSet());
                Predicate<Charge> churn = charge -> charge.command().startsWith("shortlived")
                        && pids.contains(charge.pid());
                for (Direction direction : Direction.values()) {
                    assertEquals(
                            workers.stream().mapToLong(w -> direction == Direction.TX ? w.sent() : w.received()).sum(),
                            tally.payload(churn, direction), "payload " + direction.label());
                    watch.assertBytes("soak", watch.devices(direction), churn, direction);
                }
                watch.assertCloses(Offload.NONE);
                watch.assertAllNamed();
                assertEquals(pids, tally.charges().stream().filter(churn).map(Charge::pid).collect(Collectors.toSet()),
                        "all are named");
                assertTrue(after.descriptors() <= before.descriptors() + 2, after::toString);
                assertTrue(after.entries() <= before.entries() + ENTRIES, after::toString);
                assertTrue(after.heap() <= before.heap() + GROWTH, after::toString);
            } finally {
                server.destroy();
            }
        }
    }

    private static List<Worker> run(Process launcher, Watch watch) throws Exception {
        // Read meanwhile: what a pipe has no room for would stop the churn.
        try (ExecutorService reader = Executors.newSingleThreadExecutor()) {
            Future<List<Worker>> workers = reader.submit(() -> ShortLived.workers(launcher));
            while (!launcher.waitFor(1, TimeUnit.SECONDS)) {
                watch.collect();
            }
            return workers.get();
        }
    }
}
