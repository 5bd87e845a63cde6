package bwmon.monitor.procfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

import bwmon.monitor.attribution.SocketOwners.Found;
import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Over a folder that looks like /proc. */
class ProcessTableTest {
    @TempDir
    private Path root = Path.of("");
    private long nanos = Long.MAX_VALUE - 1_000_000_000L;
    private ProcFs proc = new ProcFs(root);
    private ProcessTable table = new ProcessTable(proc, new Users(root), () -> nanos);

    @BeforeEach
    void aHost() throws IOException {
        proc = new ProcFs(root);
        Path passwd = Files.writeString(root.resolve("passwd"), "root:x:0:0::/:\nwww-data:x:33:33::/:\n");
        table = new ProcessTable(proc, new Users(passwd), () -> nanos);
        Files.createDirectory(root.resolve("sys"));
        Files.createDirectory(root.resolve("99999999999"));
        process(1, "init", 10, "/sbin/init\0", 0);
    }

    private void process(int pid, String comm, long start, String cmdline, int uid) throws IOException {
        Path folder = root.resolve(Integer.toString(pid));
        Files.createDirectories(folder.resolve("fd"));
        Files.writeString(folder.resolve("stat"), pid + " (" + comm + ") S 1 1 1 0 -1 "
                + (cmdline.isEmpty() ? 0x200000 : 0) + " 0 0 0 0 0 0 0 0 20 0 1 0 " + start + " 0 0\n");
        Files.writeString(folder.resolve("cmdline"), cmdline);
        Files.writeString(folder.resolve("status"), "Name:\t" + comm + "\nUid:\t0\t" + uid + "\t0\t0\n");
        Files.writeString(folder.resolve("cgroup"), "0::/system.slice/" + comm + ".service\n");
    }

    private void descriptor(int pid, int number, String target) throws IOException {
        Path link = root.resolve(pid + "/fd/" + number);
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, Path.of(target));
    }

    private Found find(Long... inodes) throws IOException {
        return table.look().find(Set.of(inodes));
    }

    @Test
    void aHolderIsFoundWithAllThatIsKnownOfIt() throws IOException {
        process(70, "nginx", 500, "nginx: worker process\0\0\0", 33);
        descriptor(70, 3, "pipe:[9]");
        descriptor(70, 5, "socket:[1234]");
        Files.createSymbolicLink(root.resolve("70/exe"), Path.of("/usr/sbin/nginx"));
        var nginx = new Owner.Process(new Owner.ProcessId(70, 500), "nginx", "nginx: worker process", "www-data",
                "/system.slice/nginx.service", null, "/usr/sbin/nginx");
        assertEquals(new Found(Map.of(1234L, new Holder(nginx, 5)), 0), find(1234L, 9999L));
    }

    @Test
    void theFirstThatStartedIsTheHolderOfWhatIsShared() throws IOException {
        process(900, "parent", 100, "parent\0", 0);
        process(30, "child", 200, "child\0", 0);
        descriptor(900, 4, "socket:[7]");
        descriptor(30, 4, "socket:[7]");
        descriptor(30, 5, "socket:[8]");
        Map<Long, Holder> holders = find(7L, 8L).holders();
        assertEquals(Set.of("parent", "child"),
                new TreeSet<>(holders.values().stream().map(h -> h.process().name()).toList()));
        assertEquals(900, assertNotNullAnd(holders.get(7L)).process().id().pid());
        assertEquals(30, assertNotNullAnd(holders.get(8L)).process().id().pid());
    }

    private static Holder assertNotNullAnd(@Nullable Holder holder) {
        assertNotNull(holder);
        return holder;
    }

    @Test
    void aProcessWithoutArgumentsGoesByItsNameAndAnUnknownUserByItsNumber() throws IOException {
        process(70, "(sd-pam) x", 500, " ", 4242);
        Files.writeString(root.resolve("70/cmdline"), "");
        descriptor(70, 5, "socket:[1]");
        Owner.Process process = assertNotNullAnd(find(1L).holders().get(1L)).process();
        assertEquals("(sd-pam) x", process.command());
        assertEquals("4242", process.user());
    }

    private void executable(int pid, String target) throws IOException {
        Path link = root.resolve(pid + "/exe");
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, Path.of(target));
    }

    @Test
    void theMarkOfADeletedFileIsTakenOff() throws IOException {
        assertNull(proc.executable(1), "not to be known");
        executable(1, "/usr/bin/a (deleted)");
        assertEquals("/usr/bin/a", proc.executable(1));
        executable(1, "/usr/bin/a (deleted) (deleted)");
        assertEquals("/usr/bin/a (deleted)", proc.executable(1));
        executable(1, "/usr/bin/\u00e4 (deleted)");
        assertEquals("/usr/bin/\u00e4", proc.executable(1));

        Path called = Files.createDirectories(root.resolve("1/root" + root)).resolve("b (deleted)");
        Path seen = root.resolve("b (deleted)");
        Files.createFile(seen);
        executable(1, seen.toString());
        assertEquals(root.resolve("b").toString(), proc.executable(1), "there is no such file in its root");
        Files.createLink(called, seen);
        assertEquals(seen.toString(), proc.executable(1), "it is called so");
        Files.delete(called);
        Files.createFile(called);
        assertEquals(root.resolve("b").toString(), proc.executable(1), "another file that is called so");
    }

    @Test
    void anExecutableIsReadOnlyWhenAProcessIsDescribedAnew() throws IOException {
        process(70, "a", 500, "a\0", 0);
        descriptor(70, 5, "socket:[1]");
        executable(70, "/bin/a");
        Holder holder = assertNotNullAnd(find(1L).holders().get(1L));
        executable(70, "/bin/b");
        assertSame(holder, table.look().confirm(holder, 1));
        nanos += ProcessTable.REFRESH_NANOS;
        assertEquals("/bin/b", assertNotNullAnd(table.look().confirm(holder, 1)).process().executable());
    }

    @Test
    void aLongCommandLineIsCut() throws IOException {
        process(70, "java", 500, "x".repeat(10_000), 0);
        assertEquals(4096, proc.commandLine(70).length());
    }

    @Test
    void aHolderIsConfirmedUntilItGivesTheSocketUp() throws IOException {
        process(70, "sshd", 500, "sshd: listener\0", 0);
        descriptor(70, 5, "socket:[1]");
        Holder holder = assertNotNullAnd(find(1L).holders().get(1L));
        assertEquals(holder, table.look().confirm(holder, 1));
        assertNull(table.look().confirm(holder, 2));

        process(70, "sh", 500, "sh -c true\0", 33);
        Holder renamed = assertNotNullAnd(table.look().confirm(holder, 1));
        assertEquals("sh -c true", renamed.process().command(), "after execve(2)");
        assertEquals("www-data", renamed.process().user());

        descriptor(70, 5, "pipe:[9]");
        assertNull(table.look().confirm(renamed, 1));
        descriptor(70, 5, "socket:[1]");
        process(70, "sh", 501, "sh -c true\0", 33);
        assertNull(table.look().confirm(renamed, 1), "another process under the same number");
        assertNull(table.look().confirm(new Holder(renamed.process(), 6), 1));
    }

    @Test
    void whatIsToldOfAHolderIsReadAgainAfterSomeSeconds() throws IOException {
        process(70, "python3", 500, "python3\0old.py\0", 0);
        descriptor(70, 5, "socket:[1]");
        Holder holder = assertNotNullAnd(find(1L).holders().get(1L));
        process(70, "python3", 500, "python3\0new.py\0", 33);
        Files.writeString(root.resolve("70/cgroup"), "0::/user.slice\n");
        nanos += ProcessTable.REFRESH_NANOS - 1;
        assertSame(holder, table.look().confirm(holder, 1), "not read again with every look");
        nanos += 1;
        Holder now = assertNotNullAnd(table.look().confirm(holder, 1));
        assertEquals(new Owner.Process(new Owner.ProcessId(70, 500), "python3", "python3 new.py", "www-data",
                "/user.slice", null, null), now.process());
        assertSame(now, table.look().confirm(now, 1));
        nanos += ProcessTable.REFRESH_NANOS;
        assertSame(now, table.look().confirm(now, 1), "nothing has changed");
        assertEquals(now, find(1L).holders().get(1L));
    }

    @Test
    void aHolderThatIsEndingKeepsWhatIsKnownOfIt() throws IOException {
        process(70, "python3", 500, "python3\0old.py\0", 0);
        descriptor(70, 5, "socket:[1]");
        Holder holder = assertNotNullAnd(find(1L).holders().get(1L));
        nanos += ProcessTable.REFRESH_NANOS;
        Files.writeString(root.resolve("70/cmdline"), "");
        Files.delete(root.resolve("70/status"));
        assertSame(holder, table.look().confirm(holder, 1));
    }

    /** How often and how long the only thread of a process has run. */
    private void ran(int pid, String counts) throws IOException {
        Path thread = Files.createDirectories(root.resolve(pid + "/task/" + pid));
        Files.writeString(thread.resolve("schedstat"), counts);
    }

    @Test
    void theDescriptorsOfAProcessThatHasNotRunAreNotReadAgain() throws IOException {
        process(70, "nginx", 500, "nginx\0", 0);
        for (int i = 0; i < 10; i++) {
            descriptor(70, i, "socket:[" + (100 + i) + "]");
        }
        ran(70, "1000 200 3\n");
        find(1L);
        nanos += Descriptors.SETTLE_NANOS;
        find(1L);
        nanos += Descriptors.SETTLE_NANOS;
        // No process could do that without running: only so it can be seen that nobody looks.
        descriptor(70, 3, "socket:[1]");
        assertEquals(Map.of(), find(1L).holders());
        assertEquals(Set.of(103L, 109L), find(103L, 109L).holders().keySet(), "from memory");
        assertEquals(3, assertNotNullAnd(find(103L).holders().get(103L)).descriptor());
        ran(70, "1000 200 4\n");
        assertEquals(Set.of(1L), find(1L, 103L).holders().keySet());
        descriptor(70, 3, "socket:[2]");
        assertEquals(Map.of(), find(1L).holders(), "too early to be trusted");
    }

    @Test
    void whatWasReadInPartIsNotRemembered() throws IOException {
        process(70, "nginx", 500, "nginx\0", 0);
        ran(70, "1000 200 3\n");
        for (int i = 0; i < 10; i++) {
            descriptor(70, i, "socket:[" + (100 + i) + "]");
        }
        find(1L);
        nanos += Descriptors.SETTLE_NANOS;
        find(100L); // ends early, wherever that one is listed
        nanos += Descriptors.SETTLE_NANOS;
        assertEquals(10, find(100L, 101L, 102L, 103L, 104L, 105L, 106L, 107L, 108L, 109L).holders().size());
    }

    @Test
    void whereTheKernelDoesNotCountDescriptorsAreReadEveryTime() throws IOException {
        process(70, "nginx", 500, "nginx\0", 0);
        for (int i = 0; i < 10; i++) {
            descriptor(70, i, "socket:[" + (100 + i) + "]");
        }
        ran(70, "0 0 0\n");
        for (int i = 0; i < 3; i++) {
            find(1L);
            nanos += Descriptors.SETTLE_NANOS;
        }
        descriptor(70, 3, "socket:[1]");
        assertEquals(Set.of(1L), find(1L).holders().keySet());
    }

    private Set<String> findAmong(long uid, int descriptors, Long... inodes) throws IOException {
        var names = new TreeSet<String>();
        table.look().findAmong(Set.of(inodes), uid, descriptors).holders()
                .forEach((inode, holder) -> names.add(holder.process().name() + " " + inode));
        return names;
    }

    @Test
    void theYoungAreFoundFirstAndThenThoseOfTheUser() throws IOException {
        process(70, "old", 500, "old\0", 33);
        descriptor(70, 5, "socket:[1]");
        assertEquals(Set.of(), findAmong(-1, 100), "a first look");
        assertEquals(Set.of(), findAmong(-1, 100, 1L), "not young, and of nobody known");
        assertEquals(Set.of(), findAmong(0, 100, 1L), "of another user");
        process(71, "young", 600, "young\0", 0);
        descriptor(71, 5, "socket:[2]");
        descriptor(71, 6, "socket:[3]");
        assertEquals(Set.of("young 2", "young 3"), findAmong(-1, 100, 1L, 2L, 3L));
        assertEquals(Set.of("young 2", "old 1"), findAmong(33, 100, 1L, 2L));
        nanos += Processes.YOUNG_NANOS - 1;
        assertEquals(Set.of("young 2"), findAmong(-1, 100, 2L), "a moment later, too");
        nanos += 1;
        assertEquals(Set.of(), findAmong(-1, 100, 2L));
        assertEquals(Set.of("young 2"), findAmong(0, 100, 2L));
    }

    @Test
    void aQuickSearchEndsWhenItHasCostEnough() throws IOException {
        assertEquals(Set.of(), findAmong(-1, 100));
        process(70, "many", 500, "many\0", 33);
        for (int i = 0; i < 10; i++) {
            descriptor(70, i, "pipe:[9]");
        }
        assertEquals(Set.of(), findAmong(33, 5, 1L));
        process(71, "last", 600, "last\0", 33);
        descriptor(71, 5, "socket:[1]");
        nanos += 1;
        assertEquals(Set.of("last 1"), findAmong(33, 10, 1L), "the last comer is looked at first");
        assertEquals(Set.of(), findAmong(33, 0, 1L));
    }

    @Test
    void amongThoseOfTheUserTheLastHolderIsFirst() throws IOException {
        for (int pid = 70; pid < 80; pid++) {
            process(pid, "p" + pid, 500, "p\0", 33);
            descriptor(pid, 3, "pipe:[9]");
            descriptor(pid, 4, "socket:[" + pid + "]");
        }
        assertEquals(Set.of("p77 77"), findAmong(33, 100, 77L));
        assertEquals(Set.of("p77 77"), findAmong(33, 2, 77L), "no other process is looked at");
        assertEquals(Set.of(), findAmong(33, 2, 72L));
    }

    @Test
    void anotherProcessUnderTheSameNumberIsYoung() throws IOException {
        process(70, "old", 500, "old\0", 33);
        assertEquals(Set.of(), findAmong(-1, 100));
        Files.move(root.resolve("70"), root.resolve("old")); // keeps its inode from being given out again
        process(70, "new", 600, "new\0", 33);
        descriptor(70, 5, "socket:[1]");
        assertEquals(Set.of("new 1"), findAmong(-1, 100, 1L));
    }

    @Test
    void kernelThreadsAreNotSearchedAndHiddenProcessesCount() throws IOException {
        process(2, "kthreadd", 11, "", 0);
        descriptor(2, 1, "socket:[1]");
        assertEquals(Map.of(), find(1L).holders());
        Files.delete(root.resolve("1/stat"));
        assertEquals(1, find(1L).unreadable(), "hidepid");
    }

    @Test
    void whatHasEndedIsAnEmptyAnswer() throws IOException {
        assertEquals(new TreeSet<>(List.of(1)), new TreeSet<>(proc.processes()));
        assertEquals(OptionalLong.empty(), proc.effectiveUid(5));
        assertEquals("", proc.commandLine(5));
        assertEquals(OptionalLong.empty(), proc.socket(5, 1));
        assertEquals(Optional.empty(), proc.stat(5));
        proc.descriptors(5, (descriptor, inode) -> {
            throw new AssertionError("a descriptor of nobody");
        });
        assertThrows(IOException.class, () -> proc.netDev());
        Files.createDirectories(root.resolve("thread-self/net"));
        Files.writeString(root.resolve("thread-self/net/dev"), "lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        assertEquals(Set.of("lo"), proc.netDev().keySet());
    }

    @Test
    void namesOfUsersFollowTheFile() throws IOException {
        Path file = root.resolve("users");
        var users = new Users(file);
        assertEquals("5", users.name(5), "no such file");
        Files.writeString(file, "games:x:5:60::/:\n");
        assertEquals("games", users.name(5));
        assertEquals("6", users.name(6));
    }
}
