package bwmon.monitor;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.attribution.SocketOwners;
import bwmon.monitor.netlink.FakeKernel;
import bwmon.monitor.netlink.MessageWriter;
import bwmon.monitor.sockdiag.DestroyedSockets;
import bwmon.monitor.sockdiag.SockDiag;
import bwmon.monitor.sockdiag.SocketBytes;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class HostMonitorTest {
    private final FakeKernel kernel = new FakeKernel();
    private final FakeKernel notices = new FakeKernel();
    private final Map<Long, SocketOwners.Holder> holders = new HashMap<>();
    private Map<String, ByteCounts> interfaces = Map.of("eth0", ByteCounts.ofIp(100, 200, 1, 2));
    private long nanos = Long.MAX_VALUE - 5;

    private final class Owners implements SocketOwners, SocketOwners.Look {
        @Override
        public SocketOwners.Look look() {
            return this;
        }

        @Override
        public @Nullable Holder confirm(Holder holder, long inode) {
            return holder.equals(holders.get(inode)) ? holder : null;
        }

        @Override
        public Holder refresh(Holder holder) {
            return holder;
        }

        @Override
        public Found find(Set<Long> inodes) {
            var found = new HashMap<Long, Holder>();
            for (long inode : inodes) {
                Holder holder = holders.get(inode);
                if (holder != null) {
                    found.put(inode, holder);
                }
            }
            return new Found(found, 0);
        }

        @Override
        public Found findAmong(Set<Long> inodes, long uid, int descriptors) {
            return find(inodes);
        }
    }

    private static SocketOwners.Holder holder(String name) {
        return new SocketOwners.Holder(
                new Owner.Process(new Owner.ProcessId(70, 1), name, name, null, null, null, null), 3);
    }

    private final class Devices implements Interfaces {
        private record Counters(Map<String, ByteCounts> counters) implements Interfaces.Look {
            @Override
            public Map<String, ByteCounts> since(Interfaces.Look earlier) {
                return InterfaceTraffic.between(((Counters) earlier).counters, counters);
            }

            @Override
            public LocalAddresses addresses() {
                return new LocalAddresses(Set.of(), Set.of());
            }
        }

        @Override
        public Interfaces.Look look() {
            return new Counters(interfaces);
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private HostMonitor open() throws IOException {
        return open(new DestroyedSockets(notices));
    }

    private HostMonitor open(@Nullable DestroyedSockets destroyed) throws IOException {
        return new HostMonitor("sock_diag", new NetlinkSockets(new SockDiag(kernel), destroyed, null), null,
                new Devices(), new Owners(), PromptOwners.NONE, () -> nanos, List.of(), () -> {});
    }

    /** What the next list of sockets has: these by TCP over IPv4, and none of any other kind. */
    private void lists(SocketBytes... sockets) {
        var payloads = new byte[sockets.length][];
        for (int i = 0; i < sockets.length; i++) {
            payloads[i] = sockets[i].payload();
        }
        kernel.thenDump(payloads);
        listsNothingElse();
    }

    /** IPv6, and UDP, UDP-Lite and raw sockets of both families. */
    private void listsNothingElse() {
        for (int i = 0; i < 7; i++) {
            kernel.thenDump();
        }
    }

    private void hasNoRemnants() {
        kernel.thenDump().thenDump();
    }

    private void ends(SocketBytes socket) {
        notices.arrives(new MessageWriter(20, 0, 0, 0).bytes(socket.state(7).inode(0).payload()).toBytes());
    }

    private static SocketBytes socket(long cookie, long rx, long tx) {
        return new SocketBytes().cookie(cookie).inode(100).counters(rx, tx + 10, 10, tx + 1);
    }

    private static List<String> summary(Report report) {
        return report.usages().stream().map(HostMonitorTest::summary).toList();
    }

    private static String summary(Usage usage) {
        return usage.owner().name() + " " + usage.counts().payload(Direction.RX).orElse(-1) + "/"
                + usage.counts().payload(Direction.TX).orElse(-1);
    }

    @Test
    void whatWasBeforeTheOpeningIsNotCounted() throws IOException {
        holders.put(100L, holder("curl"));
        lists(socket(1, 1000, 2000));
        try (HostMonitor source = open()) {
            lists(socket(1, 1005, 2007), socket(2, 3, 4));
            assertEquals(List.of("curl 5/7", "curl 3/4"), summary(source.collect()));
            lists(socket(1, 1005, 2007), socket(2, 3, 4));
            assertEquals(List.of(), summary(source.collect()));
        }
        assertTrue(kernel.isClosed() && notices.isClosed());
    }

    @Test
    void whatWasBeforeTheOpeningIsToldApart() throws IOException {
        holders.put(100L, holder("curl"));
        lists(socket(1, 1000, 2000));
        try (HostMonitor source = open()) {
            assertEquals(List.of("curl 1000/2000"), source.before().stream().map(HostMonitorTest::summary).toList());
        }
    }

    @Test
    void whatEndsBetweenTwoLooksHandsOutItsLastBytesOnce() throws IOException {
        holders.put(100L, holder("curl"));
        lists(socket(1, 10, 10));
        try (HostMonitor source = open()) {
            ends(socket(1, 51, 20).unread(1));
            ends(socket(2, 7, 8).unread(2));
            lists();
            assertEquals(List.of("curl 40/10", "exited 7/8"), summary(source.collect()));
            lists();
            assertEquals(List.of(), summary(source.collect()));
        }
    }

    @Test
    void whatEndedBeforeTheOpeningIsNotCounted() throws IOException {
        kernel.then((k, request) -> {
            // Destroyed after the groups were joined and before the first list was asked for, and while it was made.
            ends(socket(9, 500, 500).unread(2));
            k.arrives(k.part(request, 20, 0, socket(1, 10, 10).payload()), k.done(request, 0));
        });
        listsNothingElse();
        lists();
        try (HostMonitor source = open()) {
            ends(socket(1, 12, 10).unread(2));
            lists();
            assertEquals(List.of("exited 2/0"), summary(source.collect()));
        }
    }

    @Test
    void aCallThatFailsLosesNothing() throws IOException {
        holders.put(100L, holder("curl"));
        lists(socket(1, 0, 0), socket(2, 0, 0));
        try (HostMonitor source = open()) {
            ends(socket(1, 5, 5).unread(2));
            notices.overruns(3);
            nanos += 10;
            kernel.then((k, request) -> k.arrives(k.part(request, 2, 0, FakeKernel.number(-Errno.EPERM))));
            assertThrows(ErrnoException.class, source::collect);
            nanos += 10;
            lists(socket(2, 6, 6));
            Report report = source.collect();
            assertEquals(List.of("curl 5/5", "curl 6/6"), summary(report));
            assertEquals(3, report.lostEvents());
            assertEquals(Duration.ofNanos(20), report.interval(), "also across the ticker's overflow");
            lists();
            assertEquals(0, source.collect().lostEvents());
        }
    }

    @Test
    void aSocketThatNobodyHoldsAndThatStaysIsTheKernels() throws IOException {
        lists();
        try (HostMonitor source = open()) {
            lists(socket(1, 5, 5));
            lists(socket(1, 6, 5));
            assertEquals(List.of("kernel 5/5"), summary(source.collect()));
            lists(socket(1, 6, 5));
            lists(socket(1, 6, 5));
            assertEquals(List.of("kernel 1/0"), summary(source.collect()), "searched again, for it has moved");
            lists(socket(1, 6, 5));
            assertEquals(List.of(), summary(source.collect()), "without a search");
        }
    }

    @Test
    void listeningSocketsAndRemnantsAreNoFlows() throws IOException {
        lists();
        try (HostMonitor source = open()) {
            holders.put(100L, holder("server"));
            lists(socket(1, 0, 128).state(10), new SocketBytes().cookie(2).state(5).infoBytes(0));
            assertEquals(List.of(), summary(source.collect()));
            // Closed by the peer first: accepted, so that bytes_acked has the FIN but no SYN. No remnant is listed.
            ends(new SocketBytes().cookie(3).counters(11, 5, 0, 6)
                    .flow(Endpoint.of(new byte[]{127, 0, 0, 1}, 1000),
                            Endpoint.of(new byte[]{127, 0, 0, 1}, 2000)));
            lists(socket(1, 0, 128).state(10));
            hasNoRemnants();
            assertEquals(List.of("server 10/5"), summary(source.collect()));
        }
    }

    @Test
    void withoutNoticesASocketThatLeavesTheListIsForgotten() throws IOException {
        holders.put(100L, holder("curl"));
        lists(socket(1, 10, 10));
        try (HostMonitor source = open(null)) {
            lists(socket(1, 12, 10));
            assertEquals(List.of("curl 2/0"), summary(source.collect()));
            lists();
            assertEquals(List.of(), summary(source.collect()));
        }
    }

    @Test
    void aKernelWithoutTheCountersIsNamed() throws IOException {
        lists();
        try (HostMonitor source = open()) {
            lists(socket(1, 0, 0).infoBytes(192));
            assertEquals("this kernel does not tell how many bytes a TCP socket sent (tcpi_bytes_sent): Linux 4.19 or"
                    + " later is needed", assertThrows(IOException.class, source::collect).getMessage());
        }
    }

    @Test
    void interfacesGainWhatTheyCount() throws IOException {
        lists();
        try (HostMonitor source = open()) {
            interfaces = Map.of("eth0", ByteCounts.ofIp(150, 200, 2, 2), "veth1", ByteCounts.ofIp(5, 6, 1, 1));
            lists();
            assertEquals(Map.of("eth0", ByteCounts.ofIp(50, 0, 1, 0), "veth1", ByteCounts.ofIp(5, 6, 1, 1)),
                    source.collect().interfaces());
            interfaces = Map.of("eth0", ByteCounts.ofIp(7, 300, 3, 3));
            lists();
            assertEquals(Map.of("eth0", ByteCounts.ofIp(7, 300, 3, 3)), source.collect().interfaces(),
                    "made anew under its name");
        }
    }
}
