package bwmon.monitor.trial;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** One packet in a hundred is lost, on the way to the peer and on the way back: what is sent again is carried again. */
@Timeout(60)
class LossIT {
    private static final long BYTES = 5_000_003;
    /** Of packets of up to 64 KiB there are to be some hundreds as well. */
    private static final long BYTES_OF_LARGE_PACKETS = 30_000_003;

    @TempDir
    private Path folder = Path.of("");

    /** What the peer sends is dropped by netem(8) where this kernel has it, else by a rule; what it receives by a rule. */
    private static String lose(NetworkNamespace peer) throws Exception {
        peer.exec("nft", "add table inet own; add chain inet own in { type filter hook input priority 0; };"
                + " add rule inet own in numgen inc mod 100 == 50 drop");
        Process netem = new ProcessBuilder(
                peer.inside("tc", "qdisc", "add", "dev", "net0", "root", "netem", "loss", "1%"))
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        assertTrue(netem.waitFor(10, TimeUnit.SECONDS));
        if (netem.exitValue() == 0) {
            return "netem and nft";
        }
        peer.exec("nft", "add chain inet own out { type filter hook output priority 0; };"
                + " add rule inet own out numgen inc mod 100 == 50 drop");
        return "nft";
    }

    private static long retransmitted(NetworkNamespace namespace) throws Exception {
        // One line of names, one of values: RetransSegs is the 13th of Tcp (proc_pid_net_snmp, RFC 1213).
        List<String> lines = namespace.call(() -> Files.readAllLines(Path.of("/proc/thread-self/net/snmp"))).stream()
                .filter(line -> line.startsWith("Tcp:")).toList();
        return Long.parseLong(lines.get(1).split(" ", -1)[12]);
    }

    @ParameterizedTest
    @EnumSource(Offload.class)
    void whatIsSentAgainIsCarriedAgain(Offload offload) throws Exception {
        try (Stage stage = Stage.open(offload, folder)) {
            String by = lose(stage.rig().peer());
            long bytes = offload == Offload.BY_THE_DEVICE ? BYTES_OF_LARGE_PACKETS : BYTES;
            stage.tryOut(Pair.of("write", "read", "tcp", Rig.PEER, bytes));
            stage.tryOut(Pair.of("write", "splice", "tcp", Rig.PEER_V6, bytes).down());
            long again = retransmitted(stage.rig().host()) + retransmitted(stage.rig().peer());
            System.out.printf("trial: 1 %% lost by %s, %s: %d retransmits%n", by, offload, again);
            assertTrue(again > 0, "something was lost");
        }
    }
}
