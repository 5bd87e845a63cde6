package bwmon.monitor.trial;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * A socket that another process goes on with: the payload is of the process that made the call, to the byte. IP bytes of the
 * first send after the handing over may be the earlier process's; together they have what the devices carried.
 */
@Timeout(60)
class HandoverIT {
    private static final long BYTES = 1_000_003;

    private static Stage stage;

    @BeforeAll
    static void open(@TempDir Path folder) throws Exception {
        stage = Stage.open(Offload.BEFORE_THE_DEVICE, folder);
    }

    @AfterAll
    static void close() throws IOException {
        stage.close();
    }

    @ParameterizedTest
    @CsvSource({"fork, tcp, write, read", "exec, tcp, write, splice", "pass, tcp, sendfile, read",
            "fork, udp, send, recv", "exec, udp, send, recv", "pass, udp, sendmmsg, recvmmsg"})
    void toAnotherProcess(String via, String protocol, String sending, String receiving) throws Exception {
        long bytes = protocol.equals("udp") ? 1_000_000 : BYTES;
        Pair pair = Pair.of(sending, receiving, protocol, Rig.PEER, bytes);
        stage.tryOut(pair.atClient("via=" + via));
        stage.tryOut(pair.down().atClient("via=" + via));
        stage.tryOut(pair.atServer("via=" + via));
        // Who made the connection does not move a byte.
        stage.tryOut(pair.atClient("via=" + via + " own=0"));
        stage.tryOut(pair.down().atClient("via=" + via + " own=0"));
    }

    /** The parent listens, its children accept: nothing is the parent's. */
    @Test
    void childrenAccept() throws Exception {
        String each = "via=many count=4";
        stage.tryOutReversed(Pair.of("write", "read", "tcp", Rig.HOST, BYTES).with(each));
        stage.tryOutReversed(Pair.of("write", "read", "tcp", Rig.HOST_V6, BYTES).down().with(each));
    }

    /** A process that has ended when what it sent goes. */
    @Test
    void sentByTheEndOfTheProcess() throws Exception {
        stage.watch().restart();
        Pair pair = Pair.of("write", "read", "tcp", Rig.PEER, 3_000_000).atServer("hold=1").atClient("end=orphan");
        try (Ways.Run server = stage.ways().start(stage.rig().peer(), pair.server());
                Ways.Run client = stage.ways().start(stage.rig().host(), pair.client(server.port()))) {
            server.awaitHolding();
            List<Moved> here = client.end();
            stage.watch().collect();
            server.goOn();
            List<Moved> there = server.end();
            stage.judge().assertExact("orphan", here, there);
            assertEquals(3_000_000, there.getFirst().received());
        }
    }

    /** The same, and nobody looked before all was over. */
    @Test
    void endedBeforeTheFirstReport() throws Exception {
        stage.tryOut(Pair.of("write", "read", "tcp", Rig.PEER_V6, 100_000).atClient("end=orphan"));
    }
}
