package bwmon.monitor.trial;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import bwmon.monitor.MonitorOptions.Kind;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** Processes in other network namespaces than the monitor's: named as those of its own are. */
@Timeout(60)
class NamespacesIT {
    private static final long BYTES = 2_000_003;
    private static final DeviceCounters NONE = new DeviceCounters(0, 0, 0, 0, 0, 14);

    @TempDir
    private Path folder = Path.of("");

    /** Client in one namespace, server in another; what the processes of the first moved. */
    private static List<Moved> move(Ways ways, NetworkNamespace from, NetworkNamespace to, Pair pair,
            List<Moved> others)
            throws Exception {
        try (Ways.Run server = ways.start(to, pair.server());
                Ways.Run client = ways.start(from, pair.client(server.port()))) {
            List<Moved> moved = client.end();
            others.addAll(server.end());
            return moved;
        }
    }

    private static void assertCarried(String trial, NetworkNamespace namespace, Map<String, DeviceCounters> before,
            Watch watch, List<Moved> processes) throws Exception {
        DeviceCounters device = namespace.call(DeviceCounters::read).getOrDefault("net0", NONE)
                .minus(before.getOrDefault("net0", NONE));
        assertTrue(device.txBytes() > BYTES, "the device carried it");
        for (Direction direction : Direction.values()) {
            watch.assertBytes(trial, device.ip(direction), Judge.anyOf(processes), direction);
        }
    }

    /** The host forwards and translates; the container's process has what its own device carried. */
    @Test
    void aContainerBehindTranslation() throws Exception {
        var ways = new Ways(folder);
        try (Rig rig = Rig.withContainer(Offload.NONE)) {
            rig.host().exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
            rig.host().exec("nft", "add table ip nat; add chain ip nat out { type nat hook postrouting priority srcnat;"
                    + " policy accept; }; add rule ip nat out oifname \"net0\" masquerade");
            try (Watch watch = Watch.open(rig.host(), Kind.EBPF, folder)) {
                Map<String, DeviceCounters> before = rig.container().call(DeviceCounters::read);
                var others = new ArrayList<Moved>();
                var inside = new ArrayList<Moved>();
                for (Pair pair : List.of(Pair.of("write", "read", "tcp", Rig.PEER, BYTES),
                        Pair.of("sendfile", "splice", "tcp", Rig.PEER, BYTES).down(),
                        Pair.of("send", "recv", "udp", Rig.PEER, 1_000_000),
                        Pair.of("send", "recv", "udp", Rig.PEER, 1_000_000).down())) {
                    inside.addAll(move(ways, rig.container(), rig.peer(), pair, others));
                }
                Tally tally = watch.settle();
                System.out.println("trial: container behind translation: " + watch.devices() + tally);
                var judge = new Judge(watch, Offload.NONE);
                judge.assertPayload("container behind translation", inside);
                judge.assertPayload("whom it talks to", others);
                assertCarried("container behind translation", rig.container(), before, watch, inside);
                watch.assertCloses(Offload.NONE);
            }
        }
    }

    /** Two others talk to each other: they have what they moved, and the host's own balance is not changed by it. */
    @Test
    void namespacesThatDoNotKnowEachOther() throws Exception {
        var ways = new Ways(folder);
        try (Rig rig = Rig.open(Offload.NONE);
                Rig stranger = Rig.open(Offload.NONE);
                Watch watch = Watch.open(rig.host(), Kind.EBPF, folder);
                Ways.Run server = ways.start(rig.peer(), own().server());
                Ways.Run otherServer = ways.start(stranger.peer(), other().server())) {
            Map<String, DeviceCounters> before = stranger.host().call(DeviceCounters::read);
            try (Ways.Run client = ways.start(rig.host(), own().client(server.port()));
                    Ways.Run otherClient = ways.start(stranger.host(), other().client(otherServer.port()))) {
                List<Moved> here = client.end();
                List<Moved> strangers = otherClient.end();
                new Judge(watch, Offload.NONE).assertExact("two at once", here, server.end());
                new Judge(watch, Offload.NONE).assertPayload("strangers", strangers);
                new Judge(watch, Offload.NONE).assertPayload("strangers' server", otherServer.end());
                assertCarried("strangers", stranger.host(), before, watch, strangers);
            }
        }
    }

    private static Pair own() {
        return Pair.of("write", "read", "tcp", Rig.PEER, BYTES);
    }

    private static Pair other() {
        return Pair.of("write", "splice", "tcp", Rig.PEER, 3 * BYTES);
    }
}
