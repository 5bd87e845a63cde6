package bwmon.monitor.trial;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import bwmon.monitor.MonitorOptions.Kind;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sockets that were there before the monitor: nothing of before is counted, and everything from then on. */
@Timeout(60)
class OpenBeforeIT {
    private static final long BYTES = 2_000_000;

    @TempDir
    private Path folder = Path.of("");

    /** Until all is in the receiver's queue that finds room there: what passes while the monitor opens is not judged. */
    private static void awaitRest(NetworkNamespace namespace) {
        var last = new TreeMap<String, DeviceCounters>();
        Awaitility.await().pollInterval(Duration.ofMillis(60)).until(() -> {
            Map<String, DeviceCounters> now = namespace.call(DeviceCounters::read);
            boolean isQuiet = last.equals(now);
            last.putAll(now);
            return isQuiet;
        });
    }

    /**
     * A connection, or datagrams, that moved some before. At its opening there are bytes in the receiver's queue that it did
     * not take yet: they are received when it takes them.
     *
     * @param sent before, by the sender
     * @param taken before, by the receiver
     */
    @ParameterizedTest
    @CsvSource({"tcp, write, read, true, 100000, 100000", "tcp, write, read, false, 150000, 100000",
            "tcp, splice, splice, true, 100000, 100000", "tcp, write, splice, false, 150000, 100000",
            "tcp, write, splice, true, 150000, 0", "tcp, write, mmap, false, 150000, 100000",
            "tcp, uring, uring, false, 0, 0", "mptcp, write, read, true, 100000, 100000",
            "udp, send, recv, true, 20000, 10000", "udp, send, recv, false, 0, 0"})
    void beganBefore(String protocol, String sending, String receiving, boolean isUp, long sent, long taken)
            throws Exception {
        var ways = new Ways(folder);
        Pair up = Pair.of(sending, receiving, protocol, Rig.PEER, BYTES).receiving(BYTES + sent - taken)
                .with("hold=1");
        String sender = "before=" + sent;
        String receiver = "before=" + taken;
        Pair pair = isUp ? up.atClient(sender).atServer(receiver) : up.down().atServer(sender).atClient(receiver);
        try (Rig rig = Rig.open(Offload.NONE);
                Ways.Run server = ways.start(rig.peer(), pair.server());
                Ways.Run client = ways.start(rig.host(), pair.client(server.port()))) {
            server.awaitHolding();
            client.awaitHolding();
            awaitRest(rig.host());
            try (Watch watch = Watch.open(rig.host(), Kind.EBPF, folder)) {
                watch.collect();
                server.goOn();
                client.goOn();
                List<Moved> here = client.end();
                new Judge(watch, Offload.NONE).assertExact(pair + ", open before", here, server.end());
            }
        }
    }

    /** A socket that listens, and one that waits for datagrams, are met first when something comes. */
    @ParameterizedTest
    @CsvSource({"tcp, write, read", "udp, send, recv"})
    void listenedBefore(String protocol, String sending, String receiving) throws Exception {
        var ways = new Ways(folder);
        Pair pair = Pair.of(sending, receiving, protocol, Rig.HOST, BYTES);
        try (Rig rig = Rig.open(Offload.NONE);
                Ways.Run server = ways.start(rig.host(), pair.server());
                Watch watch = Watch.open(rig.host(), Kind.EBPF, folder);
                Ways.Run client = ways.start(rig.peer(), pair.client(server.port()))) {
            List<Moved> there = client.end();
            new Judge(watch, Offload.NONE).assertExact("listened before, " + protocol, server.end(), there);
        }
    }

    /** Both ends are older than the monitor, and their processes end before its first report. */
    @Test
    void endsBeforeTheFirstReport() throws Exception {
        var ways = new Ways(folder);
        Pair pair = Pair.of("write", "read", "tcp", Rig.PEER_V6, BYTES).with("hold=1 before=10000");
        try (Rig rig = Rig.open(Offload.BEFORE_THE_DEVICE);
                Ways.Run server = ways.start(rig.peer(), pair.server());
                Ways.Run client = ways.start(rig.host(), pair.client(server.port()))) {
            server.awaitHolding();
            client.awaitHolding();
            awaitRest(rig.host());
            try (Watch watch = Watch.open(rig.host(), Kind.EBPF, folder)) {
                server.goOn();
                client.goOn();
                List<Moved> here = client.end();
                new Judge(watch, Offload.BEFORE_THE_DEVICE).assertExact("ended", here, server.end());
            }
        }
    }
}
