package bwmon.monitor.trial;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

import bwmon.monitor.MonitorOptions.Kind;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Long TCP flows, seen by a monitor at each end. */
@Timeout(120)
class LongFlowsIT {
    private static final long MEGABYTE = 1_000_000;
    private static final int ROUNDS = 4;

    @TempDir
    private Path folder = Path.of("");

    /**
     * The client of a flow in the host under test, its server in the peer, and the other way round, with a report in the
     * midst of each transfer: at both ends the one process has all IP bytes of the device, and payload to the byte.
     */
    @ParameterizedTest
    @CsvSource({"CONNTRACK, NONE, 10.77.0.2", "CONNTRACK, NONE, fd77::2", "CONNTRACK, BEFORE_THE_DEVICE, 10.77.0.2",
            "CONNTRACK, BEFORE_THE_DEVICE, fd77::2", "CONNTRACK, BY_THE_DEVICE, 10.77.0.2",
            "CONNTRACK, BY_THE_DEVICE, fd77::2", "PROC, NONE, 10.77.0.2", "PROC, NONE, fd77::2",
            "EBPF, NONE, 10.77.0.2",
            "EBPF, NONE, fd77::2", "EBPF, BEFORE_THE_DEVICE, 10.77.0.2", "EBPF, BEFORE_THE_DEVICE, fd77::2",
            "EBPF, BY_THE_DEVICE, 10.77.0.2", "EBPF, BY_THE_DEVICE, fd77::2"})
    void bothEndsAreCharged(Kind kind, Offload offload, String address) throws Exception {
        try (Rig rig = Rig.open(offload);
                Ends client = Ends.start(rig.host(), folder);
                Ends server = Ends.start(rig.peer(), folder)) {
            int port = server.number("tcp listener " + (address.equals(Rig.PEER) ? "0.0.0.0" : "::") + " 0");
            try (Watch near = Watch.open(rig.host(), kind, folder); Watch far = Watch.open(rig.peer(), kind, folder)) {
                client.number("connect flow " + address + " " + port);
                server.ask("accept flow listener");
                for (int round = 0; round < ROUNDS; round++) {
                    client.tell("send flow " + 5 * MEGABYTE);
                    server.ask("receive flow " + MEGABYTE);
                    near.collect();
                    far.collect();
                    server.ask("receive flow " + 4 * MEGABYTE);
                    client.awaitDone();
                    server.send("flow", client, "flow", 10 * MEGABYTE);
                    near.collect();
                }
                client.ask("close flow");
                server.ask("eof flow");
                server.ask("close flow");
                near.settle();
                far.settle();
                String trial = kind + " " + offload + " " + address;
                near.figure(trial + " client", Tally.process(client.pid()));
                far.figure(trial + " server", Tally.process(server.pid()));
                assertEquals(5 * ROUNDS * MEGABYTE, client.payload("flow", Direction.TX));
                for (Watch watch : List.of(near, far)) {
                    Ends owner = watch == near ? client : server;
                    Predicate<Charge> charged = Tally.process(owner.pid());
                    for (Direction direction : Direction.values()) {
                        if (kind != Kind.PROC) {
                            assertEquals(owner.payload("flow", direction), watch.tally().payload(charged, direction),
                                    () -> trial + " payload " + direction + watch.tally());
                        }
                        if (offload == Offload.BY_THE_DEVICE) {
                            // What the wire would carry: each full segment of 1500 bytes has headers of 52 or 72.
                            long data = owner.payload("flow", direction);
                            long headers = address.equals(Rig.PEER) ? 52 : 72;
                            long acknowledgements = watch.device("net0", direction) - data;
                            Watch.assertNear(trial, data * 1500 / (1500 - headers) + acknowledgements,
                                    watch.tally().bytes(charged, direction), watch.tally());
                        } else {
                            watch.assertBytes(trial, watch.device("net0", direction), charged, direction);
                        }
                    }
                    watch.assertCloses(offload);
                    watch.assertAllNamed();
                }
            }
        }
    }

    /** One packet in a hundred does not arrive: what is sent again is carried again. */
    @ParameterizedTest
    @CsvSource({"CONNTRACK, NONE", "CONNTRACK, BEFORE_THE_DEVICE", "EBPF, NONE", "EBPF, BEFORE_THE_DEVICE"})
    void retransmissionsCount(Kind kind, Offload offload) throws Exception {
        try (Rig rig = Rig.open(offload);
                Ends client = Ends.start(rig.host(), folder);
                Ends server = Ends.start(rig.peer(), folder)) {
            rig.peer().exec("nft", "add table ip own; add chain ip own in { type filter hook input priority 0; };"
                    + " add rule ip own in numgen random mod 100 == 0 drop");
            int port = server.number("tcp listener 0.0.0.0 0");
            try (Watch watch = Watch.open(rig.host(), kind, folder)) {
                client.number("connect flow " + Rig.PEER + " " + port);
                server.ask("accept flow listener");
                client.tell("send flow " + 10 * MEGABYTE);
                server.ask("receive flow " + 5 * MEGABYTE);
                watch.collect();
                server.ask("receive flow " + 5 * MEGABYTE);
                client.awaitDone();
                watch.settle();
                Predicate<Charge> charged = Tally.process(client.pid());
                watch.figure(kind + ", 1 % lost, " + offload, charged);
                assertEquals(10 * MEGABYTE, watch.tally().payload(charged, Direction.TX), watch.tally()::toString);
                for (Direction direction : Direction.values()) {
                    watch.assertBytes("1 % lost", watch.device("net0", direction), charged, direction);
                }
                watch.assertCloses(offload);
                watch.assertAllNamed();
            }
        }
    }
}
