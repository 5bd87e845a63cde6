package bwmon.monitor.trial;

import java.nio.file.Path;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same where not the socket cuts what is sent into packets, but the kernel before the device, or the device. */
@Timeout(60)
class OffloadWaysIT {
    private static final long BYTES = 5_000_003;
    private static final long DATAGRAMS = 1_000_000;

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @EnumSource(value = Offload.class, names = {"BEFORE_THE_DEVICE", "BY_THE_DEVICE"})
    void segmentsAreCounted(Offload offload) throws Exception {
        try (Stage stage = Stage.open(offload, folder)) {
            for (String address : new String[]{Rig.PEER, Rig.PEER_V6}) {
                stage.tryOut(Pair.of("write", "read", "tcp", address, BYTES));
                stage.tryOut(Pair.of("sendfile", "splice", "tcp", address, BYTES).down());
                stage.tryOut(Pair.of("zerocopy", "uring", "tcp", address, BYTES));
                stage.tryOut(Pair.of("gso", "gro", "udp", address, DATAGRAMS));
                stage.tryOut(Pair.of("gso", "gro", "udp", address, DATAGRAMS).down());
                if (offload == Offload.BEFORE_THE_DEVICE) {
                    // Else each of the datagrams that the device took as one passes the programs alone, as on a wire.
                    stage.tryOut(Pair.of("gso", "recv", "udp", address, DATAGRAMS).down());
                }
                stage.tryOut(Pair.of("send", "recv", "udp", address, 8000L * 150).with("size=8000"));
            }
            stage.tryOut(Pair.of("write", "read", "mptcp", Rig.PEER, BYTES));
            stage.tryOut(Pair.of("write", "read", "tcp", Rig.PEER, BYTES).with("via=many count=4"));
        }
    }
}
