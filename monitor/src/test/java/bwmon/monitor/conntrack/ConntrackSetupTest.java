package bwmon.monitor.conntrack;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.conntrack.ConntrackState.Access;
import bwmon.monitor.netlink.FakeKernel;
import bwmon.monitor.netlink.MessageWriter;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
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
    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean isStandingStill;

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
        }, this::nanos);
    }

    /** Half a second later each time that it is asked, unless time stands still. */
    private long nanos() {
        asked.incrementAndGet();
        return isStandingStill ? 0 : now.addAndGet(500_000_000);
    }

    /** As another program of any kind would. */
    private FileChannel locked() throws IOException {
        var channel = FileChannel.open(run.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        assertNotNull(channel.tryLock());
        return channel;
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }

    private void assertWorksWithoutANote(String warning) throws IOException {
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertEquals(1, enabled.warnings().size());
            assertTrue(enabled.warnings().getFirst().contains(warning), enabled.warnings().getFirst());
            assertEquals(1, get(ConntrackSwitch.ACCOUNTING));
            assertFalse(Files.exists(run.resolve("conntrack-77")));
        }
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
        assertEquals(0, get(ConntrackSwitch.TIMESTAMPS));
        assertTrue(fake.isClosed());
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

    @ParameterizedTest
    @ValueSource(strings = {"rwxr-xr-x", "rwxr-x---", "rwx--x--x"})
    void aFolderThatOthersMayLookIntoIsShut(String wide) throws IOException {
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString(wide));
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertEquals(List.of(), enabled.warnings());
            assertEquals("rwx------", permissions(run));
            assertEquals("rw-------", permissions(run.resolve("lock")));
            assertEquals("rw-------", permissions(run.resolve("conntrack-77")));
        }
    }

    @Test
    void aFolderThatIsNotThereIsMadeForUsAlone() throws IOException {
        run = run.resolve("bwmon");
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertEquals(List.of(), enabled.warnings());
            assertEquals("rwx------", permissions(run));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwxr-x", "rwxrwx---", "rwx----w-", "rwxrwxrwx"})
    void inAFolderThatOthersMayWriteToNothingIsTouched(String wide) throws IOException {
        Path victim = Files.writeString(proc.resolve("victim"), "precious");
        Files.createSymbolicLink(run.resolve("conntrack-77.new"), victim);
        Files.createSymbolicLink(run.resolve("lock"), proc.resolve("made"));
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString(wide));
        assertWorksWithoutANote(run + " is writable by others (" + wide + ")");
        assertEquals("precious", Files.readString(victim));
        assertFalse(Files.exists(proc.resolve("made")));
        assertEquals(wide, permissions(run));
    }

    @Test
    void aFolderOfSomebodyElseIsNotUsed() throws IOException {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root gives folders away");
        Path victim = Files.writeString(proc.resolve("victim"), "precious");
        Files.createSymbolicLink(run.resolve("conntrack-77.new"), victim);
        Files.createSymbolicLink(run.resolve("lock"), proc.resolve("made"));
        Files.setAttribute(run, "unix:uid", 65_534);
        assertWorksWithoutANote(run + " belongs to ");
        assertEquals("precious", Files.readString(victim));
        assertFalse(Files.exists(proc.resolve("made")));
    }

    @Test
    void aLinkIsNoFolder() throws IOException {
        Path elsewhere = Files.createDirectory(proc.resolve("elsewhere"));
        run = Files.createSymbolicLink(run.resolve("bwmon"), elsewhere);
        assertWorksWithoutANote(run + " is no folder");
        try (Stream<Path> files = Files.list(elsewhere)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void linksInAFolderOfOursAreNotFollowed() throws IOException {
        Path victim = Files.writeString(proc.resolve("victim"), "precious");
        Path left = Files.createSymbolicLink(run.resolve("conntrack-77.new"), victim);
        thenAcknowledged();
        try (EnabledConntrack enabled = setup().enable()) {
            assertEquals(List.of(), enabled.warnings());
            assertTrue(Files.isRegularFile(run.resolve("conntrack-77"), LinkOption.NOFOLLOW_LINKS));
        }
        assertEquals("precious", Files.readString(victim));
        assertFalse(Files.exists(left, LinkOption.NOFOLLOW_LINKS));
        Files.delete(run.resolve("lock"));
        Files.createSymbolicLink(run.resolve("lock"), proc.resolve("made"));
        assertWorksWithoutANote(run.resolve("lock").toString());
        assertFalse(Files.exists(proc.resolve("made")));
    }

    @Test
    void aLockThatIsNotToBeHadIsNotWaitedForForEver() throws IOException {
        try (FileChannel _ = locked()) {
            assertWorksWithoutANote(run.resolve("lock") + " was locked by another program for 2 s");
        }
    }

    @Test
    void withoutTheLockAtTheEndTheSettingsArePutBackAllTheSame() throws IOException {
        thenAcknowledged();
        EnabledConntrack enabled = setup().enable();
        try (FileChannel _ = locked()) {
            IOException e = assertThrows(IOException.class, enabled::close);
            assertTrue(e.toString().contains(run.resolve("lock").toString()), e.toString());
        }
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
        assertEquals(0, get(ConntrackSwitch.TIMESTAMPS));
        assertTrue(fake.isClosed());
    }

    @Test
    void withoutTheLockAtTheEndWhatAnotherProgramUsesStaysOn() throws IOException {
        thenAcknowledged();
        EnabledConntrack enabled = setup().enable();
        process(4711, 5);
        Files.writeString(run.resolve("conntrack-77"), note() + "holder 4711 5\n");
        try (FileChannel _ = locked()) {
            assertThrows(IOException.class, enabled::close);
        }
        assertEquals(1, get(ConntrackSwitch.ACCOUNTING));
        assertEquals(1, get(ConntrackSwitch.TIMESTAMPS));
        assertTrue(note().contains("previous nf_conntrack_acct 0") && note().contains("holder 4711 5"), "puts it back");
        assertTrue(fake.isClosed());
    }

    @Test
    void whatCouldNotBeNotedAtTheStartIsLeftToTheLastOne() throws IOException {
        EnabledConntrack enabled;
        thenAcknowledged();
        try (FileChannel _ = locked()) {
            enabled = setup().enable();
        }
        process(4711, 5);
        Files.writeString(run.resolve("conntrack-77"), "previous nf_conntrack_acct 0\nholder 4711 5\n");
        enabled.close();
        assertEquals(1, get(ConntrackSwitch.TIMESTAMPS), "the other one needs it");
        assertEquals("previous nf_conntrack_acct 0\nprevious nf_conntrack_timestamp 0\nholder 4711 5\n", note());
    }

    @Test
    void whatFailsDoesNotKeepTheRestFromBeingDone() throws IOException {
        thenAcknowledged();
        EnabledConntrack enabled = setup().enable();
        Files.delete(run.resolve("conntrack-77"));
        Files.createDirectory(run.resolve("conntrack-77"));
        Files.writeString(run.resolve("conntrack-77/in-the-way"), "");
        assertThrows(IOException.class, enabled::close);
        assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
        assertEquals(0, get(ConntrackSwitch.TIMESTAMPS));
        assertTrue(fake.isClosed());
    }

    @Test
    void anEndAtOncePutsBackWithoutTheLock() throws IOException {
        thenAcknowledged();
        EnabledConntrack enabled = setup().enable();
        int before = asked.get();
        try (FileChannel _ = locked()) {
            EnabledConntrack.abandonAll();
            assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
            assertEquals(0, get(ConntrackSwitch.TIMESTAMPS));
        }
        assertEquals(before, asked.get(), "has waited for nothing");
        set(ConntrackSwitch.EVENTS, 1);
        EnabledConntrack.abandonAll();
        enabled.close();
        assertEquals(1, get(ConntrackSwitch.EVENTS), "was never ours");
        assertFalse(Files.exists(run.resolve("conntrack-77")));
        set(ConntrackSwitch.ACCOUNTING, 1);
        EnabledConntrack.abandonAll();
        assertEquals(1, get(ConntrackSwitch.ACCOUNTING), "is closed");
    }

    @Test
    void anEndAtOnceLeavesOnWhatAnotherProgramUses() throws IOException {
        thenAcknowledged();
        try (EnabledConntrack _ = setup().enable()) {
            process(4711, 5);
            Files.writeString(run.resolve("conntrack-77"), note() + "holder 4711 5\n");
            EnabledConntrack.abandonAll();
            assertEquals(1, get(ConntrackSwitch.ACCOUNTING));
        }
    }

    @Test
    @Timeout(60)
    void anEndAtOnceDoesNotWaitForOneThatCloses() throws Exception {
        thenAcknowledged();
        EnabledConntrack enabled = setup().enable();
        var closing = new FutureTask<@Nullable Void>(() -> {
            enabled.close();
            return null;
        });
        try (FileChannel _ = locked()) {
            isStandingStill = true;
            int before = asked.get();
            Thread.ofPlatform().start(closing);
            await().until(() -> asked.get() > before + 1);
            EnabledConntrack.abandonAll();
            assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
            assertFalse(closing.isDone());
        }
        closing.get();
        assertEquals(0, get(ConntrackSwitch.TIMESTAMPS));
        assertFalse(Files.exists(run.resolve("conntrack-77")));
    }

    @Test
    @Timeout(60)
    void afterAnEndAtOnceNothingIsSwitchedOn() throws Exception {
        thenAcknowledged();
        var opening = new FutureTask<>(() -> setup().enable());
        try (FileChannel _ = locked()) {
            isStandingStill = true;
            Thread.ofPlatform().start(opening);
            await().until(() -> asked.get() > 1);
            EnabledConntrack.abandonAll();
        }
        try (EnabledConntrack _ = opening.get()) {
            assertEquals(0, get(ConntrackSwitch.ACCOUNTING));
        }
    }
}
