package bwmon.monitor.programs;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

import bwmon.ffi.Fd;
import bwmon.ffi.Libc;
import bwmon.monitor.attribution.CountedRow;
import bwmon.monitor.attribution.KernelTraffic.Taken;
import bwmon.monitor.attribution.OwnerId;
import bwmon.monitor.ebpf.BpfMap;
import bwmon.monitor.ebpf.EbpfException;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The programs in the running kernel, and this process's own datagrams on loopback. */
class CountingProgramsIT {
    private static final int PAYLOAD = 100;
    private static final int HEADERS = 28;
    private static final int OWN = (int) ProcessHandle.current().pid();

    private final List<CountingPrograms> open = new ArrayList<>();

    @BeforeEach
    void attach() throws Exception {
        try {
            open.add(CountingPrograms.open());
        } catch (UnavailableException e) {
            Assumptions.abort("no programs in this kernel for us: " + e.getMessage());
        }
    }

    @AfterEach
    void detach() {
        open.forEach(CountingPrograms::close);
    }

    private CountingPrograms programs() {
        return open.getFirst();
    }

    private static long sum(Taken taken, Function<ByteCounts, OptionalLong> figure) {
        return taken.rows().stream().filter(row -> OwnerId.pid(row.owner()) == OWN)
                .mapToLong(row -> figure.apply(row.counts()).orElse(0)).sum();
    }

    private static void send(DatagramChannel from, int count) throws Exception {
        ByteBuffer data = ByteBuffer.allocate(PAYLOAD);
        InetAddress to = InetAddress.getByAddress(new byte[]{127, 0, 0, 1});
        for (int i = 0; i < count; i++) {
            // Port 0 is refused; past all ports, another address.
            assertEquals(PAYLOAD, from.send(data.clear(), new InetSocketAddress(to, 1 + i % 65_535)));
        }
    }

    @Test
    void everyRemoteHasARow() throws Exception {
        programs().take(() -> {});
        try (DatagramChannel sender = DatagramChannel.open()) {
            send(sender, 1_000);
        }
        Taken taken = programs().take(() -> {});
        assertEquals(1_000L * PAYLOAD, sum(taken, c -> c.payload(Direction.TX)));
        assertEquals(1_000L * (PAYLOAD + HEADERS), sum(taken, c -> c.bytes(Direction.TX)));
        assertEquals(1_000, sum(taken, c -> c.packets(Direction.TX)));
        long remotes = taken.rows().stream().filter(row -> OwnerId.pid(row.owner()) == OWN).map(CountedRow::flow)
                .filter(flow -> flow != null && flow.remote().isLoopback()).distinct().count();
        assertTrue(remotes >= 1_000, "remotes: " + remotes);
        assertEquals(0, taken.lostEvents());
    }

    @Test
    void whatFindsNoRowIsSummedUpByOwner() throws Exception {
        programs().take(() -> {});
        int count = Tables.ROWS + 10_000;
        try (DatagramChannel sender = DatagramChannel.open()) {
            send(sender, count / 2);
            // From another port the same remotes are other rows.
            try (DatagramChannel other = DatagramChannel.open()) {
                send(other, count - count / 2);
            }
        }
        Taken taken = programs().take(() -> {});
        assertEquals(count, sum(taken, c -> c.packets(Direction.TX)));
        assertEquals((long) count * PAYLOAD, sum(taken, c -> c.payload(Direction.TX)));
        assertTrue(taken.rows().stream().anyMatch(row -> OwnerId.pid(row.owner()) == OWN && row.flow() == null
                && row.counts().packets(Direction.TX).orElse(0) > 1_000));
        assertEquals(0, taken.lostEvents());
        // And the next interval has room again.
        Taken next = programs().take(() -> {});
        assertTrue(next.rows().size() < 1_000, "rows: " + next.rows().size());
    }

    @Test
    void aBoundaryThatFailsLosesNothing() throws Exception {
        programs().take(() -> {});
        try (DatagramChannel sender = DatagramChannel.open()) {
            send(sender, 10);
            try {
                programs().take(() -> {
                    throw new java.io.IOException("as if the interfaces could not be read");
                });
            } catch (java.io.IOException e) {
                send(sender, 10);
            }
        }
        assertEquals(20L * PAYLOAD, sum(programs().take(() -> {}), c -> c.payload(Direction.TX)));
    }

    @Test
    void thisProcessIsNoted() throws Exception {
        try (DatagramChannel sender = DatagramChannel.open()) {
            send(sender, 1);
        }
        Taken taken = programs().take(() -> {});
        long owner = taken.rows().stream().mapToLong(CountedRow::owner).filter(id -> OwnerId.pid(id) == OWN).findAny()
                .orElseThrow();
        var noted = programs().noted(owner).orElseThrow();
        assertEquals(OWN, noted.pid());
        assertTrue(noted.command().contains("java"), noted.command());
        assertFalse(noted.name().isEmpty());
        assertTrue(noted.cgroup() > 0);
        assertEquals(Files.readSymbolicLink(Path.of("/proc/self/exe")).toString(), noted.executable());
        assertTrue(programs().notedOwners().contains(owner));
        programs().forget(List.of(owner));
        assertTrue(programs().noted(owner).isEmpty());
    }

    /** A raw socket reads a copy of what TCP gets anyway. */
    @Test
    void aRawSocketsCopyOfTcpIsNotCounted() throws Exception {
        try (Fd raw = Fd.of("raw socket", Libc.socket(2, 3, 6));
                ServerSocketChannel listener = ServerSocketChannel.open()
                        .bind(new InetSocketAddress(InetAddress.getByAddress(new byte[]{127, 0, 0, 1}), 0))) {
            assertTrue(raw.number() >= 0);
            programs().take(() -> {});
            try (SocketChannel client = SocketChannel.open(listener.getLocalAddress());
                    SocketChannel server = listener.accept()) {
                client.write(ByteBuffer.allocate(10_000));
                ByteBuffer got = ByteBuffer.allocate(10_000);
                while (got.hasRemaining()) {
                    assertTrue(server.read(got) > 0);
                }
            }
        }
        Taken taken = programs().take(() -> {});
        // Both ends are ours. Of the last packets some may be those of a connection that is over.
        long sent = sum(taken, c -> c.bytes(Direction.TX));
        long received = sum(taken, c -> c.bytes(Direction.RX));
        assertTrue(received > 10_000 && received <= sent, received + " received, " + sent + " sent");
    }

    /** As if the call that ends an interval had failed after the programs were told to begin another one. */
    @Test
    void anIntervalThatCouldNotBeReadIsHandedOutLater() throws Exception {
        programs().take(() -> {});
        int count = Tables.ROWS + 5_000;
        try (DatagramChannel sender = DatagramChannel.open()) {
            send(sender, count / 2);
            try (DatagramChannel other = DatagramChannel.open()) {
                send(other, count - count / 2);
            }
        }
        long epoch = programs().control.get(ValueLayout.JAVA_LONG, Control.EPOCH);
        programs().control.set(ValueLayout.JAVA_LONG, Control.EPOCH, epoch + 1);
        long packets = 0;
        for (int i = 0; i < 4; i++) {
            packets += sum(programs().take(() -> {}), c -> c.packets(Direction.TX));
        }
        assertEquals(count, packets);
    }

    @ParameterizedTest
    @EnumSource
    void withoutWhatOlderKernelsHaveNot(Feature absent) throws Exception {
        try (CountingPrograms less = CountingPrograms.open(Set.of(absent))) {
            assertEquals(absent != Feature.CALLS, less.tellsPayload());
            assertTrue(less.notices().contains(absent.notice()), less.notices().toString());
            less.take(() -> {});
            try (DatagramChannel sender = DatagramChannel.open()) {
                send(sender, 10);
            }
            Taken taken = less.take(() -> {});
            assertEquals(10L * (PAYLOAD + HEADERS), sum(taken, c -> c.bytes(Direction.TX)));
            assertEquals(absent == Feature.CALLS ? 0 : 10L * PAYLOAD, sum(taken, c -> c.payload(Direction.TX)));
            assertEquals(absent != Feature.CALLS, taken.rows().stream().allMatch(
                    row -> row.counts().payload(Direction.TX).isPresent()));
        }
    }

    /** Wherever the start fails, what was opened until then is closed. */
    @Test
    void aStartThatFailsLeavesNoDescriptorOpen() throws Exception {
        open.removeFirst().close();
        // Classes of what fails cannot be loaded without a descriptor.
        Requirements.explained(assertThrows(EbpfException.class,
                () -> BpfMap.create(new BpfMap.Spec(BpfMap.Type.HASH, "without_room", 4, 4, 0, 0))));
        assertThrows(IOException.class, () -> Fd.of("nothing", Libc.open("/nothing", 0)));
        int before = descriptors();
        String[] limits = limit("--raw", "--noheadings", "--output=SOFT,HARD").strip().split(" +", 2);
        limit("--nofile=" + (before + 64) + ":" + limits[1]);
        int failed = 0;
        try {
            boolean isOpen = false;
            for (int room = 1; room < 48 && !isOpen; room++) {
                isOpen = opensWithin(room);
                failed += isOpen ? 0 : 1;
                assertEquals(before, descriptors(), "after a start with room for " + room);
            }
            assertTrue(isOpen && failed > 10, "failed starts: " + failed);
        } finally {
            limit("--nofile=" + limits[0] + ":" + limits[1]);
        }
    }

    /** Whether the programs can be opened while there is room for so many descriptors. */
    private static boolean opensWithin(int room) throws IOException {
        var fillers = new ArrayList<Fd>();
        try {
            int filler = 0;
            while (filler >= 0) {
                filler = Libc.open("/dev/null", 0);
                if (filler >= 0) {
                    fillers.add(Fd.of("filler", filler));
                }
            }
            for (int i = 0; i < room; i++) {
                fillers.removeLast().close();
            }
            CountingPrograms.open().close();
            return true;
        } catch (IOException e) {
            assertTrue(e.toString().contains("EMFILE") || e.toString().contains("Too many open files"), e.toString());
            return false;
        } finally {
            fillers.forEach(Fd::close);
        }
    }

    private static int descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return (int) all.count();
        }
    }

    private static String limit(String... words) throws IOException {
        var command = new ArrayList<>(List.of("prlimit", "--pid=" + OWN, "--nofile"));
        if (words.length == 1) {
            command.removeLast();
        }
        command.addAll(List.of(words));
        Process prlimit = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(prlimit.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
