package bwmon.monitor.conntrack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.conntrack.ConntrackState.Access;
import bwmon.monitor.netlink.FakeKernel;
import bwmon.monitor.netlink.MessageWriter;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The setup against a folder instead of /proc, and a kernel by a script. */
class ConntrackSetupTest {
    @TempDir
    Path proc = Path.of("/nonexistent");
    @TempDir
    Path run = Path.of("/nonexistent");

    private final FakeKernel fake = new FakeKernel();
    private OptionalLong cookie = OptionalLong.of(77);

    private ConntrackSetup setup() {
        return new ConntrackSetup(proc, run, new ConntrackSetup.Kernel() {
            @Override
            public NetlinkChannel open() {
                return fake;
            }

            @Override
            public OptionalLong namespaceCookie() {
                return cookie;
            }
        });
    }

    private Path sysctl(ConntrackSwitch which) {
        return proc.resolve("sys/net/netfilter").resolve(which.sysctl());
    }

    private void set(ConntrackSwitch which, int value) throws IOException {
        Files.writeString(sysctl(which), value + "\n");
    }

    private int get(ConntrackSwitch which) throws IOException {
        return Integer.parseInt(Files.readString(sysctl(which)).lines().findFirst().orElseThrow());
    }

    @BeforeEach
    void theKernelsDefaults() throws IOException {
        Files.createDirectories(proc.resolve("sys/net/netfilter"));
        set(ConntrackSwitch.ACCOUNTING, 0);
        set(ConntrackSwitch.TIMESTAMPS, 0);
        set(ConntrackSwitch.EVENTS, 2);
        process(ProcessHandle.current().pid(), 1000);
    }

    private void process(long pid, long start) throws IOException {
        Path folder = Files.createDirectories(proc.resolve(Long.toString(pid)));
        Files.writeString(folder.resolve("stat"), pid + " (a) b) S " + "0 ".repeat(18) + start + " 0 0\n");
    }

    private void thenAcknowledged() {
        fake.then((kernel, request) -> {
            for (int i = 1; i <= 3; i++) {
                kernel.arrives(new MessageWriter(Netlink.NLMSG_ERROR, 0, request.sequence() + i, FakeKernel.PORT)
                        .bytes(FakeKernel.number(0)).toBytes());
            }
        });
    }

    private void thenRefused(int errno) {
        fake.then((kernel, request) -> kernel
                .arrives(new MessageWriter(Netlink.NLMSG_ERROR, 0, request.sequence(), FakeKernel.PORT)
                        .bytes(FakeKernel.number(-errno)).toBytes()));
    }

    private void thenSize(int entries) {
        fake.then((kernel, request) -> kernel
                .arrives(new MessageWriter(0x105, 0, request.sequence(), FakeKernel.PORT).bytes(Ctnetlink.nfgenmsg(0))
                        .attribute(1, ConnectionMaker.be32(entries)).attribute(2, ConnectionMaker.be32(262_144))
                        .toBytes())
                .arrives(new MessageWriter(Netlink.NLMSG_ERROR, 0, request.sequence(), FakeKernel.PORT)
                        .bytes(FakeKernel.number(0)).toBytes()));
    }

    private String note() throws IOException {
        return Files.readString(run.resolve("conntrack-77"));
    }

    @Test
    void whatIsOffIsNamedWithItsRemedy() throws IOException {
        thenSize(0);
        ConntrackState state = setup().inspect();
        assertEquals(new ConntrackState(Access.OPEN, OptionalLong.of(0), OptionalInt.of(0), OptionalInt.of(0),
                OptionalInt.of(2)), state);
        assertEquals(3, state.missing().size());
        assertTrue(state.missing().get(0).contains("does not track them"));
        assertTrue(state.missing().get(1).contains("nf_conntrack_acct=1"));
        assertTrue(state.missing().get(2).contains("nf_conntrack_timestamp=1"));
    }

    @Test
    void whereAllIsOnNothingIsMissing() throws IOException {
        set(ConntrackSwitch.ACCOUNTING, 1);
        set(ConntrackSwitch.TIMESTAMPS, 1);
        thenSize(12);
        ConntrackState state = setup().inspect();
        assertEquals(List.of(), state.missing());
        assertEquals(12, state.entries().orElseThrow());
    }

    @ParameterizedTest
    @CsvSource({Errno.EPERM + ",NOT_PERMITTED,CAP_NET_ADMIN", Errno.EINVAL + ",NO_MODULE,modprobe",
            Errno.EOPNOTSUPP + ",NO_MODULE,modprobe"})
    void aTableThatMayNotBeReadHasItsCause(int errno, Access access, String word) throws IOException {
        thenRefused(errno);
        ConntrackState state = setup().inspect();
        assertEquals(access, state.access());
        assertEquals(1, state.missing().size());
        assertTrue(state.missing().getFirst().contains(word), state.missing().getFirst());
    }

    @Test
    void settingsThatAreNotThereAreAbsent() throws IOException {
        Files.delete(sysctl(ConntrackSwitch.ACCOUNTING));
        thenSize(1);
        assertEquals(OptionalInt.empty(), setup().inspect().accounting());
        Files.writeString(sysctl(ConntrackSwitch.ACCOUNTING), "many\n");
        thenSize(1);
        assertThrows(IOException.class, () -> setup().inspect());
    }

    @Test
    void whatWasOffIsSwitchedOnAndPutBack() throws IOException {
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertEquals(1, get(ConntrackSwitch.ACCOUNTING));
            assertEquals(1, get(ConntrackSwitch.TIMESTAMPS));
            assertEquals(2, get(ConntrackSwitch.EVENTS), "is on already");
            assertEquals("switched on while this program runs: connection tracking (nft table inet bwmon),"
                    + " net.netfilter.nf_conntrack_acct, net.netfilter.nf_conntrack_timestamp",
                    enabled.announcement());
            assertEquals(List.of(), enabled.warnings());
            assertTrue(note().startsWith("previous nf_conntrack_acct 0\nprevious nf_conntrack_timestamp 0\nholder "));
            assertFalse(fake.isClosed());
        }
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
        assertEquals(0, get(ConntrackSwitch.TIMESTAMPS));
        assertEquals(2, get(ConntrackSwitch.EVENTS));
        assertFalse(Files.exists(run.resolve("conntrack-77")));
        assertTrue(fake.isClosed());
    }

    @Test
    void whatWasOnStaysOn() throws IOException {
        set(ConntrackSwitch.ACCOUNTING, 1);
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertFalse(enabled.announcement().contains("acct"));
            set(ConntrackSwitch.TIMESTAMPS, 5);
        }
        assertEquals(1, get(ConntrackSwitch.ACCOUNTING));
        assertEquals(5, get(ConntrackSwitch.TIMESTAMPS), "somebody else changed it meanwhile");
    }

    @Test
    void whatAKilledProgramLeftIsPutBackByTheNextOne() throws IOException {
        set(ConntrackSwitch.ACCOUNTING, 1);
        process(4711, 5);
        Files.writeString(run.resolve("conntrack-77"),
                "previous nf_conntrack_acct 0\nholder 4711 4\nholder 999999 4\n");
        thenAcknowledged();
        EnabledConntrack enabled = setup().enable();
        assertEquals(1, get(ConntrackSwitch.ACCOUNTING));
        assertFalse(note().contains("holder 4711"), "another process has that number now");
        Thread.currentThread().interrupt();
        enabled.close();
        assertTrue(Thread.interrupted(), "stays interrupted");
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
        assertFalse(Files.exists(run.resolve("conntrack-77")));
    }

    @Test
    void theLastOneOfTwoProgramsPutsBack() throws IOException {
        set(ConntrackSwitch.ACCOUNTING, 1);
        process(4711, 5);
        Files.writeString(run.resolve("conntrack-77"), "previous nf_conntrack_acct 0\nholder 4711 5\n");
        thenAcknowledged();
        setup().enable().close();
        assertEquals(1, get(ConntrackSwitch.ACCOUNTING), "the other one needs it");
        assertTrue(note().contains("holder 4711 5") && note().contains("previous nf_conntrack_acct 0"));
    }

    @Test
    void aNoteThatWasSweptAwayIsNotNeeded() throws IOException {
        thenAcknowledged();
        EnabledConntrack enabled = setup().enable();
        Files.delete(run.resolve("conntrack-77"));
        enabled.close();
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
        thenAcknowledged();
        EnabledConntrack again = setup().enable();
        Files.writeString(run.resolve("conntrack-77"), "spoilt\n");
        assertThrows(IOException.class, again::close);
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
        assertTrue(fake.isClosed());
    }

    @Test
    void withoutANoteOurOwnChangesArePutBack() throws IOException {
        cookie = OptionalLong.empty();
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertEquals(1, get(ConntrackSwitch.ACCOUNTING));
            assertEquals(List.of(), enabled.warnings());
        }
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
    }

    @ParameterizedTest
    @ValueSource(strings = {"previous nf_conntrack_acct", "previous /etc/passwd 0", "holder 1 x", "", "holder 1 -1",
            "previous nf_conntrack_acct 99999999999"})
    void aNoteThatIsNotOursIsNotBelieved(String line) throws IOException {
        Files.writeString(run.resolve("conntrack-77"), line + "\n");
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertEquals(1, enabled.warnings().size());
            assertTrue(enabled.warnings().getFirst().contains("stays as it is"));
            assertEquals(1, get(ConntrackSwitch.ACCOUNTING));
        }
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
    }

    @Test
    void whatCannotBeSwitchedOnIsTold() throws IOException {
        Files.delete(sysctl(ConntrackSwitch.ACCOUNTING));
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertEquals(1, enabled.warnings().size());
            assertTrue(enabled.warnings().getFirst().contains("their bytes are unknown"));
        }
    }

    @Test
    void anotherProgramsTableIsLeftAlone() throws IOException {
        thenRefused(Errno.EEXIST);
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertTrue(enabled.announcement().contains("nft table inet bwmon-" + ProcessHandle.current().pid()));
        }
        thenRefused(Errno.EPERM);
        thenRefused(Errno.EPERM);
        assertEquals(Errno.EPERM, assertThrows(ErrnoException.class, () -> setup().enable()).errno());
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
    }
}
