package bwmon.monitor;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.monitor.rtnetlink.Link;
import bwmon.monitor.rtnetlink.Links;
import bwmon.monitor.trial.NetworkNamespace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Real namespaces. */
@Timeout(60)
class NamespaceOptionIT {
    private static final Path OWN = Path.of("/proc/thread-self/ns/net");

    private interface Code {
        void run() throws Exception;
    }

    /** On a thread of its own, so that no other test is taken along should it not come back. */
    private static void alone(Code code) throws Exception {
        var task = new FutureTask<>(() -> {
            code.run();
            return true;
        });
        Thread.ofPlatform().start(task);
        assertTrue(task.get());
    }

    /** Tries to leave on another thread. */
    private static void elsewhere(NamespaceOption.Entered entered) throws Throwable {
        var task = new FutureTask<>(() -> {
            entered.close();
            return true;
        });
        Thread.ofPlatform().start(task);
        try {
            task.get();
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    @Test
    void aNameIsEnteredAndLeft() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            String there = namespace.call(() -> Files.readSymbolicLink(OWN).toString());
            namespace.exec("ip", "link", "add", "only-there", "type", "bridge");
            alone(() -> {
                String here = Files.readSymbolicLink(OWN).toString();
                assertNotEquals(there, here);
                try (var entered = NamespaceOption.of(namespace.name()).enter(); var links = Links.open()) {
                    assertEquals(there, Files.readSymbolicLink(OWN).toString());
                    assertTrue(links.dump().stream().map(Link::name).anyMatch("only-there"::equals));
                    assertThrows(IllegalStateException.class, () -> elsewhere(entered));
                }
                assertEquals(here, Files.readSymbolicLink(OWN).toString());
            });
        }
    }

    @Test
    void aProcessIsEntered() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            String there = namespace.call(() -> Files.readSymbolicLink(OWN).toString());
            Process process = new ProcessBuilder(namespace.inside("cat")).start();
            try {
                // ip(8) is there before the command, and not yet in the namespace.
                process.getOutputStream().write('x');
                process.getOutputStream().flush();
                assertEquals('x', process.getInputStream().read());
                alone(() -> {
                    try (var entered = NamespaceOption.of(Long.toString(process.pid())).enter()) {
                        assertEquals(there, Files.readSymbolicLink(OWN).toString());
                        assertThrows(IllegalStateException.class, () -> elsewhere(entered));
                    }
                });
            } finally {
                process.destroy();
                process.waitFor();
            }
            String gone = Long.toString(process.pid());
            var e = assertThrows(ProgramException.class, () -> NamespaceOption.of(gone).enter());
            assertEquals(Kind.MISSING, e.kind());
            assertTrue(String.valueOf(e.getMessage()).contains("no process has that number"), e.getMessage());
        }
    }

    private static void ip(String... words) throws Exception {
        var command = new ArrayList<>(List.of("ip", "netns"));
        command.addAll(List.of(words));
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor(), () -> String.join(" ", command));
    }

    private static void contains(String expected, Optional<String> why) {
        assertTrue(why.orElse("it is there").contains(expected), why::toString);
    }

    @Test
    void aNameThatIsRemovedOrGivenAnewIsGone() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            String name = namespace.name();
            alone(() -> {
                try (var entered = NamespaceOption.of(name).enter()) {
                    assertEquals(Optional.empty(), entered.whyGone());
                    Object inode = Files.getAttribute(OWN, "unix:ino");
                    ip("del", name);
                    contains("--netns=" + name + ": the network namespace was removed", entered.whyGone());
                    contains("lsns -t net lists " + inode, entered.whyGone());
                    ip("add", name);
                    contains("another network namespace has that name by now", entered.whyGone());
                }
            });
        }
    }

    @Test
    void aProcessThatEndedIsGone() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            Process process = new ProcessBuilder(namespace.inside("cat")).start();
            try {
                process.getOutputStream().write('x');
                process.getOutputStream().flush();
                assertEquals('x', process.getInputStream().read());
                alone(() -> {
                    try (var entered = NamespaceOption.of(Long.toString(process.pid())).enter()) {
                        assertEquals(Optional.empty(), entered.whyGone());
                        process.destroy();
                        process.waitFor();
                        contains("--netns=" + process.pid()
                                + ": the process has ended; the namespace that was looked at may"
                                + " live on in others", entered.whyGone());
                    }
                });
            } finally {
                process.destroy();
                process.waitFor();
            }
        }
    }

    /** The whole program: the last report comes, then why it ends, once. */
    @Test
    void theProgramEndsWhenItsNamespaceIsRemoved() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            String name = namespace.name();
            String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
            Process program = new ProcessBuilder(java, "--enable-native-access=ALL-UNNAMED", "-cp",
                    System.getProperty("java.class.path"), RunMonitor.class.getName(), "--netns=" + name, "--json",
                    "--interval=0.1", "--no-setup", "--no-lookback").start();
            try (var out = program.inputReader(); var err = program.errorReader()) {
                String first = out.readLine();
                assertTrue(first != null, () -> err.lines().toList().toString());
                ip("del", name);
                List<String> lines = out.lines().toList();
                List<String> errors = err.lines().toList();
                assertEquals(69, program.waitFor(), errors::toString);
                assertTrue(lines.getLast().contains("\"type\":\"balance\""), lines::toString);
                assertEquals(1, errors.stream().filter(line -> line.startsWith("runmonitor: --netns=" + name
                        + ": the network namespace was removed")).count(), errors::toString);
            } finally {
                program.destroyForcibly();
                ip("add", name); // To be taken down.
            }
        }
    }

    @Test
    void whoIsNotThereIsToldWhoIs(@TempDir Path names) throws Exception {
        Files.createFile(names.resolve("blue"));
        Files.createFile(names.resolve("red"));
        var e = assertThrows(ProgramException.class,
                () -> new NamespaceOption("green", names, Path.of("/proc")).enter());
        assertEquals(Kind.MISSING, e.kind());
        assertTrue(String.valueOf(e.getMessage()).contains("there are blue, red."), e.getMessage());
        for (int i = 0; i < 25; i++) {
            Files.createFile(names.resolve("x" + i));
        }
        e = assertThrows(ProgramException.class, () -> new NamespaceOption("green", names, Path.of("/proc")).enter());
        assertTrue(String.valueOf(e.getMessage()).contains("and 7 more."), e.getMessage());
    }

    @Test
    void whatIsLeftOfANamespaceIsNamed(@TempDir Path names) throws Exception {
        Files.createFile(names.resolve("stale"));
        var e = assertThrows(ProgramException.class,
                () -> new NamespaceOption("stale", names, Path.of("/proc")).enter());
        assertEquals(Kind.MISSING, e.kind());
        assertTrue(String.valueOf(e.getMessage()).contains("ip netns del stale"), e.getMessage());
        var unknown = new NamespaceOption("1x", names.resolve("nowhere"), Path.of("/proc"));
        e = assertThrows(ProgramException.class, unknown::enter);
        assertTrue(String.valueOf(e.getMessage()).contains("there are none"), e.getMessage());
    }

    @Test
    void withoutTheCapabilityItIsNamed() throws Exception {
        try (var namespace = NetworkNamespace.open("/usr/bin/setpriv")) {
            String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
            Process process = new ProcessBuilder(List.of("/usr/bin/setpriv", "--bounding-set=-sys_admin",
                    "--inh-caps=-sys_admin", java, "--enable-native-access=ALL-UNNAMED", "-cp",
                    System.getProperty("java.class.path"), Child.class.getName(), namespace.name()))
                    .redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            assertTrue(output.contains("NOT_PERMITTED") && output.contains("CAP_SYS_ADMIN"), output);
        }
    }

    /** Tells why it could not enter. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            try (var entered = NamespaceOption.of(args[0]).enter()) {
                System.out.println(entered.hashCode() + " entered");
            } catch (ProgramException e) {
                System.out.println(e.kind() + " " + e.getMessage());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "/proc/1/ns/net", "../../proc/1/ns/net"})
    void whatCanBeNoNameIsRefused(String text) {
        var e = assertThrows(ProgramException.class, () -> NamespaceOption.of(text));
        assertEquals(Kind.USAGE, e.kind());
    }

    @Test
    void aVirtualThreadIsRefused() throws Exception {
        var task = new FutureTask<>(() -> assertThrows(IllegalStateException.class,
                () -> NamespaceOption.of("x").enter()));
        Thread.ofVirtual().start(task);
        task.get();
    }
}
