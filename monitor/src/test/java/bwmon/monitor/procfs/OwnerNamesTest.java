package bwmon.monitor.procfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.attribution.OwnerId;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Over a folder that looks like /proc. */
class OwnerNamesTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long TICK = 10_000_000;
    private static final String ID = "0123456789abcdef".repeat(4);
    private static final Owner GONE = new Owner.Unattributed(Owner.Cause.EXITED);

    @TempDir
    private Path root = Path.of("");
    private long nanos = Long.MAX_VALUE - SECOND;
    private final Map<Long, KernelTraffic.Noted> noted = new HashMap<>();
    private final List<Long> askedPaths = new ArrayList<>();
    private int askedNotes;
    private OwnerNames names = names();

    @BeforeEach
    void aHost() throws IOException {
        Files.writeString(root.resolve("passwd"), "root:x:0:0::/:\nwww-data:x:33:33::/:\n");
        names = names();
        begin();
    }

    private OwnerNames names() {
        return new OwnerNames(new ProcFs(root), new Users(root.resolve("passwd")), () -> nanos, new Notes(), id -> {
            askedPaths.add(id);
            return id == 5 ? Optional.of("/docker/" + ID) : Optional.empty();
        });
    }

    private final class Notes implements KernelTraffic {
        @Override
        public Taken take(Boundary boundary) {
            return new Taken(List.of(), ByteCounts.ZERO, 0);
        }

        @Override
        public Optional<Noted> noted(long owner) {
            askedNotes++;
            return Optional.ofNullable(noted.get(owner));
        }

        @Override
        public List<Long> notedOwners() {
            return List.copyOf(noted.keySet());
        }

        @Override
        public int notedRoom() {
            return 100;
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
            return 0;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private void begin() {
        nanos += SECOND;
        names.begin();
    }

    private static long owner(int pid, long startTicks) {
        return (((startTicks * TICK) >>> OwnerId.START_SHIFT) << OwnerId.PID_BITS) | pid;
    }

    private void process(int pid, String comm, long start, String cmdline) throws IOException {
        process(pid, comm, start, cmdline, 0);
    }

    private void process(int pid, String comm, long start, String cmdline, int flags) throws IOException {
        Path folder = root.resolve(Integer.toString(pid));
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("stat"),
                pid + " (" + comm + ") S 1 1 1 0 -1 " + flags + " 0 0 0 0 0 0 0 0 20 0 1 0 " + start + " 0 0\n");
        Files.writeString(folder.resolve("cmdline"), cmdline);
        Files.writeString(folder.resolve("status"), "Name:\t" + comm + "\nUid:\t0\t33\t0\t0\n");
        Files.writeString(folder.resolve("cgroup"), "0::/system.slice/" + comm + ".service\n");
    }

    private void ends(int pid) throws IOException {
        try (Stream<Path> files = Files.walk(root.resolve(Integer.toString(pid)))) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    private void note(int pid, long start, long cgroup, String name, String command, boolean isCut) {
        noted.put(owner(pid, start),
                new KernelTraffic.Noted(owner(pid, start), start * TICK + 1, pid, 33, cgroup, name, command, isCut,
                        "/usr/bin/" + name));
    }

    private Owner.Process process(int pid, long start) throws IOException {
        return (Owner.Process) names.of(owner(pid, start));
    }

    @Test
    void aProcessThatLivesIsNamedByProc() throws IOException {
        process(70, "nginx", 500, "nginx: worker\0\0\0");
        note(70, 500, 5, "nginx", "nginx -g daemon off", false);
        Files.createSymbolicLink(root.resolve("70/exe"), Path.of("nginx-binary"));
        assertEquals(new Owner.Process(new Owner.ProcessId(70, 500), "nginx", "nginx: worker", "www-data",
                "/system.slice/nginx.service", null, "nginx-binary"), process(70, 500));
        assertEquals(new OwnerNames.Found(1, 0, 0, 0), names.found());
    }

    @Test
    void aProcessThatIsGoneIsNamedByWhatWasWrittenDown() throws IOException {
        note(70, 500, 5, "curl", "curl -s http://host/", false);
        assertEquals(new Owner.Process(new Owner.ProcessId(70, 500), "curl", "curl -s http://host/", "www-data",
                "/docker/" + ID, ID, "/usr/bin/curl"), process(70, 500));
        note(71, 500, 5, "curl", "curl http://a-long-one", true);
        assertEquals("curl http://a-long-one ...", process(71, 500).command());
        note(72, 500, 9, "curl", "", false);
        assertEquals("curl", process(72, 500).command());
        note(73, 500, 9, "curl", "curl", false);
        assertEquals(null, process(73, 500).cgroup());
        assertEquals(GONE, names.of(owner(74, 500)));
        assertEquals(new OwnerNames.Found(0, 3, 1, 1), names.found());
        assertEquals(List.of(5L, 9L, 9L), askedPaths, "each cgroup once, if it is there");
    }

    @Test
    void aNumberThatIsAnothersByNowIsNotTakenForIt() throws IOException {
        process(70, "late", 9000, "late\0");
        note(70, 500, 0, "early", "early on", false);
        assertEquals("early on", process(70, 500).command());
        assertEquals("late", process(70, 9000).command());
        assertTrue(names.lives(owner(70, 9000)));
        assertFalse(names.lives(owner(70, 500)));
    }

    @Test
    void ofAProcessThatIsEndingWhatWasWrittenDownIsMore() throws IOException {
        process(70, "curl", 500, "");
        note(70, 500, 0, "curl", "curl -s http://host/", false);
        assertEquals("curl -s http://host/", process(70, 500).command());
    }

    @Test
    void whoHasNoNameIsLookedForOnceAnInterval() throws IOException {
        for (int flow = 0; flow < 3; flow++) {
            assertEquals(GONE, names.of(owner(74, 500)));
        }
        assertEquals(1, askedNotes);
        assertEquals(1, names.found().nobody());
        note(74, 500, 0, "late", "late --now", false);
        begin();
        assertEquals("late", ((Owner.Process) names.of(owner(74, 500))).name());
    }

    @Test
    void theKernelsThreadsAreTheKernel() throws IOException {
        process(70, "kworker/0:1", 500, "", 0x200000);
        assertEquals(new Owner.Unattributed(Owner.Cause.KERNEL), names.of(owner(70, 500)));
    }

    @Test
    void aNameIsKeptAfterTheEnd() throws IOException {
        process(70, "curl", 500, "curl\0");
        Owner.Process curl = process(70, 500);
        ends(70);
        for (int i = 0; i < 100; i++) {
            begin();
            assertSame(curl, process(70, 500));
        }
        nanos += OwnerNames.KEPT_NANOS;
        for (int i = 0; i < 64; i++) {
            begin();
        }
        assertEquals(0, names.size());
        assertEquals(GONE, names.of(owner(70, 500)));
    }

    @Test
    void anotherProgramIsSeenAtOnceByItsName() throws IOException {
        process(70, "sh", 500, "sh -c curl\0");
        assertEquals("sh -c curl", process(70, 500).command());
        begin();
        process(70, "curl", 500, "curl\0");
        assertEquals("curl", process(70, 500).command());
    }

    @Test
    void aTitleIsSeenAfterAWhile() throws IOException {
        process(70, "nginx", 500, "nginx\0");
        process(70, 500);
        process(70, "nginx", 500, "nginx: shutting down\0");
        begin();
        assertEquals("nginx", process(70, 500).command());
        nanos += OwnerNames.REFRESH_NANOS;
        begin();
        assertEquals("nginx: shutting down", process(70, 500).command());
    }

    /** More than can be read again in an interval: each has its turn. */
    @Test
    void manyAreReadAgainInTurns() throws IOException {
        int count = OwnerNames.EFFORT;
        for (int pid = 1; pid <= count; pid++) {
            process(pid, "x", 500, "old\0");
            process(pid, 500);
        }
        nanos += OwnerNames.YOUNG_NANOS;
        for (int pid = 1; pid <= count; pid++) {
            process(pid, "x", 500, "new\0");
        }
        int intervals = 0;
        for (int stale = count; stale > 0; intervals++) {
            begin();
            int before = stale;
            stale = 0;
            for (int pid = 1; pid <= count; pid++) {
                stale += process(pid, 500).command().equals("old") ? 1 : 0;
            }
            assertTrue(stale < before, "none had its turn");
        }
        assertEquals(5, intervals);
    }

    @Test
    void itKeepsNoMoreThanItHasRoomFor() throws IOException {
        for (int pid = 1; pid <= OwnerNames.LIMIT + 10; pid++) {
            note(pid, 500, 0, "x", "x", false);
            process(pid, 500);
        }
        assertEquals(OwnerNames.LIMIT, names.size());
        begin();
        process(OwnerNames.LIMIT + 9, 500);
        assertEquals(1, names.size(), "those that are asked for have room");
    }
}
