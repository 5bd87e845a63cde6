package bwmon.monitor.procfs;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.ffi.FileTree;
import bwmon.monitor.attribution.SocketOwners.Found;
import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.Ticker;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The real /proc, with children of our own in it. */
@Timeout(60)
class ProcessTableIT {
    /**
     * Holds ten sockets, tells its number and theirs, and then waits for words: {@code open}, {@code exec}, {@code end}.
     */
    private static final String HOLDER = """
            import os, socket, sys
            held = [socket.socket() for i in range(int(sys.argv[1]))]
            print(os.getpid(), *[os.fstat(s.fileno()).st_ino for s in held], flush=True)
            for word in iter(sys.stdin.readline, ''):
                if word == 'open\\n':
                    held.append(socket.socket())
                    print(os.fstat(held[-1].fileno()).st_ino, flush=True)
                elif word == 'exec\\n':
                    os.set_inheritable(held[0].fileno(), True)
                    os.execv(sys.executable, [sys.executable, '-c', sys.argv[2], 'changed'])
            """;
    private static final String AFTER_EXEC = "import sys; print('again', flush=True); sys.stdin.read()";

    /** A running child. */
    private static final class Child implements AutoCloseable {
        private final Process process;
        private final BufferedReader output;
        private final Writer input;

        Child(List<String> command) throws IOException {
            process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            output = process.inputReader(StandardCharsets.UTF_8);
            input = process.outputWriter(StandardCharsets.UTF_8);
        }

        static Child holder(int sockets) throws IOException {
            Assumptions.assumeTrue(python() != null, "python3 is not installed");
            return new Child(List.of(String.valueOf(python()), "-c", HOLDER, Integer.toString(sockets), AFTER_EXEC));
        }

        List<Long> numbers() throws IOException {
            return List.of(line().split(" ", -1)).stream().map(Long::valueOf).toList();
        }

        String line() throws IOException {
            String line = output.readLine();
            assertNotNull(line, "the child has ended");
            return line;
        }

        void say(String word) throws IOException {
            input.write(word + "\n");
            input.flush();
        }

        @Override
        public void close() throws IOException {
            input.close();
            process.destroy();
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static @Nullable Path python() {
        Path python = Path.of("/usr/bin/python3");
        return Files.isExecutable(python) ? python : null;
    }

    private long nanos;
    private final ProcFs proc = new ProcFs(Path.of("/proc"));
    private final ProcessTable table = new ProcessTable(proc, new Users(Path.of("/etc/passwd")), () -> nanos);

    private Map<Long, Holder> find(Long... inodes) throws IOException {
        nanos += Descriptors.SETTLE_NANOS;
        return table.look().find(Set.of(inodes)).holders();
    }

    private static Holder holder(Map<Long, Holder> holders, long inode) {
        Holder holder = holders.get(inode);
        assertNotNull(holder, "nobody holds " + inode);
        return holder;
    }

    @Test
    void aSocketThatAnIdleProcessOpensIsFound() throws IOException {
        try (Child child = Child.holder(10)) {
            List<Long> numbers = child.numbers();
            int pid = numbers.getFirst().intValue();
            for (int i = 0; i < 3; i++) {
                // The second time it is known to have ten of them, the third time that it has not run.
                Map<Long, Holder> holders = find(numbers.subList(1, 11).toArray(Long[]::new));
                assertEquals(10, holders.size());
                holders.forEach((inode, holder) -> assertEquals(pid, holder.process().id().pid()));
                assertEquals(Map.of(), find(1L), "to the end");
            }
            for (int i = 0; i < 20; i++) {
                child.say("open");
                long inode = child.numbers().getFirst();
                assertEquals(pid, holder(find(inode), inode).process().id().pid(), "number " + i);
                find(1L);
            }
        }
    }

    @Test
    void aSleepingProcessIsSeenNotToHaveRun() throws IOException {
        try (Child child = Child.holder(1)) {
            int pid = child.numbers().getFirst().intValue();
            long schedule = proc.schedule(pid, 1);
            Assumptions.assumeTrue(schedule != ProcFs.UNKNOWN_SCHEDULE, "this kernel has no CONFIG_SCHED_INFO");
            assertEquals(ProcFs.UNKNOWN_SCHEDULE, proc.schedule(pid, 0), "it has a thread");
            child.say("open");
            child.line();
            assertNotEquals(schedule, proc.schedule(pid, 1));
        }
    }

    @Test
    void aProgramThatRunsItselfAnewIsToldByItsNewArguments() throws IOException {
        try (Child child = Child.holder(1)) {
            long inode = child.numbers().get(1);
            Holder before = holder(find(inode), inode);
            assertTrue(before.process().command().startsWith("/usr/bin/python3 -c import os, socket"));
            child.say("exec");
            assertEquals("again", child.line());
            Holder same = table.look().confirm(before, inode);
            assertNotNull(same);
            assertEquals(before.process().name(), same.process().name(), "the kernel's name for it has not changed");
            nanos += ProcessTable.REFRESH_NANOS;
            Holder after = table.look().confirm(before, inode);
            assertNotNull(after);
            assertTrue(after.process().command().endsWith(" changed"), after.process().command());
            assertEquals(before.process().id(), after.process().id());
        }
    }

    private static final Path SLEEP = Path.of("/usr/bin/sleep");

    private static Process sleep(Path file) throws IOException {
        return new ProcessBuilder(file.toString(), "60").start();
    }

    @Test
    void theExecutableOfARealProcessIsToldAlsoWhenItWasDeleted(@TempDir Path folder) throws Exception {
        for (String name : List.of("plain", "called (deleted)")) {
            Path file = Files.copy(SLEEP, folder.resolve(name));
            Process process = sleep(file);
            try {
                int pid = (int) process.pid();
                assertEquals(file.toString(), proc.executable(pid));
                Files.delete(file);
                assertEquals(file.toString(), proc.executable(pid), "deleted");
                Files.createFile(file);
                assertEquals(file.toString(), proc.executable(pid), "another file in its place");
            } finally {
                process.destroy();
                process.waitFor();
            }
            assertNull(proc.executable((int) process.pid()), "gone");
        }
        assertNull(proc.executable(2), "a kernel thread, or nobody");
    }

    /** The kernel tells no path of 4096 bytes or more; what holds such a file must not end the search for others. */
    @Test
    void aProcessDeepInTheTreeHoldsNobodyUp(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(python() != null, "python3 is not installed");
        String deep = """
                import os, socket, sys
                for i in range(20):
                    os.mkdir('d' * 250); os.chdir('d' * 250)
                held = open('f', 'w'), socket.socket()
                print(os.getpid(), os.fstat(held[1].fileno()).st_ino, flush=True)
                sys.stdin.readline()
                held[0].close(); os.unlink('f')
                for i in range(20):
                    os.chdir('..'); os.rmdir('d' * 250)
                print('clean', flush=True)
                """;
        try (Child child = new Child(List.of("/bin/sh", "-c", "cd \"$1\" && exec \"$2\" -c \"$3\"", "sh",
                folder.toString(), String.valueOf(python()), deep))) {
            List<Long> numbers = child.numbers();
            assertEquals(numbers.getFirst(), holder(find(numbers.get(1)), numbers.get(1)).process().id().pid());
            child.say("end");
            assertEquals("clean", child.line());
        }
    }

    @Test
    void theExecutableOfAnotherUsersProcessIsToldToRootAlone() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root may run it as another user");
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "util-linux is not installed");
        Process process = new ProcessBuilder("/usr/bin/setpriv", "--reuid=65534", "--clear-groups", SLEEP.toString(),
                "60").start();
        try {
            int pid = (int) process.pid();
            Awaitility.await().until(() -> proc.commandLine(pid).startsWith(SLEEP.toString()));
            assertEquals(SLEEP.toRealPath().toString(), proc.executable(pid));
            Process other = new ProcessBuilder("/usr/bin/setpriv", "--reuid=65533", "--clear-groups",
                    "/usr/bin/readlink", "/proc/" + pid + "/exe").start();
            assertEquals(1, other.waitFor(), "the kernel tells nobody else");
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    @Test
    void aProcessOfSomeMillisecondsIsFoundAmongTheYoung() throws IOException {
        var quick = new ProcessTable(proc, new Users(Path.of("/etc/passwd")), Ticker.SYSTEM);
        quick.look().findAmong(Set.of(), -1, 0);
        try (Child child = Child.holder(2)) {
            List<Long> numbers = child.numbers();
            Found found = quick.look().findAmong(Set.of(numbers.get(2)), -1, 10_000);
            assertEquals(numbers.getFirst(),
                    holder(found.holders(), numbers.get(2)).process().id().pid());
        }
    }

    /** The number after the last one is given out next (ns_last_pid), so that a number can be had twice. */
    private static final String REUSER = """
            mount -t proc proc /proc
            while read number; do
                test "$pid" && kill "$pid" && wait "$pid"
                echo $((number - 1)) >/proc/sys/kernel/ns_last_pid
                sleep 600 2>/dev/null & pid=$!
                echo "$pid"
            done 2>/dev/null
            kill "$pid"
            """;

    @Test
    void aNumberThatIsUsedAgainIsAnotherFile() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "PID namespaces are made by root only");
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/unshare")), "util-linux is not installed");
        try (Child child = new Child(
                List.of("/usr/bin/unshare", "--pid", "--fork", "--kill-child", "--mount", "sh", "-c",
                        REUSER))) {
            child.say("100");
            Assumptions.assumeTrue(child.line().equals("100"), "ns_last_pid may not be written");
            long init = child.process.children().findFirst().orElseThrow().pid();
            var inside = new ProcFs(Path.of("/proc/" + init + "/root/proc"));
            FileTree.Identity identity = inside.identity(100);
            assertNotNull(identity);
            for (int i = 0; i < 50; i++) {
                assertEquals(identity, inside.identity(100), "the same process");
                child.say("100");
                assertEquals("100", child.line());
                FileTree.Identity next = inside.identity(100);
                assertNotNull(next);
                assertNotEquals(identity, next, "another process under the same number");
                identity = next;
            }
            assertNull(inside.identity(101));
        }
    }
}
