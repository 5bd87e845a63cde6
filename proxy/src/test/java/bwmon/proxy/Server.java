package bwmon.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** A program of others that serves in the foreground, and is ended by its number. */
final class Server implements AutoCloseable {
    private final Process process;
    private final Path output;

    private Server(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** Where a program is; the test is skipped where it is not. */
    static String program(String name) {
        return Stream.of("/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/").map(folder -> folder + name)
                .filter(path -> Files.isExecutable(Path.of(path))).findFirst().orElseGet(() -> {
                    assumeTrue(false, name + " is not installed");
                    return name;
                });
    }

    /** Starts a server and waits until it answers on a port of 127.0.0.1. */
    static Server start(Path folder, int port, List<String> command) throws IOException {
        Path output = Files.createTempFile(folder, "server", ".out");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        var server = new Server(process, output);
        boolean answers = false;
        try {
            await().atMost(Duration.ofSeconds(20)).ignoreExceptionsInstanceOf(IOException.class).until(() -> {
                if (!process.isAlive()) {
                    throw new AssertionError(command + " ended with " + process.exitValue() + ": " + server);
                }
                RunPipeProcess.connect(port).close();
                return true;
            });
            answers = true;
            return server;
        } finally {
            if (!answers) {
                server.close();
            }
        }
    }

    /** Runs a program to its end, which has to be a good one, and gives its standard output. */
    static String run(Path folder, String... command) throws IOException, InterruptedException {
        Path err = Files.createTempFile(folder, "run", ".err");
        Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
        process.outputWriter().close();
        String out = process.inputReader().readAllAsString();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError(List.of(command) + " failed: " + Files.readString(err) + out);
        }
        return out;
    }

    /** What it has said so far. */
    @Override
    public String toString() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        // The children of one that forks end with it, by SIGTERM.
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
