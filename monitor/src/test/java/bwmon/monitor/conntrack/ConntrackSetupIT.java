package bwmon.monitor.conntrack;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.Stream;

import bwmon.monitor.RunMonitor;
import bwmon.monitor.conntrack.ConntrackState.Access;
import bwmon.monitor.trial.NetworkNamespace;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The setup of the real kernel, in namespaces of our own. */
@Timeout(120)
class ConntrackSetupIT {
    private static final Path PROC = Path.of("/proc");

    @TempDir
    Path run = Path.of("/nonexistent");

    private ConntrackSetup setup() {
        return new ConntrackSetup(PROC, run);
    }

    private Process child(NetworkNamespace namespace, List<String> before, String... arguments) throws Exception {
        var words = new ArrayList<>(before);
        words.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                SetupChild.class.getName()));
        words.addAll(List.of(arguments));
        return new ProcessBuilder(namespace.inside(words.toArray(String[]::new)))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static String firstLine(Process process) throws Exception {
        var reader = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        return Objects.requireNonNull(reader.readLine(), "the child said nothing");
    }

    private static OptionalInt accounting() throws Exception {
        return ConntrackSwitch.ACCOUNTING.read(PROC);
    }

    private static void assertNoTableIsLeft(NetworkNamespace namespace) throws Exception {
        if (Files.isExecutable(Path.of("/usr/sbin/nft"))) {
            assertEquals("", namespace.exec("nft", "list", "tables"));
        }
        namespace.call(() -> {
            try (TrackingRule rule = TrackingRule.add()) {
                assertEquals("bwmon", rule.table(), "the name is free again");
            }
            return null;
        });
    }

    private List<Path> notes() throws Exception {
        try (Stream<Path> files = Files.list(run)) {
            return files.filter(f -> !f.endsWith("lock")).toList();
        }
    }

    @Test
    void trackingAndCountingAreSwitchedOnAndOffAgain() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            namespace.call(() -> {
                ConnectionMaker.sendDatagrams(3);
                ConntrackState before = setup().inspect();
                assertEquals(Access.OPEN, before.access());
                assertEquals(0, before.entries().orElseThrow(), "nothing is tracked");
                assertEquals(0, before.accounting().orElseThrow());
                assertFalse(before.missing().isEmpty());
                EnabledConntrack enabled = setup().enable();
                assertEquals(List.of(), enabled.warnings());
                ConnectionMaker.sendDatagrams(3);
                ConntrackState during = setup().inspect();
                assertEquals(List.of(), during.missing());
                assertEquals(3, during.entries().orElseThrow());
                try (var table = ConntrackTable.open()) {
                    for (Connection c : table.dump()) {
                        assertEquals(1, Objects.requireNonNull(c.originalCounters()).packets());
                        assertNotNull(c.started());
                    }
                }
                // Closed by another thread, whose namespace is the machine's, as a shutdown hook would.
                return enabled;
            }).close();
            assertEquals(OptionalInt.of(0), namespace.call(ConntrackSetupIT::accounting));
            assertNoTableIsLeft(namespace);
            assertEquals(List.of(), notes());
        }
    }

    @Test
    void afterKillTheTableGoesByItselfAndTheNextOnePutsTheSettingsBack() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            Process child = child(namespace, List.of(), run.toString());
            assertTrue(firstLine(child).contains("nft table inet bwmon"));
            assertEquals(OptionalInt.of(1), namespace.call(ConntrackSetupIT::accounting));
            child.destroyForcibly().waitFor();
            await().untilAsserted(() -> assertNoTableIsLeft(namespace));
            assertEquals(OptionalInt.of(1), namespace.call(ConntrackSetupIT::accounting), "nobody could put it back");
            assertEquals(1, notes().size());
            namespace.call(() -> {
                setup().enable().close();
                return null;
            });
            assertEquals(OptionalInt.of(0), namespace.call(ConntrackSetupIT::accounting));
            assertEquals(List.of(), notes());
        }
    }

    @Test
    void twoProgramsShareAndTheLastOnePutsBackOnSigterm() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            EnabledConntrack first = namespace.call(() -> setup().enable());
            Process child = child(namespace, List.of(), run.toString());
            assertEquals("switched on while this program runs: connection tracking (nft table inet bwmon-" + child.pid()
                    + ")", firstLine(child));
            first.close();
            assertEquals(OptionalInt.of(1), namespace.call(ConntrackSetupIT::accounting), "the child needs it");
            child.toHandle().destroy();
            assertEquals(128 + 15, child.waitFor());
            assertEquals(OptionalInt.of(0), namespace.call(ConntrackSetupIT::accounting));
            assertEquals(List.of(), notes());
            assertNoTableIsLeft(namespace);
        }
    }

    @Test
    void whatTheKernelRefusesDoesNotKeepTheRestFromBeingPutBack() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            EnabledConntrack enabled = namespace.call(() -> setup().enable());
            Path note = notes().getFirst();
            // The kernel takes 0 and 1 only.
            Files.writeString(note, Files.readString(note).replace("nf_conntrack_acct 0", "nf_conntrack_acct 7"));
            assertThrows(IOException.class, enabled::close);
            assertEquals(OptionalInt.of(1), namespace.call(ConntrackSetupIT::accounting));
            assertEquals(OptionalInt.of(0), namespace.call(() -> ConntrackSwitch.TIMESTAMPS.read(PROC)));
            assertNoTableIsLeft(namespace);
        }
    }

    @Test
    void aLockThatAnotherProgramKeepsIsNotWaitedForForEver() throws Exception {
        try (var namespace = NetworkNamespace.open();
                var channel = FileChannel.open(run.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
                FileLock _ = channel.lock(0, Long.MAX_VALUE, true)) {
            Process child = child(namespace, List.of(), run.toString());
            String said = firstLine(child);
            assertTrue(said.contains(run.resolve("lock") + " was locked by another program"), said);
            assertEquals(OptionalInt.of(1), namespace.call(ConntrackSetupIT::accounting));
            child.toHandle().destroy();
            assertEquals(128 + 15, child.waitFor());
            assertEquals(OptionalInt.of(0), namespace.call(ConntrackSetupIT::accounting));
            assertEquals(List.of(), notes());
            assertNoTableIsLeft(namespace);
        }
    }

    @Test
    void theSecondSigtermPutsBackAndWaitsForNoLock() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            Process child = child(namespace, List.of(), run.toString(), "deaf");
            var lines = new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
            assertTrue(String.valueOf(lines.readLine()).contains("nf_conntrack_acct"));
            try (var channel = FileChannel.open(run.resolve("lock"), StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                child.toHandle().destroy();
                assertEquals("asked to stop", lines.readLine());
                assertEquals(OptionalInt.of(1), namespace.call(ConntrackSetupIT::accounting));
                child.toHandle().destroy();
                assertEquals(128 + 15, child.waitFor());
            }
            assertEquals(OptionalInt.of(0), namespace.call(ConntrackSetupIT::accounting));
            assertEquals(OptionalInt.of(0), namespace.call(() -> ConntrackSwitch.TIMESTAMPS.read(PROC)));
            assertNoTableIsLeft(namespace);
            namespace.call(() -> {
                setup().enable().close();
                return null;
            });
            assertEquals(List.of(), notes(), "the next one clears the note away");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--json", "--top=5"})
    void runmonitorPutsBackAlsoAtASecondSignal(String mode) throws Exception {
        Path unshare = Path.of("/usr/bin/unshare");
        Assumptions.assumeTrue(Files.isExecutable(unshare), "unshare(1) is not installed");
        try (var namespace = NetworkNamespace.open()) {
            // A /run of its own: the machine's may be in use.
            Process child = new ProcessBuilder(namespace.inside(unshare.toString(), "--mount", "sh", "-c",
                    "mount --bind \"$0\" /run && exec \"$@\"", run.toString(),
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                    RunMonitor.class.getName(), mode, "--source=conntrack", "--interval=30"))
                    .redirectError(ProcessBuilder.Redirect.INHERIT).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                await().atMost(Duration.ofSeconds(30)).until(() -> namespace.call(ConntrackSetupIT::accounting),
                        OptionalInt.of(1)::equals);
                try (var channel = FileChannel.open(run.resolve("bwmon/lock"), StandardOpenOption.WRITE);
                        FileLock _ = channel.lock()) {
                    // The orderly end waits for the lock, so that another signal comes before it; two at once may be one.
                    await().until(() -> {
                        child.toHandle().destroy();
                        return !child.isAlive();
                    });
                }
                assertEquals(128 + 15, child.waitFor());
                assertEquals(OptionalInt.of(0), namespace.call(ConntrackSetupIT::accounting));
                assertEquals(OptionalInt.of(0), namespace.call(() -> ConntrackSwitch.TIMESTAMPS.read(PROC)));
            } finally {
                child.destroyForcibly();
            }
        }
    }

    @Test
    void withoutTheCapabilityThatIsSaid() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "setpriv(1) is not installed");
        try (var namespace = NetworkNamespace.open()) {
            Process child = child(namespace, List.of("setpriv", "--bounding-set=-net_admin"));
            assertEquals(Access.NOT_PERMITTED.toString(), firstLine(child));
            assertEquals(0, child.waitFor());
        }
    }
}
