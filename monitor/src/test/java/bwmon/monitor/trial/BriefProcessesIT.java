package bwmon.monitor.trial;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import bwmon.monitor.MonitorOptions.Kind;
import bwmon.monitor.trial.ShortLived.Worker;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Processes that have ended long before the next report: none is missed, and each is charged with what it moved. */
@Timeout(60)
class BriefProcessesIT {
    private static final int PACE = 250;

    @TempDir
    private Path folder = Path.of("");

    /** 500 of under 20 ms, each of which moves 32 KiB, every other one receiving. */
    @ParameterizedTest
    @ValueSource(strings = {"tcp", "udp"})
    void eachIsNamed(String protocol) throws Exception {
        var program = new ShortLived(folder);
        try (Rig rig = Rig.open(Offload.NONE)) {
            Process server = program.serve(rig.peer(), protocol);
            try (Watch watch = Watch.open(rig.host(), Kind.EBPF, folder)) {
                Process launcher = program.launch(rig.host(), protocol, Rig.PEER, 500, PACE, 0, 32_768);
                judge("500 brief " + protocol, watch, launcher, 500, Math.toIntExact(server.pid()));
            } finally {
                server.destroy();
            }
        }
    }

    /** 400 that send 200 bytes each, and end. */
    @ParameterizedTest
    @ValueSource(strings = {"tcp", "udp"})
    void eachThatSentAFewBytesIsNamed(String protocol) throws Exception {
        var program = new ShortLived(folder);
        try (Rig rig = Rig.open(Offload.NONE)) {
            Process server = program.serve(rig.peer(), protocol);
            try (Watch watch = Watch.open(rig.host(), Kind.EBPF, folder)) {
                Process launcher = program.launchSenders(rig.host(), protocol, 400, PACE, 200);
                judge("400 of 200 bytes " + protocol, watch, launcher, 400, Math.toIntExact(server.pid()));
            } finally {
                server.destroy();
            }
        }
    }

    private static void judge(String trial, Watch watch, Process launcher, int count, int server) throws Exception {
        while (!launcher.waitFor(1, TimeUnit.SECONDS)) {
            watch.collect();
        }
        List<Worker> workers = ShortLived.workers(launcher);
        assertEquals(count, workers.size());
        Tally tally = watch.settle();
        assertAll(trial, workers.stream().map(worker -> () -> assertPayload(worker, tally)));
        long short20 = workers.stream().filter(worker -> worker.lifeMicros() < 20_000).count();
        long unknown = workers.stream().filter(worker -> !hasCommand(worker, tally)).count();
        System.out.printf("trial: %s: %d of %d lived for under 20 ms; of %d only the name was known, not the command%n",
                trial, short20, count, unknown);
        Predicate<Charge> one = charge -> charge.command().startsWith("shortlived")
                && workers.stream().anyMatch(worker -> worker.pid() == charge.pid());
        watch.figure(trial, one);
        for (Direction direction : Direction.values()) {
            watch.assertBytes(trial, watch.devices(direction), one, direction);
            long all = workers.stream().mapToLong(worker -> payload(worker, direction)).sum();
            assertEquals(all, tally.payload(Tally.process(server), direction.opposite()), "their server");
        }
        watch.assertCloses(Offload.NONE);
        watch.assertAllNamed();
    }

    private static long payload(Worker worker, Direction direction) {
        return direction == Direction.TX ? worker.sent() : worker.received();
    }

    private static void assertPayload(Worker worker, Tally tally) {
        Predicate<Charge> its = Tally.process(worker.pid());
        for (Direction direction : Direction.values()) {
            assertEquals(payload(worker, direction), tally.payload(its, direction), worker::toString);
        }
        List<Charge> charges = tally.charges().stream().filter(its).toList();
        assertFalse(charges.isEmpty(), worker::toString);
        for (Charge charge : charges) {
            assertTrue(charge.command().startsWith("shortlived worker ") || charge.command().equals("shortlived"),
                    charge::toString);
            assertTrue(charge.localPort() == 0 || charge.localPort() == worker.localPort(), charge::toString);
        }
    }

    private static boolean hasCommand(Worker worker, Tally tally) {
        return tally.charges().stream().filter(Tally.process(worker.pid()))
                .allMatch(charge -> charge.command().startsWith("shortlived worker "));
    }
}
