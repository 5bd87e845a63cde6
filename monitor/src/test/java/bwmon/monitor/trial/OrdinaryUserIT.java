package bwmon.monitor.trial;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import bwmon.monitor.MonitorOptions.Kind;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A monitor without any capability: it shows what its user may see, and says what is missing. */
@Timeout(120)
class OrdinaryUserIT {
    /** setpriv(1) to the overflow user, nobody. */
    private static final List<String> NOBODY = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
    private static final long BYTES = 1_000_000;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void seesItsOwnProcessesAndSaysWhatIsMissing() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "setpriv(1) is not installed");
        var program = new ShortLived(folder);
        String classPath = RemoteMonitor.readableClassPath(folder);
        try (Rig rig = Rig.open(Offload.NONE)) {
            Process server = program.serve(rig.peer(), "tcp");
            Process own = null;
            Process others = null;
            try (RemoteMonitor monitor = RemoteMonitor.open(rig.host(), NOBODY, classPath, Kind.AUTO, folder)) {
                System.out.println("trial: an ordinary user is told: " + monitor.notices());
                String[] words = {"worker", "tcp", Rig.PEER, ShortLived.PORT, "0", Long.toString(BYTES), "60000000"};
                own = program.start(rig.host(), NOBODY, words);
                others = program.start(rig.host(), List.of(), words);
                int mine = Math.toIntExact(own.pid());
                Tally tally = monitor.tally();
                await().untilAsserted(() -> {
                    monitor.collect();
                    assertEquals(BYTES, tally.payload(Tally.process(mine), Direction.RX), tally::toString);
                    assertEquals(2 * BYTES, tally.payload(charge -> true, Direction.RX), tally::toString);
                });
                assertEquals(BYTES, tally.payload(Tally.cause("no-permission"), Direction.RX), tally::toString);
                for (Charge charge : tally.charges()) {
                    if (charge.pid() == mine && charge.rxPayload() > 0) {
                        assertTrue(charge.rxBytes() == -1 || charge.rxBytes() > charge.rxPayload(),
                                () -> "IP bytes are right or absent" + charge);
                    }
                }
                String said = String.join("\n", monitor.notices()).toLowerCase(Locale.ROOT);
                assertFalse(said.isEmpty());
                assertTrue(said.contains("cap_net_admin"), said);
                assertTrue(said.contains("cap_sys_ptrace") || said.contains("no-permission"), said);
            } finally {
                for (Process process : new Process[]{own, others, server}) {
                    if (process != null) {
                        process.destroy();
                    }
                }
            }
        }
    }
}
