package bwmon.monitor.trial;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import bwmon.monitor.MonitorOptions;
import bwmon.monitor.MonitorOptions.Kind;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import bwmon.traffic.SocketState;
import bwmon.traffic.Ticker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Counting that was off when the monitor came, and is off again when it has gone. */
@Timeout(120)
class AccountingIT {
    private static final long BYTES = 5_000_000;

    @TempDir
    private Path folder = Path.of("");

    /** What a monitor may switch on, and all rules. */
    private static String state(NetworkNamespace namespace) throws Exception {
        return namespace.call(() -> {
            var values = new ArrayList<String>();
            for (String name : List.of("acct", "timestamp", "events", "udp_timeout", "tcp_loose")) {
                values.add(name + " "
                        + Files.readString(Path.of("/proc/sys/net/netfilter/nf_conntrack_" + name)).strip());
            }
            return values + "\n";
        }) + namespace.exec("nft", "list", "ruleset");
    }

    /** Tracks connections, and does not count them. */
    private static void trackWithoutCounting(NetworkNamespace namespace) throws Exception {
        namespace.exec("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=0");
        namespace.exec("nft", "add table inet own; add chain inet own in { type filter hook input priority 0; };"
                + " add rule inet own in ct state established counter");
    }

    /**
     * A connection that was there before. Where it was not tracked at all it is picked up and counted; where it was tracked
     * but not counted it never will be: its payload is known from the socket, and its IP bytes are worked out from that.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatBeganBeforeIsRightFromThenOn(boolean wasTracked) throws Exception {
        try (Rig rig = Rig.open(Offload.BEFORE_THE_DEVICE);
                Ends client = Ends.start(rig.host(), folder);
                Ends server = Ends.start(rig.peer(), folder)) {
            if (wasTracked) {
                trackWithoutCounting(rig.host());
            }
            int port = server.number("tcp l 0.0.0.0 0");
            client.number("connect c " + Rig.PEER + " " + port);
            server.ask("accept c l");
            client.send("c", server, "c", BYTES);
            server.send("c", client, "c", BYTES);
            try (Watch watch = Watch.open(rig.host(), Kind.CONNTRACK, folder)) {
                for (int round = 0; round < 3; round++) {
                    client.send("c", server, "c", BYTES);
                    watch.collect();
                    server.send("c", client, "c", 2 * BYTES);
                }
                Tally tally = watch.settle();
                List<SocketState> sockets = watch.sockets().sockets().stream()
                        .filter(socket -> socket.owner() instanceof Owner.Process process
                                && process.id().pid() == client.pid() && socket.flow().remote().port() == port)
                        .toList();
                assertEquals(1, sockets.size(), watch.sockets()::toString);
                assertEquals(!wasTracked, sockets.getFirst().isCounted());
                watch.figure("began before, " + (wasTracked ? "tracked without being counted" : "not tracked"),
                        Tally.process(client.pid()));
                assertEquals(3 * BYTES, tally.payload(Tally.process(client.pid()), Direction.TX), tally::toString);
                assertEquals(6 * BYTES, tally.payload(Tally.process(client.pid()), Direction.RX), tally::toString);
                for (Direction direction : Direction.values()) {
                    watch.assertBytes("began before", watch.device("net0", direction), Tally.process(client.pid()),
                            direction);
                }
                watch.assertCloses(Offload.BEFORE_THE_DEVICE);
            }
        }
    }

    /** A datagram socket has no counters, so that nobody knows what a flow moves that is not counted: it is untracked. */
    @Test
    void datagramsThatAreNotCountedAreNotZero() throws Exception {
        try (Rig rig = Rig.open(Offload.NONE);
                Ends client = Ends.start(rig.host(), folder);
                Ends server = Ends.start(rig.peer(), folder)) {
            trackWithoutCounting(rig.host());
            int port = server.number("udp s 0.0.0.0 0");
            client.number("udp s 0.0.0.0 0");
            server.tell("echo s 100");
            client.ask("datagrams s 100 1000 " + Rig.PEER + " " + port);
            server.awaitDone();
            try (Watch watch = Watch.open(rig.host(), Kind.CONNTRACK, folder)) {
                server.tell("echo s 1000");
                client.ask("datagrams s 1000 1000 " + Rig.PEER + " " + port);
                server.awaitDone();
                Tally tally = watch.settle();
                System.out.println("trial: datagrams not counted: " + watch.devices() + tally);
                for (Charge charge : tally.charges()) {
                    assertTrue(charge.pid() != client.pid() || charge.txBytes() != 0, charge::toString);
                }
                for (Direction direction : Direction.values()) {
                    long charged = tally.bytes(Tally.process(client.pid()), direction);
                    watch.assertBytes("untracked", watch.device("net0", direction) - charged,
                            Tally.cause("untracked"), direction);
                }
                watch.assertCloses(Offload.NONE);
                assertTrue(watch.notices().stream().anyMatch(notice -> notice.contains("count")),
                        watch.notices()::toString);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "PROC"})
    void theHostIsLeftAsItWas(Kind kind) throws Exception {
        try (Rig rig = Rig.open(Offload.NONE)) {
            trackWithoutCounting(rig.host());
            String before = state(rig.host());
            try (Watch watch = Watch.open(rig.host(), kind, folder)) {
                watch.collect();
                assertNotEquals(before, state(rig.host()), "counting is on");
                assertFalse(watch.notices().isEmpty());
            }
            assertEquals(before, state(rig.host()));
            try (Watch watch = Watch.open(rig.host(),
                    new MonitorOptions(kind, Path.of("/proc"), folder, Ticker.SYSTEM, false))) {
                watch.collect();
                assertEquals(before, state(rig.host()), "nothing was to be set up");
                assertTrue(watch.notices().stream().anyMatch(notice -> notice.contains("count")),
                        watch.notices()::toString);
            }
            assertEquals(before, state(rig.host()));
        }
    }

    /** The table goes with its owner; the setting is put back by the next one that comes. */
    @Test
    void afterKillTheNextOnePutsBack() throws Exception {
        try (Rig rig = Rig.open(Offload.NONE)) {
            String before = state(rig.host());
            RemoteMonitor child = RemoteMonitor.open(rig.host(), List.of(), System.getProperty("java.class.path"),
                    Kind.CONNTRACK, folder);
            try {
                child.collect();
                assertNotEquals(before, state(rig.host()), "counting is on");
            } finally {
                child.kill();
            }
            await().until(() -> rig.host().exec("nft", "list", "ruleset").isEmpty());
            Watch.open(rig.host(), Kind.CONNTRACK, folder).close();
            assertEquals(before, state(rig.host()));
        }
    }
}
