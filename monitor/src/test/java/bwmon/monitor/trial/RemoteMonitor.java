package bwmon.monitor.trial;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import bwmon.monitor.MonitorOptions.Kind;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A {@link MonitorChild}, as the trial that started it sees it. */
final class RemoteMonitor implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final Writer words;
    private final List<String> notices = new ArrayList<>();
    private final Tally tally = new Tally();

    private RemoteMonitor(Process process) {
        this.process = process;
        answers = process.inputReader(StandardCharsets.UTF_8);
        words = process.outputWriter(StandardCharsets.UTF_8);
    }

    /**
     * Starts one, and waits until it is open.
     *
     * @param before words that run those behind them
     */
    static RemoteMonitor open(NetworkNamespace namespace, List<String> before, String classPath, Kind kind, Path run)
            throws IOException {
        var command = new ArrayList<>(before);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp", classPath,
                MonitorChild.class.getName(), kind.name(), run.toString()));
        var monitor = new RemoteMonitor(new ProcessBuilder(namespace.inside(command.toArray(String[]::new)))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start());
        String line = monitor.line();
        while (line.startsWith("notice\t")) {
            monitor.notices.add(line.substring("notice\t".length()));
            line = monitor.line();
        }
        assertEquals("open", line);
        return monitor;
    }

    /** This program's classes, put where everybody may read them. */
    static String readableClassPath(Path folder) throws IOException {
        Path copies = Files.createDirectory(folder.resolve("classes"));
        var entries = new ArrayList<String>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path from = Path.of(entry);
            Path to = copies.resolve(entries.size() + "-" + from.getFileName());
            if (Files.exists(from)) {
                try (Stream<Path> files = Files.walk(from)) {
                    for (Path file : files.toList()) {
                        Files.copy(file, to.resolve(from.relativize(file).toString()));
                    }
                }
                entries.add(to.toString());
            }
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.toList()) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    private String line() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the monitor has ended");
        }
        return line;
    }

    List<String> notices() {
        return notices;
    }

    long pid() {
        return process.pid();
    }

    Tally tally() {
        return tally;
    }

    /** Takes a report; whether it said anything. */
    boolean collect() throws IOException {
        words.write("\n");
        words.flush();
        boolean saidSomething = false;
        String line = line();
        for (; line.startsWith("charge\t"); line = line()) {
            tally.add(Charge.parse(line.substring("charge\t".length())));
            saidSomething = true;
        }
        String[] report = line.split("\t", -1);
        assertEquals("report", report[0], line);
        tally.add(Long.parseLong(report[1]), Long.parseLong(report[2]), Long.parseLong(report[3]));
        return saidSomething;
    }

    /** kill -9. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws IOException {
        try {
            words.close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
