package bwmon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The caches of bin/aot.sh: launchers copied into a folder with blanks in its name, whose cache is in another one, start a
 * script in place of Java that makes a "cache" where Java would; the last test starts a real program.
 */
class AotCacheIT {
    private static final Path BIN = Path.of("../bin").toAbsolutePath().normalize();
    private static final String MAKE = "echo cache >\"${word#*=}\"; exit";

    @TempDir
    private Path temp = Path.of("");
    private Path home = Path.of("");
    private Path cacheHome = Path.of("");
    private Path caches = Path.of("");
    private Path java = Path.of("");

    private record Result(int code, String out, String err) {
        boolean hasCache() {
            return out.contains("-XX:AOTCache=");
        }
    }

    @BeforeEach
    void install() throws IOException {
        home = temp.resolve("a place with $blanks; and *");
        // Root's are where the copies look for them, an ordinary user's where the environment says.
        cacheHome = Files.createDirectories(temp.resolve("my caches"));
        caches = cacheHome.resolve("bwmon");
        Files.createDirectories(home.resolve("lib"));
        Files.writeString(home.resolve("lib/a.jar"), "a");
        Files.createDirectories(home.resolve("bin"));
        try (Stream<Path> files = Files.list(BIN)) {
            for (Path file : files.toList()) {
                Path copy = home.resolve("bin").resolve(file.getFileName());
                Files.writeString(copy,
                        Files.readString(file).replace("=/var/cache/bwmon", "='" + caches + "'"));
                Files.setPosixFilePermissions(copy, Files.getPosixFilePermissions(file));
            }
        }
        java = temp.resolve("java");
        Files.createDirectories(java.resolve("bin"));
        Files.createDirectories(java.resolve("lib"));
        Files.writeString(java.resolve("lib/modules"), "modules");
        Files.writeString(java.resolve("release"), "JAVA_VERSION=\"25\"\n");
        java(MAKE);
    }

    /** A script that says how it was called, or notes that in a file and does something, where it is asked for a cache. */
    private void java(String make) throws IOException {
        Path file = java.resolve("bin/java");
        Files.writeString(file, """
                #!/bin/sh
                for word; do
                    case $word in
                        -XX:AOTCacheOutput=*)
                            echo "$*" >>"${0%%/*}/made"
                            %s
                            ;;
                    esac
                done
                printf '%%s\\n' "$@"
                """.formatted(make));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** So that the folder can be removed. */
    @AfterEach
    void awaitWhatRunsInTheBackground() {
        await().atMost(Duration.ofMinutes(1)).until(() -> files(".new.").isEmpty());
    }

    private ProcessBuilder builder(Map<String, String> environment, List<String> command) {
        var builder = new ProcessBuilder(command).directory(temp.toFile());
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", System.getenv("PATH"), "JAVA25_HOME", java.toString(),
                "XDG_CACHE_HOME", cacheHome.toString()));
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

    private Result run(Map<String, String> environment, String program, String... arguments) throws Exception {
        return run(List.of(), environment, program, arguments);
    }

    private Result run(List<String> shell, Map<String, String> environment, String program, String... arguments)
            throws Exception {
        var command = new ArrayList<>(shell);
        command.add(home.resolve("bin").resolve(program).toString());
        command.addAll(List.of(arguments));
        Result result = result(builder(environment, command).start());
        assertEquals("", result.err());
        assertEquals(0, result.code());
        return result;
    }

    private List<Path> files(String part) throws IOException {
        if (!Files.isDirectory(caches)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(caches)) {
            return files.filter(file -> file.getFileName().toString().contains(part)).toList();
        }
    }

    /** How often a cache was made, when nothing is being made any more. */
    private List<String> made(int times) throws IOException {
        Path log = java.resolve("bin/made");
        await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(log)
                && Files.readAllLines(log).size() >= times && files(".new.").isEmpty() && !files(".aot").isEmpty());
        return Files.readAllLines(log);
    }

    static Stream<List<String>> shells() {
        return Stream.of(List.of("/bin/dash"), List.of("/bin/bash", "--posix"), List.of("/bin/busybox", "sh"))
                .filter(shell -> Files.isExecutable(Path.of(shell.get(0))));
    }

    @ParameterizedTest
    @MethodSource("shells")
    void aCacheIsMadeBesideTheFirstRunAndUsedByTheNext(List<String> shell) throws Exception {
        int times = 0;
        for (Path launcher : ManPagesIT.launchers()) {
            String program = launcher.getFileName().toString();
            assertTrue(!run(shell, Map.of(), program, "its own argument").hasCache(), program);
            String made = made(++times).get(times - 1);
            assertTrue(!made.contains("its own argument"), made);
            List<Path> files = files(program + "-");
            assertEquals(1, files.size(), files::toString);
            List<String> lines = run(shell, Map.of(), program, "its own argument").out().lines().toList();
            assertTrue(lines.contains("-XX:AOTCache=" + files.get(0)), lines::toString);
            assertTrue(lines.contains("its own argument"), lines::toString);
        }
        assertEquals(times, made(times).size());
    }

    @Test
    void aStaleCacheIsNotUsedAndMadeAnewAndOldOnesGo() throws Exception {
        Path jar = home.resolve("lib/a.jar");
        for (int round = 1; round <= 4; round++) {
            // The same size and time, as builds give them, in another file.
            Path other = Files.writeString(home.resolve("lib/other"), Integer.toString(round));
            Files.setLastModifiedTime(other, Files.getLastModifiedTime(jar));
            Files.move(jar, temp.resolve("old." + round));
            Files.move(other, jar);
            assertTrue(!run(Map.of(), "runpipe").hasCache(), "round " + round);
            assertEquals(round, made(round).size());
            assertTrue(run(Map.of(), "runpipe").hasCache(), "round " + round);
        }
        Files.move(java.resolve("lib/modules"), java.resolve("lib/modules.old"));
        Files.writeString(java.resolve("lib/modules"), "modules");
        assertTrue(!run(Map.of(), "runpipe").hasCache(), "another Java");
        assertEquals(5, made(5).size());
        await().until(() -> files("runpipe-").size() == 2);
    }

    @Test
    void ofLaunchersStartedAtOnceOneMakesACache() throws Exception {
        assumeTrue(Stream.of("/usr/bin/flock", "/bin/flock").anyMatch(tool -> Files.exists(Path.of(tool))),
                "flock is missing");
        java("sleep 0.5; " + MAKE);
        var processes = new ArrayList<Process>();
        for (int i = 0; i < 5; i++) {
            processes.add(builder(Map.of(), List.of(home.resolve("bin/runpipe").toString())).start());
        }
        for (Process process : processes) {
            assertEquals(0, result(process).code());
        }
        assertEquals(1, made(1).size());
        assertTrue(run(Map.of(), "runpipe").hasCache());
    }

    @Test
    void whatCannotBeMadeIsNotTriedAtEveryStart() throws Exception {
        java("exit 1");
        assertTrue(!run(Map.of(), "runpipe").hasCache());
        made(1);
        await().until(() -> files("runpipe-").size() == 1);
        assertTrue(!run(Map.of(), "runpipe").hasCache());
        java(MAKE);
        assertTrue(!run(Map.of(), "runpipe").hasCache());
        assertEquals(1, made(1).size());
        // Since long ago: once more.
        Files.setLastModifiedTime(files("runpipe-").get(0), FileTime.fromMillis(0));
        assertTrue(!run(Map.of(), "runpipe").hasCache());
        made(2);
        await().until(() -> Files.size(files("runpipe-").get(0)) > 0);
        assertTrue(run(Map.of(), "runpipe").hasCache());
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoObstacleAndNoNews() throws Exception {
        Files.writeString(caches, "not a folder");
        for (int i = 0; i < 2; i++) {
            assertTrue(!run(Map.of(), "runmonitor").hasCache());
        }
        assertTrue(Files.notExists(java.resolve("bin/made")));
    }

    @Test
    void whoeverWantsNoneOrHasArchivesOfTheirOwnGetsNone() throws Exception {
        run(Map.of(), "runpipe");
        made(1);
        assertTrue(run(Map.of(), "runpipe").hasCache());
        for (var environment : List.of(Map.of("BWMON_AOT", "off"), Map.of("JAVA_OPTS", "-Xshare:off"),
                Map.of("BWMON_JAVA_OPTS", "-Da=b -XX:SharedArchiveFile=x.jsa"),
                Map.of("JAVA_TOOL_OPTIONS", "-XX:AOTMode=off"))) {
            assertTrue(!run(environment, "runpipe").hasCache(), environment::toString);
        }
    }

    @Test
    void whatAnotherUserMadeIsNotUsed() throws Exception {
        assumeTrue(Files.getOwner(Path.of("/proc/self")).getName().equals("root"), "only root can give a file away");
        run(Map.of(), "runpipe");
        made(1);
        Path cache = files("runpipe-").get(0);
        Files.setAttribute(cache, "unix:uid", 65534);
        assertTrue(!run(Map.of(), "runpipe").hasCache());
    }

    @Test
    void aRealProgramLoadsItsClassesFromItAndIsSilentWhereItCannot() throws Exception {
        Files.delete(home.resolve("lib/a.jar"));
        Files.delete(home.resolve("lib"));
        Files.createSymbolicLink(home.resolve("lib"), BIN.resolve("../aggregator/target/bwmon/lib").toRealPath());
        String real = System.getProperty("java.home");
        var environment = Map.of("JAVA25_HOME", real);
        String version = run(environment, "runmonitor", "--version").out();
        await().atMost(Duration.ofMinutes(2))
                .until(() -> !files("runmonitor-").isEmpty() && files(".new.").isEmpty());
        Path cache = files("runmonitor-").get(0);
        assertTrue(Files.size(cache) > 0, "made nothing");
        String log = temp + "/load.log";
        assertEquals(version, run(Map.of("JAVA25_HOME", real, "BWMON_JAVA_OPTS",
                "-Xlog:class+load:file=" + log), "runmonitor", "--version").out());
        String loaded = Files.readString(Path.of(log));
        assertTrue(loaded.matches("(?s).* bwmon\\.monitor\\.RunMonitor source: shared objects file.*"), loaded);

        assertEquals(version, run(Map.of("JAVA25_HOME", real, "JAVA_OPTS",
                "-XX:+UseG1GC -XX:-UseCompactObjectHeaders"), "runmonitor", "--version").out());
        byte[] bytes = Files.readAllBytes(cache);
        Files.write(cache, Arrays.copyOf(bytes, bytes.length / 2));
        assertEquals(version, run(environment, "runmonitor", "--version").out(), "cut short");
    }
}
