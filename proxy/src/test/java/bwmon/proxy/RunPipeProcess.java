package bwmon.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.typesafe.config.Config;

import static org.awaitility.Awaitility.await;

/**
 * {@code runpipe} as a process of its own. With the system property {@code bwmon.runpipe} that is the launcher it names,
 * else the main class on this test's class path.
 */
final class RunPipeProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int FIRST_PORT = 11_000;
    private static final int LAST_PORT = 31_999;
    /** Begins somewhere, so that tests which run at the same time do not meet. */
    private static final AtomicInteger NEXT_PORT = new AtomicInteger(
            FIRST_PORT + (int) (ProcessHandle.current().pid() * 127 % (LAST_PORT - FIRST_PORT)));

    private final Process process;
    private final Path out;
    private final Path err;

    private RunPipeProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** Starts the program with its output in files of that folder. */
    static RunPipeProcess start(Path folder, String... arguments) throws IOException {
        // A shell's background job ignores SIGINT, and so would all that it starts.
        return startBehind(folder, List.of("env", "--default-signal=INT"), arguments);
    }

    /** Starts it behind another program that becomes it, such as {@code setpriv} or {@code sh -c '...; exec "$@"' sh}. */
    static RunPipeProcess startBehind(Path folder, List<String> prefix, String... arguments) throws IOException {
        Path out = Files.createTempFile(folder, "runpipe", ".out");
        Path err = Files.createTempFile(folder, "runpipe", ".err");
        var command = new ArrayList<>(prefix);
        command.addAll(command());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        return new RunPipeProcess(process, out, err);
    }

    /** How the program is called. */
    static List<String> command() {
        String launcher = System.getProperty("bwmon.runpipe");
        if (launcher != null) {
            return List.of(launcher);
        }
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), "bwmon.proxy.RunPipe");
    }

    /**
     * A port of all addresses that nobody listens on just now, and no other caller is given. None of those that
     * the kernel chooses by itself (net.ipv4.ip_local_port_range): there a connection of anybody may take it meanwhile.
     */
    static int freePort() {
        while (true) {
            int port = NEXT_PORT.getAndUpdate(last -> last == LAST_PORT ? FIRST_PORT : last + 1);
            try (var all = new ServerSocket(port, 1)) {
                return all.getLocalPort();
            } catch (IOException e) {
                // Somebody has it.
            }
        }
    }

    /** Waits until it says that it listens. */
    RunPipeProcess awaitListening() throws IOException {
        await().atMost(PATIENCE).until(() -> !process.isAlive() || err().contains("listening on"));
        if (!process.isAlive()) {
            throw new AssertionError("runpipe ended with " + process.exitValue() + ": " + err());
        }
        return this;
    }

    /** Waits for the end. */
    int exitCode() throws IOException, InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("runpipe goes on: " + err());
        }
        return process.exitValue();
    }

    /** Sends a signal, such as {@code TERM}. */
    void signal(String name) throws IOException, InterruptedException {
        int exit = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
        if (exit != 0) {
            throw new AssertionError("kill ended with " + exit);
        }
    }

    /** Ends it in order, and gives its last line of totals back; it must run with {@code --json}. */
    Config totals() throws IOException, InterruptedException {
        signal("TERM");
        int exit = exitCode();
        if (exit != 0) {
            throw new AssertionError("runpipe ended with " + exit + ": " + err());
        }
        return Json.lines(out()).stream().filter(line -> line.getString("type").equals("pipe"))
                .reduce((_, last) -> last).orElseThrow();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Resident memory in bytes: VmRSS of proc_pid_status(5). */
    long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024).findFirst().orElseThrow();
    }

    long pid() {
        return process.pid();
    }

    /** What its threads are called, by the first 15 characters (proc_pid_comm(5)). */
    List<String> threadNames() throws IOException {
        var names = new ArrayList<String>();
        try (var threads = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            for (Path thread : (Iterable<Path>) threads::iterator) {
                names.add(Files.readString(thread.resolve("comm")).strip());
            }
        }
        return names;
    }

    long openDescriptors() throws IOException {
        try (var descriptors = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return descriptors.count();
        }
    }

    String out() throws IOException {
        return Files.readString(out);
    }

    String err() throws IOException {
        return Files.readString(err);
    }

    /** Standard error for the message of an assertion. */
    String errText() {
        try {
            return err();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A client of a port of 127.0.0.1. */
    static Socket connect(int port) throws IOException {
        var socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return socket;
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
