package bwmon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The launchers of bin/, copied into folders with blanks in their names. What they start is a script that says how it was
 * started, what they build with is one that notes that it was called; only the last test starts a real program.
 */
class LauncherIT {
    private static final Path BIN = Path.of("../bin").toAbsolutePath().normalize();
    private static final String JAVA = """
            #!/bin/sh
            printf '%s\\n' "java of $0" "$@"
            """;

    @TempDir
    private Path temp = Path.of("");
    private Path dir = Path.of("");
    private Path tools = Path.of("");

    private record Result(int code, String out, String err) {
        List<String> lines() {
            return out.lines().toList();
        }
    }

    @BeforeEach
    void makeRoom() throws IOException {
        dir = Files.createDirectories(temp.resolve("a place with $blanks; and *"));
        // Only what the launchers may count on, so that neither a java nor an mvn of this machine is found.
        tools = Files.createDirectories(temp.resolve("tools"));
        for (String tool : List.of("sh", "readlink", "find", "head", "tail", "mkdir", "touch", "rm", "cat", "sleep",
                "stat", "id", "su", "flock")) {
            lend(tool);
        }
    }

    private void lend(String tool) throws IOException {
        for (String folder : List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin")) {
            Path path = Path.of(folder, tool);
            if (Files.isExecutable(path)) {
                script(tools.resolve(tool), "#!/bin/sh\nexec " + path + " \"$@\"\n");
                return;
            }
        }
    }

    private static Path script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A Java home of that version (null: without a release file). */
    private Path java(String name, @Nullable String version) throws IOException {
        Path home = temp.resolve(name);
        script(home.resolve("bin/java"), JAVA);
        if (version != null) {
            Files.writeString(home.resolve("release"), """
                    IMPLEMENTOR="Somebody"
                    JAVA_VERSION_DATE="2099-01-01"
                    JAVA_VERSION="%s"
                    OS_NAME="Linux"
                    """.formatted(version));
        }
        return home;
    }

    /** The launchers in a folder's bin/, looking for Java below {@code temp/jvm} in place of /usr/lib/jvm. */
    private Path copyBin(Path home) throws IOException {
        Path bin = Files.createDirectories(home.resolve("bin"));
        try (Stream<Path> files = Files.list(BIN)) {
            for (Path file : files.toList()) {
                String text = Files.readString(file).replace("/usr/lib/jvm", temp + "/jvm");
                Path copy = Files.writeString(bin.resolve(file.getFileName().toString()), text);
                Files.setPosixFilePermissions(copy, Files.getPosixFilePermissions(file));
            }
        }
        return bin;
    }

    private Path installed() throws IOException {
        Files.createDirectories(dir.resolve("lib"));
        return copyBin(dir);
    }

    private ProcessBuilder builder(Map<String, String> environment, List<String> command) {
        var builder = new ProcessBuilder(command).directory(temp.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", tools.toString());
        builder.environment().putAll(environment);
        return builder;
    }

    private static Result result(Process process) throws IOException, InterruptedException {
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        return new Result(process.exitValue(), out, err);
    }

    private Result run(Map<String, String> environment, Object... command) throws IOException, InterruptedException {
        return result(builder(environment, Stream.of(command).map(Object::toString).toList()).start());
    }

    static Stream<List<String>> shells() {
        return Stream.of(List.of("/bin/dash"), List.of("/bin/bash", "--posix"), List.of("/bin/busybox", "sh"))
                .filter(shell -> Files.isExecutable(Path.of(shell.get(0))));
    }

    @ParameterizedTest
    @MethodSource("shells")
    void anInstalledProgramStartsInEveryShell(List<String> shell) throws Exception {
        Path bin = installed();
        Path home = java("my java", "25");
        var command = new ArrayList<String>(shell);
        command.addAll(List.of(bin.resolve("runpipe").toString(), "8080", "a b", "*", "", "--x=$y"));
        Result result = run(Map.of("JAVA25_HOME", home.toString()), command.toArray());
        List<String> lines = result.lines();
        assertAll(() -> assertEquals("", result.err()), () -> assertEquals(0, result.code()),
                () -> assertEquals("java of " + home + "/bin/java", lines.get(0)),
                () -> assertEquals(List.of("-cp", dir + "/lib/*", "bwmon.proxy.RunPipe", "8080", "a b", "*", "",
                        "--x=$y"), lines.subList(lines.size() - 8, lines.size())),
                () -> assertTrue(lines.contains("--enable-native-access=ALL-UNNAMED"), result::out));
    }

    @Test
    void aLinkToALauncherServes() throws Exception {
        Path bin = installed();
        Path home = java("jvm/25", "25.0.3");
        Path first = Files.createSymbolicLink(temp.resolve("first"), bin.resolve("runaggregator"));
        Path second = Files.createSymbolicLink(tools.resolve("runaggregator"), first);
        for (String name : List.of("runaggregator", second.toString(), "./first")) {
            // By a shell, because only a shell looks into PATH as its user set it.
            Result result = run(Map.of(), "/bin/sh", "-c", "exec \"$0\"", name);
            assertEquals(List.of(dir + "/lib/*", "bwmon.aggregator.RunAggregator"),
                    result.lines().subList(result.lines().size() - 2, result.lines().size()), result::err);
            assertEquals("java of " + home + "/bin/java", result.lines().get(0));
        }
    }

    @Test
    void theFirstJavaThatServesIsTakenInAFixedOrder() throws Exception {
        Path runpipe = installed().resolve("runpipe");
        Path bundled = java("a place with $blanks; and */jre", "25");
        Path own = java("own", "26-ea");
        Path usual = java("usual", "25.0.1+8");
        Path onPath = java("on path", "27");
        Path found = java("jvm/jdk-25", "25");
        Files.createSymbolicLink(tools.resolve("java"), onPath.resolve("bin/java"));
        var environment = Map.of("JAVA25_HOME", own.toString(), "JAVA_HOME", usual.toString());
        for (Path expected : List.of(bundled, own, usual, onPath, found)) {
            assertEquals("java of " + expected + "/bin/java", run(environment, runpipe).lines().get(0));
            Files.writeString(expected.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
        }
        Result result = run(environment, runpipe);
        assertEquals(69, result.code());
        assertEquals(List.of("runpipe: needs Java 25 or later, and found only", "  17.0.15  " + bundled,
                "  17.0.15  " + own, "  17.0.15  " + usual, "  17.0.15  " + onPath, "  17.0.15  " + found),
                result.err().lines().limit(6).toList());
        assertTrue(result.err().contains("JAVA25_HOME"), result.err());
    }

    @Test
    void whatIsNotJava25DoesNotServe() throws Exception {
        Path runpipe = installed().resolve("runpipe");
        java("jvm/a", "1.8.0_392");
        java("jvm/b", "24.0.2");
        java("jvm/c", null);
        java("jvm/d", "");
        java("jvm/e", "x25");
        Files.createSymbolicLink(temp.resolve("jvm/link to b"), temp.resolve("jvm/b"));
        Result result = run(Map.of("JAVA_HOME", temp + "/nowhere"), runpipe);
        assertEquals(69, result.code());
        assertEquals("", result.out());
        assertEquals(List.of("  1.8.0_392  " + temp + "/jvm/a", "  24.0.2  " + temp + "/jvm/b",
                "  unknown version  " + temp + "/jvm/c", "  unknown version  " + temp + "/jvm/d",
                "  x25  " + temp + "/jvm/e"), result.err().lines().filter(line -> line.startsWith("  ")).toList());
    }

    @Test
    void noJavaAtAllIsSaid() throws Exception {
        Result result = run(Map.of(), installed().resolve("runpipe"));
        assertEquals(69, result.code());
        assertTrue(result.err().startsWith("runpipe: needs Java 25 or later, and found none\n"), result.err());
    }

    @Test
    void optionsOfTheUserComeLast() throws Exception {
        Path runpipe = installed().resolve("runpipe");
        java("jvm/25", "25");
        Result result = run(Map.of("JAVA_OPTS", "-Xmx1g -Da=*", "BWMON_JAVA_OPTS", "-XX:+UseG1GC"), runpipe);
        int options = result.lines().indexOf("-Xmx1g");
        assertEquals(List.of("-Xmx1g", "-Da=*", "-XX:+UseG1GC", "-cp"),
                result.lines().subList(options, options + 4));
        assertEquals(1, result.lines().stream().filter(line -> line.matches("-XX:\\+Use.*GC")).count(), result::out);
    }

    @Test
    void signalsReachTheProgramUnderTheNumberOfTheLauncher() throws Exception {
        Path runpipe = installed().resolve("runpipe");
        script(java("jvm/25", "25").resolve("bin/java"), """
                #!/bin/sh
                trap 'exit 7' TERM
                echo $$
                while :; do sleep 0.01; done
                """);
        Process process = builder(Map.of(), List.of(runpipe.toString())).start();
        assertEquals(Long.toString(process.pid()), process.inputReader().readLine());
        process.destroy();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(7, process.exitValue());
    }

    /** A checkout that is older than now, and an mvn that builds a distribution after a while. */
    private Path checkout(String mvn) throws IOException {
        Path bin = copyBin(dir);
        Files.writeString(dir.resolve("pom.xml"), "<project/>");
        Files.createDirectories(dir.resolve("proxy/src/main/java"));
        Files.writeString(dir.resolve("proxy/pom.xml"), "<project/>");
        Files.writeString(dir.resolve("proxy/src/main/java/A.java"), "class A {}");
        Files.createDirectories(dir.resolve("conf"));
        try (Stream<Path> files = Files.walk(dir)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(600)));
            }
        }
        script(tools.resolve("mvn"), mvn);
        java("jvm/25", "25");
        return bin;
    }

    private static final String MVN = """
            #!/bin/sh
            echo "chatter of mvn $*"
            echo "$PWD: $*" >>"${0%/*}/mvn.log"
            mkdir -p aggregator/target/bwmon/lib
            sleep 0.2
            touch aggregator/target/bwmon.stamp
            """;

    private List<String> builds() throws IOException {
        return Files.exists(tools.resolve("mvn.log")) ? Files.readAllLines(tools.resolve("mvn.log")) : List.of();
    }

    @ParameterizedTest
    @MethodSource("shells")
    void aCheckoutIsBuiltWhenItIsNewOrChangedAndOnlyThen(List<String> shell) throws Exception {
        Path bin = checkout(MVN);
        var command = new ArrayList<String>(shell);
        command.add(bin.resolve("runpipe").toString());
        String line = "runpipe: building " + dir + " first ...\n";
        Result first = run(Map.of(), command.toArray());
        assertEquals(line, first.err());
        assertTrue(first.lines().contains(dir + "/aggregator/target/bwmon/lib/*"), first.out());
        assertTrue(!first.out().contains("chatter"), first.out());
        assertEquals(List.of(dir + ": -q -B -Plaunch package"), builds());

        assertEquals("", run(Map.of(), command.toArray()).err());
        assertEquals(1, builds().size());

        int expected = 1;
        for (String changed : List.of("pom.xml", "proxy/pom.xml", "proxy/src/main/java/A.java", "bin/launch.sh",
                "conf")) {
            Files.setLastModifiedTime(dir.resolve("aggregator/target/bwmon.stamp"),
                    FileTime.from(Instant.now().minusSeconds(300)));
            assertEquals("", run(Map.of(), command.toArray()).err(), "before a change of " + changed);
            FileTime before = Files.getLastModifiedTime(dir.resolve(changed));
            Files.setLastModifiedTime(dir.resolve(changed), FileTime.from(Instant.now().minusSeconds(60)));
            assertEquals(line, run(Map.of(), command.toArray()).err(), changed);
            assertEquals(++expected, builds().size(), changed);
            Files.setLastModifiedTime(dir.resolve(changed), before);
        }
    }

    @ParameterizedTest
    @MethodSource("shells")
    void launchersStartedAtOnceBuildOnce(List<String> shell) throws Exception {
        startAtOnce(shell);
    }

    @ParameterizedTest
    @MethodSource("shells")
    void launchersStartedAtOnceBuildOnceWithoutFlock(List<String> shell) throws Exception {
        Files.deleteIfExists(tools.resolve("flock"));
        startAtOnce(shell);
        assertTrue(Files.notExists(dir.resolve("target/launch.lock.d")));
        // A lock whose holder was killed is no obstacle.
        Files.createDirectories(dir.resolve("target/launch.lock.d"));
        Files.writeString(dir.resolve("target/launch.lock.d/pid"), "999999999\n");
        Files.delete(dir.resolve("aggregator/target/bwmon.stamp"));
        assertEquals(0, run(Map.of(), dir.resolve("bin/runpipe")).code());
        assertEquals(2, builds().size());
    }

    private void startAtOnce(List<String> shell) throws Exception {
        Path bin = checkout(MVN);
        var processes = new ArrayList<Process>();
        for (int i = 0; i < 3; i++) {
            var command = new ArrayList<String>(shell);
            command.add(bin.resolve(i % 2 == 0 ? "runpipe" : "runaggregator").toString());
            processes.add(builder(Map.of(), command).start());
        }
        int said = 0;
        for (Process process : processes) {
            Result result = result(process);
            assertEquals(0, result.code(), result.err());
            assertTrue(result.out().startsWith("java of "), result.out());
            said += (int) result.err().lines().count();
        }
        assertEquals(1, builds().size());
        assertEquals(1, said);
    }

    @Test
    void aBuildThatFailsShowsItsEndAndStartsNothing() throws Exception {
        Path bin = checkout("#!/bin/sh\ni=0\nwhile [ $i -lt 100 ]; do i=$((i + 1)); echo \"line $i\"; done\nexit 5\n");
        Result result = run(Map.of(), bin.resolve("runpipe"));
        assertEquals(1, result.code());
        assertEquals("", result.out());
        List<String> lines = result.err().lines().toList();
        assertEquals("runpipe: building " + dir + " first ...", lines.get(0));
        assertEquals("line 71", lines.get(1));
        assertEquals("line 100", lines.get(30));
        assertEquals("runpipe: the build failed; all it said is in " + dir + "/target/launch.log", lines.get(31));
    }

    @Test
    void aCheckoutWithoutMavenSaysWhatIsMissing() throws Exception {
        Path bin = checkout(MVN);
        Files.delete(tools.resolve("mvn"));
        Result result = run(Map.of(), bin.resolve("runpipe"));
        assertEquals(69, result.code());
        assertEquals("", result.out());
        assertEquals("runpipe: this checkout has to be built first, which needs Maven (Debian, Ubuntu: apt install "
                + "maven)\n", result.err());
    }

    static List<Path> programs() throws IOException {
        return ManPagesIT.launchers();
    }

    @ParameterizedTest
    @MethodSource("programs")
    void theRealProgramSaysItsVersionAndNothingElse(Path launcher) throws Exception {
        var builder = new ProcessBuilder(launcher.toString(), "--version").directory(temp.toFile());
        builder.environment().remove("JAVA_OPTS");
        Result result = result(builder.start());
        assertAll(() -> assertEquals(0, result.code()), () -> assertEquals("", result.err()),
                () -> assertTrue(
                        result.out().matches(launcher.getFileName() + " \\(bwmon\\) [0-9]+\\.[0-9]+\\.[0-9]+\\S*\n"),
                        result::out));
    }
}
