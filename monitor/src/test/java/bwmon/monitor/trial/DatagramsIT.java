package bwmon.monitor.trial;

import java.nio.file.Path;
import java.util.function.Predicate;

import bwmon.monitor.MonitorOptions.Kind;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** UDP in its forms; and sockets that more than one process holds. */
@Timeout(120)
class DatagramsIT {
    private static final int COUNT = 5000;
    private static final int SIZE = 1000;
    /** RFC 768 and RFC 791. */
    private static final int HEADERS_V4 = 8 + 20;

    @TempDir
    private Path folder = Path.of("");

    private static void assertHasAll(String trial, Watch watch, Predicate<Charge> owner) throws Exception {
        watch.settle();
        watch.figure(trial, owner);
        for (Direction direction : Direction.values()) {
            watch.assertBytes(trial, watch.device("net0", direction), owner, direction);
        }
        watch.assertCloses(Offload.NONE);
        watch.assertAllNamed();
    }

    /** A long exchange: requests from the host, each sent back; reports in between. */
    @ParameterizedTest
    @CsvSource({"CONNTRACK, 10.77.0.2, connected", "CONNTRACK, fd77::2, connected",
            "CONNTRACK, 10.77.0.2, unconnected", "CONNTRACK, fd77::2, unconnected", "PROC, 10.77.0.2, connected",
            "PROC, fd77::2, unconnected", "EBPF, 10.77.0.2, connected", "EBPF, fd77::2, unconnected"})
    void aClient(Kind kind, String address, String form) throws Exception {
        try (Rig rig = Rig.open(Offload.NONE);
                Ends client = Ends.start(rig.host(), folder);
                Ends server = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            int port = server.number("udp s " + address + " 0");
            client.number("udp s " + (address.equals(Rig.PEER) ? "0.0.0.0" : "::") + " 0");
            String to = " " + address + " " + port;
            if (form.equals("connected")) {
                client.ask("attach s" + to);
                to = "";
            }
            for (int round = 0; round < 3; round++) {
                server.tell("echo s " + COUNT);
                client.ask("datagrams s " + COUNT + " " + SIZE + to);
                watch.collect();
                server.awaitDone();
                client.ask("take s " + COUNT);
                watch.collect();
            }
            assertEquals(3L * COUNT * SIZE, client.payload("s", Direction.RX));
            assertHasAll(kind + " " + form + " client of " + address, watch, Tally.process(client.pid()));
        }
    }

    /** A server at a wildcard address, or at its own; two clients. */
    @ParameterizedTest
    @CsvSource({"CONNTRACK, 0.0.0.0, 10.77.0.1", "CONNTRACK, ::, fd77::1", "CONNTRACK, ::, 10.77.0.1",
            "CONNTRACK, 10.77.0.1, 10.77.0.1", "PROC, 0.0.0.0, 10.77.0.1", "PROC, ::, 10.77.0.1",
            "EBPF, 0.0.0.0, 10.77.0.1", "EBPF, ::, fd77::1", "EBPF, ::, 10.77.0.1", "EBPF, 10.77.0.1, 10.77.0.1"})
    void aServer(Kind kind, String bound, String asked) throws Exception {
        try (Rig rig = Rig.open(Offload.NONE);
                Ends server = Ends.start(rig.host(), folder);
                Ends first = Ends.start(rig.peer(), folder);
                Ends second = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            int port = server.number("udp s " + bound + " 0");
            for (Ends client : new Ends[]{first, second}) {
                client.number("udp s " + (asked.equals(Rig.HOST) ? "0.0.0.0" : "::") + " 0");
                server.tell("echo s " + COUNT);
                client.ask("datagrams s " + COUNT + " " + SIZE + " " + asked + " " + port);
                watch.collect();
                server.awaitDone();
                client.ask("take s " + COUNT);
            }
            assertHasAll(kind + " server at " + bound + " asked at " + asked, watch, Tally.process(server.pid()));
        }
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "EBPF"})
    void multicastIsTheReceivers(Kind kind) throws Exception {
        try (Rig rig = Rig.open(Offload.NONE);
                Ends receiver = Ends.start(rig.host(), folder);
                Ends sender = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            int port = receiver.number("udp s 0.0.0.0 0");
            receiver.ask("join s 239.1.2.3 " + Rig.HOST);
            sender.number("udp s 0.0.0.0 0");
            sender.ask("group s " + Rig.PEER);
            receiver.tell("take s " + COUNT);
            sender.ask("datagrams s " + COUNT + " " + SIZE + " 239.1.2.3 " + port);
            receiver.awaitDone();
            assertHasAll(kind + " multicast", watch, Tally.process(receiver.pid()));
            assertEquals(0, watch.tally().bytes(Tally.process(receiver.pid()), Direction.TX), "nothing was sent back");
        }
    }

    /** What this host sends to its own members of a group never was on an interface for them: payload alone. */
    @Test
    void whatIsLoopedBackIsNotReceived() throws Exception {
        try (Rig rig = Rig.open(Offload.NONE);
                Ends receiver = Ends.start(rig.host(), folder);
                Ends sender = Ends.start(rig.host(), folder);
                Watch watch = Watch.open(rig.host(), Kind.EBPF, folder)) {
            int port = receiver.number("udp s 0.0.0.0 0");
            receiver.ask("join s 239.1.2.3 " + Rig.HOST);
            sender.number("udp s 0.0.0.0 0");
            sender.ask("group s " + Rig.HOST + " loop");
            receiver.tell("take s " + COUNT);
            sender.ask("datagrams s " + COUNT + " " + SIZE + " 239.1.2.3 " + port);
            receiver.awaitDone();
            watch.settle();
            assertEquals((long) COUNT * (SIZE + 28),
                    watch.tally().bytes(Tally.process(sender.pid()), Direction.TX));
            assertEquals(0, watch.tally().bytes(Tally.process(receiver.pid()), Direction.RX),
                    "no interface received it");
        }
    }

    /** A group of two processes behind one port: the kernel chooses by the flow's hash whose socket takes it. */
    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "EBPF"})
    void aReusedPortIsItsGroups(Kind kind) throws Exception {
        try (Rig rig = Rig.open(Offload.NONE);
                Ends first = Ends.start(rig.host(), folder);
                Ends second = Ends.start(rig.host(), folder);
                Ends client = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            int port = first.number("udp s 0.0.0.0 0 reuse");
            assertEquals(port, second.number("udp s 0.0.0.0 " + port + " reuse"));
            for (int flow = 0; flow < 16; flow++) {
                client.number("udp s" + flow + " 0.0.0.0 0");
                client.ask("datagrams s" + flow + " 500 " + SIZE + " " + Rig.HOST + " " + port);
            }
            first.ask("drain s");
            second.ask("drain s");
            long ofFirst = first.datagrams("s", Direction.RX);
            assertEquals(16 * 500, ofFirst + second.datagrams("s", Direction.RX));
            watch.settle();
            System.out.printf("trial: SO_REUSEPORT: %d of 8000 datagrams to the first of two, charged as %d%n", ofFirst,
                    watch.tally().bytes(Tally.process(first.pid()), Direction.RX) / (SIZE + HEADERS_V4));
            assertHasAll(kind + " SO_REUSEPORT", watch, Tally.process(first.pid()).or(Tally.process(second.pid())));
        }
    }

    /** Parent and child listen at one socket; each connection is of the one that accepted it. */
    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "EBPF"})
    void aConnectionIsItsAcceptors(Kind kind) throws Exception {
        try (Rig rig = Rig.open(Offload.NONE);
                Ends server = Ends.start(rig.host(), folder);
                Ends client = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            int port = server.number("tcp l 0.0.0.0 0");
            int child = server.number("childpid");
            client.number("connect first " + Rig.HOST + " " + port);
            server.ask("accept first l");
            client.number("connect second " + Rig.HOST + " " + port);
            server.ask("child accept second l");
            watch.collect();
            client.send("first", server, "first", 1_000_000);
            client.tell("send second 3000000");
            server.ask("child receive second 3000000");
            client.awaitDone();
            watch.settle();
            assertEquals(1_000_000, watch.tally().payload(Tally.process(server.pid()), Direction.RX),
                    watch.tally()::toString);
            assertEquals(3_000_000, watch.tally().payload(Tally.process(child), Direction.RX),
                    watch.tally()::toString);
            assertHasAll(kind + " prefork", watch, Tally.process(server.pid()).or(Tally.process(child)));
        }
    }

    /** A socket that parent and child both use: the one or the other, each byte once. */
    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"CONNTRACK", "EBPF"})
    void aSocketSharedByForkCountsOnce(Kind kind) throws Exception {
        try (Rig rig = Rig.open(Offload.NONE);
                Ends client = Ends.start(rig.host(), folder);
                Ends server = Ends.start(rig.peer(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            int port = server.number("udp s 0.0.0.0 0");
            int listening = server.number("tcp l 0.0.0.0 0");
            client.number("udp s 0.0.0.0 0");
            client.number("connect c " + Rig.PEER + " " + listening);
            server.ask("accept c l");
            int child = client.number("childpid");
            for (int round = 0; round < 3; round++) {
                client.ask("datagrams s 500 " + SIZE + " " + Rig.PEER + " " + port);
                client.ask("child datagrams s 500 " + SIZE + " " + Rig.PEER + " " + port);
                client.send("c", server, "c", 500_000);
                server.tell("receive c 500000");
                client.ask("child send c 500000");
                server.awaitDone();
                server.ask("take s 1000");
                watch.collect();
            }
            Predicate<Charge> parent = Tally.process(client.pid());
            assertHasAll(kind + " shared by fork", watch, parent.or(Tally.process(child)));
            System.out.printf("trial: shared by fork: %d tx to the parent, %d to the child%n",
                    watch.tally().bytes(parent, Direction.TX),
                    watch.tally().bytes(Tally.process(child), Direction.TX));
        }
    }

    /** Both processes are here: each has what it sent and what it received, and the loopback device counted both. */
    @ParameterizedTest
    @CsvSource({"CONNTRACK, 127.0.0.1", "CONNTRACK, ::1", "CONNTRACK, 10.77.0.1", "EBPF, 127.0.0.1", "EBPF, ::1",
            "EBPF, 10.77.0.1"})
    void withinTheHostEachHasItsOwn(Kind kind, String address) throws Exception {
        try (Rig rig = Rig.open(Offload.NONE);
                Ends client = Ends.start(rig.host(), folder);
                Ends server = Ends.start(rig.host(), folder);
                Watch watch = Watch.open(rig.host(), kind, folder)) {
            int datagrams = server.number("udp s " + address + " 0");
            int stream = server.number("tcp l " + address + " 0");
            client.number("udp s " + (address.equals("::1") ? "::" : "0.0.0.0") + " 0");
            server.tell("echo s " + COUNT);
            client.ask("datagrams s " + COUNT + " " + SIZE + " " + address + " " + datagrams);
            server.awaitDone();
            client.ask("take s " + COUNT);
            watch.collect();
            client.number("connect c " + address + " " + stream);
            server.ask("accept c l");
            client.send("c", server, "c", 10_000_000);
            watch.settle();
            System.out.println(
                    "trial: " + kind + " loopback " + address + ": devices " + watch.devices() + watch.tally());
            for (Direction direction : Direction.values()) {
                long device = watch.device("lo", direction);
                long sum = watch.tally().bytes(Tally.process(client.pid()).or(Tally.process(server.pid())), direction);
                Watch.assertNear("both " + direction, device,
                        // The loopback device takes large packets as they are.
                        sum - watch.tally().segmentation(direction), watch.tally());
                watch.assertBytes("what the one sent, the other received",
                        watch.tally().bytes(Tally.process(client.pid()), direction), Tally.process(server.pid()),
                        direction.opposite());
                assertEquals(client.payload("c", direction),
                        watch.tally().payload(
                                Tally.process(client.pid()).and(c -> c.flow().startsWith("tcp")), direction),
                        watch.tally()::toString);
            }
            watch.assertCloses(Offload.BY_THE_DEVICE);
            watch.assertAllNamed();
        }
    }
}
