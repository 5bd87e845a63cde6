package bwmon.monitor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import bwmon.monitor.attribution.CountedRow;
import bwmon.monitor.attribution.CountedRow.Origin;
import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.attribution.OwnerId;
import bwmon.monitor.procfs.OwnerNames;
import bwmon.monitor.procfs.ProcFs;
import bwmon.monitor.procfs.Users;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Owner.Cause;
import bwmon.traffic.Protocol;
import bwmon.traffic.Report;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class EbpfMonitorTest {
    private static final long HERE = 7;
    private static final long SECOND = 1_000_000_000L;
    private static final long CURL = owner(70);
    private static final Flow WEB = new Flow(Protocol.TCP, Endpoint.ofIpv4(1, 40000), Endpoint.ofIpv4(2, 80));

    @TempDir
    private Path folder;
    private final FakeTraffic kernel = new FakeTraffic();
    private Map<String, ByteCounts> interfaces = Map.of("eth0", ip(0, 0));
    private long forwarded = 1000;
    private long nanos = Long.MAX_VALUE - 5;
    private final List<String> closed = new ArrayList<>();
    private int socketLooks;
    private @Nullable IOException noSockets;
    private Runnable whileOwnersAreSearched = () -> {};

    private static long owner(int pid) {
        return (5L << OwnerId.PID_BITS) | pid;
    }

    private static ByteCounts ip(long bytes, long packets) {
        return ByteCounts.ofIp(bytes, bytes, packets, packets);
    }

    /** The kernel's side, by hand. */
    private final class FakeTraffic implements KernelTraffic {
        private final Map<Long, Noted> noted = new HashMap<>();
        private final List<CountedRow> rows = new ArrayList<>();
        private ByteCounts lost = ByteCounts.ZERO;
        private long lostEvents;
        private @Nullable IOException failure;

        void note(int pid, String name) {
            noted.put(owner(pid), new Noted(owner(pid), 5L << OwnerId.START_SHIFT, pid, 0, 0, name, "/bin/" + name,
                    false, null));
        }

        void counts(long owner, long namespace, @Nullable Flow flow, ByteCounts counts) {
            rows.add(new CountedRow(owner, namespace, Origin.SOCKET, true, flow, counts, ByteCounts.ZERO));
        }

        @Override
        public Taken take(Boundary boundary) throws IOException {
            boundary.reached();
            var taken = new Taken(List.copyOf(rows), lost, lostEvents);
            rows.clear();
            lost = ByteCounts.ZERO;
            lostEvents = 0;
            return taken;
        }

        @Override
        public Optional<Noted> noted(long owner) throws IOException {
            if (failure != null) {
                throw failure;
            }
            return Optional.ofNullable(noted.get(owner));
        }

        @Override
        public List<Long> notedOwners() {
            return List.copyOf(noted.keySet());
        }

        @Override
        public int notedRoom() {
            return 1000;
        }

        @Override
        public void forget(Collection<Long> owners) {
            noted.keySet().removeAll(owners);
        }

        @Override
        public boolean tellsPayload() {
            return true;
        }

        @Override
        public long namespace() {
            return HERE;
        }

        @Override
        public void close() {
            closed.add("programs");
        }
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
            closed.add("interfaces");
        }
    }

    /** What is asked about sockets. */
    private final class Listed implements Monitor {
        private final Usage usage = new Usage(new Owner.Unattributed(Cause.EXITED), WEB, ip(9, 1));

        @Override
        public String name() {
            return "sockets";
        }

        @Override
        public List<String> notices() {
            return List.of();
        }

        @Override
        public boolean tellsIpBytes() {
            return true;
        }

        @Override
        public List<Usage> before() {
            return List.of(usage);
        }

        @Override
        public SocketStates sockets() {
            return new SocketStates(List.of(), Map.of("LOOKS", socketLooks));
        }

        @Override
        public Report collect() {
            socketLooks++;
            return new Report(name(), Duration.ZERO, List.of());
        }

        @Override
        public void close() {
            closed.add("sockets");
        }
    }

    @BeforeEach
    void aProcThatHasNobody() throws IOException {
        Files.createDirectories(folder.resolve("thread-self/net"));
    }

    private EbpfMonitor open(boolean looksBack, boolean isAlone) throws IOException {
        var proc = new ProcFs(folder);
        MonitorOptions options = new MonitorOptions(MonitorOptions.Kind.EBPF, folder, folder, () -> nanos, false)
                .lookingBack(looksBack).alone(isAlone);
        var names = new OwnerNames(proc, new Users(folder.resolve("passwd")), () -> nanos, kernel,
                _ -> Optional.empty());
        return new EbpfMonitor(kernel, new Devices(), () -> forwarded, names,
                new EndedOwners(kernel, names::lives, proc::processes), new SocketView(listed -> {
                    if (noSockets != null) {
                        throw noSockets;
                    }
                    listed.reached();
                    whileOwnersAreSearched.run();
                    return new Listed();
                }), List.of("told"), options);
    }

    private static Map<String, ByteCounts> byName(Report report) {
        var sums = new HashMap<String, ByteCounts>();
        report.usages().forEach(usage -> sums.merge(usage.owner().name(), usage.counts(), ByteCounts::plus));
        return sums;
    }

    @Test
    void everyByteHasAnOwnerOrACause() throws IOException {
        try (EbpfMonitor monitor = open(false, false)) {
            kernel.note(70, "curl");
            kernel.counts(CURL, HERE, WEB, ip(1000, 10).withPayload(600, 600));
            kernel.counts(CURL, HERE, null, ip(50, 1).withPayload(20, 20));
            kernel.counts(owner(71), HERE, WEB, ip(30, 1).withPayload(0, 0));
            kernel.lost = ip(20, 2).withPayload(1, 1);
            kernel.lostEvents = 2;
            interfaces = Map.of("eth0", ip(1700, 24));
            forwarded += 4;
            nanos += SECOND;
            Report report = monitor.collect();
            assertEquals("ebpf", report.source());
            assertEquals(Duration.ofSeconds(1), report.interval());
            assertEquals(2, report.lostEvents());
            assertEquals(Map.of("curl", ip(1050, 11).withPayload(620, 620), "exited", ip(30, 1).withPayload(0, 0),
                    "lost-events", ip(20, 2).withPayload(1, 1), "forwarded", ip(240, 4), "untracked", ip(360, 6)),
                    byName(report), "of 600 missing bytes in 10 packets, 4 packets were forwarded");
            assertEquals(List.of(), monitor.collect().usages(), "once");
        }
        assertEquals(List.of("interfaces", "programs"), closed);
    }

    @Test
    void whatMovedInOtherNamespacesIsNotHeldAgainstTheInterfaces() throws IOException {
        try (EbpfMonitor monitor = open(false, false)) {
            kernel.note(70, "curl");
            kernel.counts(CURL, HERE, WEB, ip(1000, 10));
            kernel.counts(CURL, HERE + 1, WEB, ip(500, 5));
            interfaces = Map.of("eth0", ip(1000, 10));
            Balance balance = Balance.of(monitor.collect());
            assertEquals(ip(500, 5).bytes(Direction.RX),
                    balance.elsewhere().bytes(Direction.RX));
            assertEquals(1500, balance.named().bytes(Direction.RX).orElseThrow());
            assertEquals(Map.of(), balance.unattributed());
        }
        try (EbpfMonitor monitor = open(false, true)) {
            kernel.counts(CURL, HERE, WEB, ip(1000, 10));
            kernel.counts(CURL, HERE + 1, WEB, ip(500, 5));
            Report report = monitor.collect();
            assertEquals(Map.of("curl", ip(1000, 10)), byName(report));
            assertTrue(report.elsewhere().isNothing());
        }
    }

    @Test
    void whatMovedBeforeTheStartIsInNoReport() throws IOException {
        kernel.note(70, "curl");
        kernel.counts(CURL, HERE, WEB, ip(1000, 10));
        interfaces = Map.of("eth0", ip(5000, 10));
        try (EbpfMonitor monitor = open(true, false)) {
            assertEquals(List.of(new Listed().usage), monitor.before());
            assertEquals(List.of("told"), monitor.notices());
            assertEquals(List.of("sockets"), closed);
            assertEquals(List.of(), monitor.collect().usages());
        }
    }

    @Test
    void whatMovesWhileItIsSearchedWhoseTheSocketsAreIsInTheFirstReport() throws IOException {
        kernel.note(70, "curl");
        interfaces = Map.of("eth0", ip(5000, 10));
        whileOwnersAreSearched = () -> {
            kernel.counts(CURL, HERE, WEB, ip(1000, 10));
            interfaces = Map.of("eth0", ip(6000, 20));
            nanos += SECOND;
        };
        try (EbpfMonitor monitor = open(true, false)) {
            Report report = monitor.collect();
            assertEquals(Map.of("curl", ip(1000, 10)), byName(report));
            assertEquals(Duration.ofSeconds(1), report.interval());
        }
    }

    @Test
    void whereSocketsAreNotToldOfThatIsSaid() throws IOException {
        noSockets = new IOException("no module");
        try (EbpfMonitor monitor = open(true, false)) {
            assertEquals(List.of(), monitor.before());
            assertEquals(List.of("told", "what moved before the start is not known: no module"), monitor.notices());
            assertThrows(IOException.class, monitor::sockets);
        }
    }

    @Test
    void socketsAreLookedAtAsLongAsTheyAreAskedFor() throws IOException {
        try (EbpfMonitor monitor = open(false, false)) {
            monitor.collect();
            assertEquals(Map.of("LOOKS", 0), monitor.sockets().tcpStates());
            monitor.collect();
            assertEquals(Map.of("LOOKS", 1), monitor.sockets().tcpStates());
            monitor.collect();
            assertEquals(List.of(), closed);
            monitor.collect();
            assertEquals(List.of("sockets"), closed, "nobody asked");
            monitor.sockets();
        }
        assertEquals(List.of("sockets", "sockets", "interfaces", "programs"), closed);
    }

    @Test
    void aFailureLosesNothing() throws IOException {
        try (EbpfMonitor monitor = open(false, false)) {
            kernel.note(70, "curl");
            kernel.counts(CURL, HERE, WEB, ip(1000, 10));
            interfaces = Map.of("eth0", ip(1000, 10));
            kernel.failure = new IOException("not now");
            assertThrows(IOException.class, monitor::collect);
            kernel.failure = null;
            kernel.counts(CURL, HERE, WEB, ip(1, 1));
            interfaces = Map.of("eth0", ip(1001, 11));
            nanos += SECOND;
            Report report = monitor.collect();
            assertEquals(Map.of("curl", ip(1001, 11)), byName(report));
            assertEquals(Duration.ofSeconds(1), report.interval());
            assertEquals(ip(1001, 11), report.interfaces().get("eth0"));
        }
    }

    @Test
    void whoHasEndedIsForgottenAfterItsLastBytes() throws IOException {
        try (EbpfMonitor monitor = open(false, false)) {
            kernel.note(70, "curl");
            monitor.collect();
            kernel.counts(CURL, HERE, WEB, ip(1000, 10));
            assertEquals(Map.of("curl", ip(1000, 10)), byName(monitor.collect()));
            assertEquals(List.of(), kernel.notedOwners());
            kernel.counts(CURL, HERE, WEB, ip(40, 1));
            assertEquals(Map.of("curl", ip(40, 1)), byName(monitor.collect()), "its connection goes on");
        }
    }
}
