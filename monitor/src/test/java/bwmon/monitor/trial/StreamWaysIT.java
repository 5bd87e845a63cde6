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

/** Every call by which a program moves bytes over a stream: payload to the byte at both ends, IP bytes of the devices. */
@Timeout(60)
class StreamWaysIT {
    private static final long BYTES = 1_000_003;

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
            "sendfile, peek", "zerocopy, waitall", "splice, splice", "write, trunc", "send, mmap", "uring, uring",
            "uring-async, uring-async", "uring-polled, uring-polled", "uring-zerocopy, splice"})
    void callsOfEachKind(String sending, String receiving) throws Exception {
        stage.tryOut(Pair.of(sending, receiving, "tcp", Rig.PEER, BYTES));
        stage.tryOut(Pair.of(sending, receiving, "tcp", Rig.PEER_V6, BYTES).down());
    }

    /** Calls of some bytes each. */
    @ParameterizedTest
    @CsvSource({"write, read, 100", "splice, splice, 700", "sendfile, peek, 1500", "uring, mmap, 3000"})
    void smallCalls(String sending, String receiving, int size) throws Exception {
        stage.tryOut(Pair.of(sending, receiving, "tcp", Rig.PEER, 200_003).with("size=" + size));
    }

    @ParameterizedTest
    @CsvSource({"write, read", "sendfile, splice"})
    void mappedAddresses(String sending, String receiving) throws Exception {
        stage.tryOut(Pair.of(sending, receiving, "tcp", "::ffff:" + Rig.PEER, BYTES));
        stage.tryOutReversed(Pair.of(sending, receiving, "tcp", "::ffff:" + Rig.HOST, BYTES));
    }

    /** Loopback carries each packet out and in again. */
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", Rig.HOST})
    void withinTheHost(String address) throws Exception {
        stage.tryOutWithin(Pair.of("write", "read", "tcp", address, BYTES));
        stage.tryOutWithin(Pair.of("splice", "splice", "tcp", address, BYTES).down());
    }

    @ParameterizedTest
    @ValueSource(strings = {Rig.PEER, Rig.PEER_V6})
    void multipath(String address) throws Exception {
        stage.tryOut(Pair.of("write", "read", "mptcp", address, BYTES));
        stage.tryOut(Pair.of("sendmsg", "splice", "mptcp", address, BYTES).down());
    }

    @Test
    void theFirstBytesGoWithTheSyn() throws Exception {
        stage.tryOut(Pair.of("write", "read", "tcp", Rig.PEER, BYTES).with("fastopen=1"));
        stage.tryOut(Pair.of("write", "read", "tcp", Rig.PEER_V6, 1000).with("fastopen=1"));
    }

    /** What one sends who ended its sending, and what the other still sends. */
    @Test
    void halfClosed() throws Exception {
        stage.tryOut(Pair.of("write", "read", "tcp", Rig.PEER, BYTES).with("back=2000003"));
        stage.tryOut(Pair.of("write", "read", "tcp", Rig.PEER_V6, BYTES).down().with("back=2000003"));
    }

    @Test
    void fourInParallel() throws Exception {
        Pair each = Pair.of("write", "read", "tcp", Rig.PEER, BYTES).with("via=many count=4");
        stage.tryOut(each);
        stage.tryOut(each.down());
        stage.tryOutReversed(Pair.of("write", "read", "tcp", Rig.HOST, BYTES).with("via=many count=4"));
    }
}
