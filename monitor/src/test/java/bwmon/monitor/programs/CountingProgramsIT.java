package bwmon.monitor.programs;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

import bwmon.monitor.attribution.CountedRow;
import bwmon.monitor.attribution.KernelTraffic.Taken;
import bwmon.monitor.attribution.OwnerId;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
}
