package bwmon.monitor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import bwmon.cli.ProgramException;
import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.attribution.OwnerId;
import bwmon.monitor.programs.UnavailableException;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Ticker;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Which source is opened; nothing is switched on. */
class MonitorsTest {
    private static final KernelTrafficOpener NOT_PERMITTED = none(UnavailableException.Cause.PERMISSION);

    /** A process that is in no /proc. */
    private static final long NOTED = (5L << OwnerId.PID_BITS) | 70;

    @TempDir
    private Path proc;
    private final List<String> closed = new ArrayList<>();
    private final List<Long> forgotten = new ArrayList<>();

    @BeforeEach
    void aHost() throws IOException {
        Files.createDirectories(proc.resolve("thread-self/net"));
        Files.createDirectories(proc.resolve("sys/net/ipv4"));
        forwards(0);
    }

    private void forwards(int value) throws IOException {
        Files.writeString(proc.resolve("sys/net/ipv4/ip_forward"), value + "\n");
    }

    private MonitorOptions options(MonitorOptions.Kind kind) {
        return new MonitorOptions(kind, proc, proc, Ticker.SYSTEM, false, false, false);
    }

    private static KernelTrafficOpener none(UnavailableException.Cause reason) {
        return () -> {
            throw new UnavailableException(reason, "CAP_BPF is missing: run as root");
        };
    }

    private ProgramException refused(KernelTrafficOpener opener) {
        return assertThrows(ProgramException.class,
                () -> Monitors.open(options(MonitorOptions.Kind.EBPF), opener).close());
    }

    /** Counts nothing. */
    private final class Idle implements KernelTraffic {
        private final boolean fails;

        Idle(boolean fails) {
            this.fails = fails;
        }

        @Override
        public Taken take(Boundary boundary) throws IOException {
            if (fails) {
                throw new IOException("the map is gone");
            }
            boundary.reached();
            return new Taken(List.of(), ByteCounts.ZERO, 0);
        }

        @Override
        public Optional<Noted> noted(long owner) {
            return Optional.empty();
        }

        @Override
        public List<Long> notedOwners() {
            return List.of(NOTED);
        }

        @Override
        public int notedRoom() {
            return 10;
        }

        @Override
        public void forget(Collection<Long> owners) {
            forgotten.addAll(owners);
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
            closed.add("programs");
        }
    }

    private KernelTrafficOpener idle(boolean fails) {
        return () -> new KernelTrafficOpener.Opened(new Idle(fails), List.of("a limit"), _ -> Optional.empty());
    }

    @Test
    void whatIsForcedAndNotPermittedSaysWhatWouldLiftIt() {
        ProgramException refused = refused(NOT_PERMITTED);
        assertEquals(ProgramException.Kind.NOT_PERMITTED, refused.kind());
        assertEquals("eBPF: CAP_BPF is missing: run as root", refused.getMessage());
    }

    @Test
    void whatIsForcedAndMissingSaysSo() {
        assertEquals(ProgramException.Kind.MISSING, refused(none(UnavailableException.Cause.KERNEL)).kind());
    }

    @Test
    void aKernelThatDoesNotDescribeItsTypesIsMissingSomething() {
        ProgramException refused = refused(() -> {
            throw new NoSuchFileException("/sys/kernel/btf/vmlinux", null, "this kernel does not describe its types");
        });
        assertEquals(ProgramException.Kind.MISSING, refused.kind());
        assertEquals(
                "eBPF: /sys/kernel/btf/vmlinux: this kernel does not describe its types; run a kernel that was built"
                        + " with it, and in a container mount that folder from the host",
                refused.getMessage());
        assertEquals(ProgramException.Kind.MISSING, refused(() -> {
            throw new IOException("no such map");
        }).kind());
    }

    @Test
    void whatFailsOtherwiseIsAFailureAndLeavesNothing() {
        ProgramException refused = refused(idle(true));
        assertEquals(ProgramException.Kind.FAILURE, refused.kind());
        assertEquals(List.of("programs"), closed);
    }

    @Test
    void theBestSourceIsTakenAndSwitchesNothingOn() throws Exception {
        for (var kind : List.of(MonitorOptions.Kind.AUTO, MonitorOptions.Kind.EBPF)) {
            try (Monitor monitor = Monitors.open(options(kind), idle(false))) {
                assertEquals("ebpf", monitor.name());
                assertEquals(List.of("a limit"), monitor.notices());
                assertEquals("ebpf", monitor.collect().source());
            }
        }
        assertEquals(List.of("programs", "programs"), closed);
    }

    @Test
    void aHostThatForwardsIsToldWhoTellsForWhom() throws Exception {
        forwards(1);
        try (Monitor monitor = Monitors.open(options(MonitorOptions.Kind.EBPF), idle(false))) {
            assertTrue(monitor.notices().getLast().contains("--source=conntrack"), () -> monitor.notices().toString());
        }
    }

    /** Where /proc knows nobody by the kernel's number, nobody is taken for ended. */
    @Test
    void inANamespaceOfProcessesOfItsOwnWhatIsNotedIsKept() throws Exception {
        Files.createDirectories(proc.resolve("thread-self/ns"));
        Path namespace = proc.resolve("thread-self/ns/pid");
        for (boolean isHosts : List.of(true, false)) {
            Files.deleteIfExists(namespace);
            Files.createSymbolicLink(namespace, Path.of(isHosts ? "pid:[4026531836]" : "pid:[4026532175]"));
            forgotten.clear();
            try (Monitor monitor = Monitors.open(options(MonitorOptions.Kind.EBPF), idle(false))) {
                monitor.collect();
                monitor.collect();
                assertEquals(isHosts, forgotten.contains(NOTED));
                assertEquals(isHosts ? 1 : 2, monitor.notices().size(), () -> monitor.notices().toString());
            }
        }
    }

    private void nextBest(KernelTrafficOpener opener, String why) throws Exception {
        try (Monitor monitor = Monitors.open(options(MonitorOptions.Kind.AUTO), opener)) {
            assertTrue(List.of("conntrack", "sock_diag").contains(monitor.name()), monitor::name);
            assertEquals(why + "; counting by " + monitor.name() + " instead", monitor.notices().getFirst());
        }
    }

    @Test
    void theNextBestIsTakenWhereItIsNotToBeHad() throws Exception {
        nextBest(NOT_PERMITTED, "eBPF: CAP_BPF is missing: run as root");
        nextBest(idle(true), "eBPF: the map is gone");
        assertEquals(List.of("programs"), closed, "what was opened in vain is closed");
    }
}
