package bwmon.monitor.trial;

import java.io.IOException;
import java.nio.file.Path;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every call by which a program moves datagrams: payload as the calls gave it back, IP bytes of the devices. */
@Timeout(60)
class DatagramWaysIT {
    private static final long BYTES = 1_000_000;

    private static Stage stage;

    @BeforeAll
    static void open(@TempDir Path folder) throws Exception {
        stage = Stage.open(Offload.NONE, folder);
    }

    @AfterAll
    static void close() throws IOException {
        stage.close();
    }

    @ParameterizedTest
    @CsvSource({"write, read", "send, recv", "sendto, recvfrom", "writev, readv", "sendmsg, recvmsg",
            "sendmmsg, recvmmsg",
            "zerocopy, peek", "sendfile, waitall", "splice, splice", "gso, gro", "uring, uring",
            "uring-async, uring-async", "uring-polled, uring-polled", "uring-zerocopy, recv"})
    void callsOfEachKind(String sending, String receiving) throws Exception {
        stage.tryOut(Pair.of(sending, receiving, "udp", Rig.PEER, BYTES));
        stage.tryOut(Pair.of(sending, receiving, "udp", Rig.PEER_V6, BYTES).down());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sendto", "sendmsg", "sendmmsg", "gso"})
    void unconnected(String sending) throws Exception {
        stage.tryOut(Pair.of(sending, "recv", "udp", Rig.PEER, BYTES).with("unconnected=1"));
        stage.tryOut(Pair.of(sending, "recv", "udp", Rig.PEER_V6, BYTES).down().with("unconnected=1"));
    }

    @Test
    void mappedAddresses() throws Exception {
        stage.tryOut(Pair.of("sendto", "recvfrom", "udp", "::ffff:" + Rig.PEER, BYTES).with("unconnected=1"));
        stage.tryOutReversed(Pair.of("send", "recv", "udp", "::ffff:" + Rig.HOST, BYTES));
    }

    /** Of 1000 bytes the buffer takes 100: that is what was received, unless the call is asked for the true length. */
    @ParameterizedTest
    @CsvSource({"short, 100000", "trunc, 1000000"})
    void cutOff(String receiving, long received) throws Exception {
        stage.tryOut(Pair.of("send", receiving, "udp", Rig.PEER, BYTES).down().receiving(received));
        stage.tryOut(Pair.of("send", receiving, "udp", Rig.PEER_V6, BYTES).receiving(received));
    }

    /** IP packets of 64 bytes. */
    @Test
    void smallPackets() throws Exception {
        stage.tryOut(Pair.of("send", "recv", "udp", Rig.PEER, 36L * 20_000).with("size=36"));
        stage.tryOut(Pair.of("sendmmsg", "recvmmsg", "udp", Rig.PEER, 36L * 20_000).down().with("size=36"));
    }

    /** Each datagram goes in several packets, every one of which has a header. */
    @ParameterizedTest
    @ValueSource(strings = {Rig.PEER, Rig.PEER_V6})
    void fragments(String address) throws Exception {
        stage.tryOut(Pair.of("send", "recv", "udp", address, 8000L * 150).with("size=8000"));
        stage.tryOut(Pair.of("send", "recv", "udp", address, 8000L * 150).down().with("size=8000"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", Rig.HOST})
    void withinTheHost(String address) throws Exception {
        stage.tryOutWithin(Pair.of("send", "recv", "udp", address, BYTES));
        stage.tryOutWithin(Pair.of("gso", "gro", "udp", address, BYTES).down());
    }

    @Test
    void fourInParallel() throws Exception {
        Pair four = Pair.of("send", "recv", "udp", Rig.PEER, 250_000).receiving(BYTES);
        stage.tryOut(four.atClient("via=many count=4"));
        Pair small = Pair.of("sendto", "recvmmsg", "udp", Rig.PEER, 36 * 5_000).receiving(36 * 20_000).with("size=36");
        stage.tryOut(small.atClient("via=many count=4 unconnected=1"));
    }
}
