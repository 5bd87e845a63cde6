package bwmon.monitor.trial;

import java.nio.file.Path;
import java.util.function.Predicate;

import bwmon.monitor.MonitorOptions.Kind;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Traffic that the host passes on for a container, and traffic of its own that it translates. */
@Timeout(120)
class ForwardingIT {
    private static final long UP = 4_000_000;
    private static final long DOWN = 10_000_000;
    private static final int COUNT = 2000;
    private static final int SIZE = 1000;

    @TempDir
    private Path folder = Path.of("");

    /** A host that forwards, and translates by one rule. */
    private static Rig router(String hook, String rule) throws Exception {
        Rig rig = Rig.withContainer(Offload.NONE);
        boolean isReady = false;
        try {
            rig.host().exec("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
            if (!rule.isEmpty()) {
                rig.host().exec("nft", "add table ip nat; add chain ip nat translate { type nat hook " + hook
                        + "; policy accept; }; add rule ip nat translate " + rule);
            }
            isReady = true;
            return rig;
        } finally {
            if (!isReady) {
                rig.close();
            }
        }
    }

    private static void move(Ends client, Ends server, String address, int asked, Watch watch) throws Exception {
        client.number("connect c " + address + " " + asked);
        server.ask("accept c l");
        client.send("c", server, "c", UP);
        watch.collect();
        server.send("c", client, "c", DOWN);
        client.ask("close c");
        server.ask("eof c");
        server.ask("close c");
    }

    /**
     * The container has what it received and sent, which is what its own device transmitted and received; the other half of
     * each passage, on the other device, is nobody's.
     */
    private static void assertIsTheContainers(String trial, Watch watch, String address) throws Exception {
        Tally tally = watch.settle();
        Predicate<Charge> container = Tally.hostOf(address);
        System.out.println("trial: " + trial + ": " + watch.devices() + tally);
        watch.assertBytes(trial, watch.device("box0", Direction.TX), container, Direction.RX);
        watch.assertBytes(trial, watch.device("box0", Direction.RX), container, Direction.TX);
        for (Direction direction : Direction.values()) {
            watch.assertBytes(trial + " complement", watch.devices(direction) - tally.bytes(container, direction),
                    Tally.cause("forwarded"), direction);
        }
        watch.assertCloses(Offload.NONE);
    }

    private static void assertIsTheProcesses(String trial, Watch watch, Ends process, String device) throws Exception {
        watch.settle();
        watch.figure(trial, Tally.process(process.pid()));
        for (Direction direction : Direction.values()) {
            watch.assertBytes(trial, watch.device(device, direction), Tally.process(process.pid()), direction);
            assertEquals(process.payload("c", direction),
                    watch.tally().payload(Tally.process(process.pid()), direction), watch.tally()::toString);
        }
        watch.assertCloses(Offload.NONE);
        watch.assertAllNamed();
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "PROC"})
    void aMasqueradedContainerIsCharged(Kind kind) throws Exception {
        try (Rig rig = router("postrouting priority srcnat", "oifname \"net0\" masquerade");
                Ends client = Ends.start(rig.container(), folder);
                Ends server = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            int datagrams = server.number("udp s 0.0.0.0 0");
            client.number("udp s 0.0.0.0 0");
            server.tell("echo s " + COUNT);
            client.ask("datagrams s " + COUNT + " " + SIZE + " " + Rig.PEER + " " + datagrams);
            server.awaitDone();
            client.ask("take s " + COUNT);
            move(client, server, Rig.PEER, server.number("tcp l 0.0.0.0 0"), watch);
            assertIsTheContainers(kind + " masqueraded container", watch, Rig.CONTAINER);
        }
    }

    @Test
    void aPublishedPortOfTheContainerIsCharged() throws Exception {
        try (Rig rig = router("prerouting priority dstnat", "iifname \"net0\" tcp dport 8081 dnat to 10.78.0.2:9000");
                Ends server = Ends.start(rig.container(), folder);
                Ends client = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), Kind.CONNTRACK, folder)) {
            server.number("tcp l 0.0.0.0 9000");
            move(client, server, Rig.HOST, 8081, watch);
            assertIsTheContainers("published port of a container", watch, Rig.CONTAINER);
        }
    }

    @Test
    void routingWithoutTranslationIsCharged() throws Exception {
        try (Rig rig = router("", "");
                Ends client = Ends.start(rig.container(), folder);
                Ends server = Ends.start(rig.peer(), folder)) {
            rig.peer().exec("ip", "-6", "route", "add", "fd78::/64", "via", Rig.HOST_V6);
            rig.container().exec("ip", "-6", "route", "add", "default", "via", "fd78::1");
            try (Watch watch = Watch.open(rig.host(), Kind.CONNTRACK, folder)) {
                move(client, server, Rig.PEER_V6, server.number("tcp l :: 0"), watch);
                assertIsTheContainers("routed container", watch, "fd78::2");
            }
        }
    }

    /** The process's socket knows its own address and port; the network sees others. */
    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "EBPF"})
    void aTranslatedClientIsItsProcess(Kind kind) throws Exception {
        try (Rig rig = router("postrouting priority srcnat",
                "oifname \"net0\" tcp dport 1-65535 snat to 10.77.0.1:50000-50100");
                Ends client = Ends.start(rig.host(), folder);
                Ends server = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            move(client, server, Rig.PEER, server.number("tcp l 0.0.0.0 0"), watch);
            assertIsTheProcesses(kind + " client behind SNAT", watch, client, "net0");
        }
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "EBPF"})
    void aRedirectedServerIsItsProcess(Kind kind) throws Exception {
        try (Rig rig = router("prerouting priority dstnat", "iifname \"net0\" tcp dport 8080 redirect to :9000");
                Ends server = Ends.start(rig.host(), folder);
                Ends client = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            server.number("tcp l 0.0.0.0 9000");
            move(client, server, Rig.HOST, 8080, watch);
            assertIsTheProcesses(kind + " published port of a process", watch, server, "net0");
        }
    }

    /** A process of the host asks the port that the host publishes for its container. */
    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "EBPF"})
    void aLocalClientOfAPublishedPortIsItsProcess(Kind kind) throws Exception {
        try (Rig rig = router("output priority -100", "tcp dport 8081 dnat to 10.78.0.2:9000");
                Ends client = Ends.start(rig.host(), folder);
                Ends server = Ends.start(rig.container(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            server.number("tcp l 0.0.0.0 9000");
            move(client, server, Rig.HOST, 8081, watch);
            assertIsTheProcesses(kind + " local client of a published port", watch, client, "box0");
        }
    }
}
