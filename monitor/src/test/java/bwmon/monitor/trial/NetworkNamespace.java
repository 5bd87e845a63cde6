package bwmon.monitor.trial;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;

import bwmon.ffi.ErrnoException;
import bwmon.ffi.Fd;
import bwmon.ffi.Libc;
import org.junit.jupiter.api.Assumptions;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A network namespace made by ip-netns(8), with its loopback up; taken down when closed. */
public final class NetworkNamespace implements AutoCloseable {
    private static final Path IP = Path.of("/usr/sbin/ip");
    private static final AtomicInteger COUNT = new AtomicInteger();
    /** CLONE_NEWNET, linux/sched.h. */
    private static final int CLONE_NEWNET = 0x40000000;
    /** O_CLOEXEC, asm-generic/fcntl.h. */
    private static final int O_CLOEXEC = 02000000;

    private final String name;

    private NetworkNamespace(String name) {
        this.name = name;
    }

    /** Skips the test where namespaces cannot be made, or a tool that it needs is not there. */
    public static NetworkNamespace open(String... tools) throws IOException, InterruptedException {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")),
                "network namespaces are made by root only");
        Assumptions.assumeTrue(Files.isExecutable(IP), "iproute2 is not installed");
        for (String tool : tools) {
            Assumptions.assumeTrue(Files.isExecutable(Path.of(tool)), tool + " is not installed");
        }
        var namespace = new NetworkNamespace(
                "bwmon-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet());
        run(List.of(IP.toString(), "netns", "add", namespace.name));
        namespace.exec("ip", "link", "set", "lo", "up");
        return namespace;
    }

    /** As ip-netns(8) knows it. */
    public String name() {
        return name;
    }

    /** The words that start a command in here. */
    public List<String> inside(String... command) {
        var words = new ArrayList<>(List.of(IP.toString(), "netns", "exec", name));
        words.addAll(List.of(command));
        return words;
    }

    /** Runs a command in here, and gives back its standard output. */
    public String exec(String... command) throws IOException, InterruptedException {
        return run(inside(command));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        File errors = File.createTempFile("bwmon", ".err");
        try {
            Process process = new ProcessBuilder(command).redirectError(errors).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), () -> {
                try {
                    return command + ": " + Files.readString(errors.toPath());
                } catch (IOException e) {
                    return command + ": " + e;
                }
            });
            return output;
        } finally {
            Files.delete(errors.toPath());
        }
    }

    /** Moves the calling thread in here, for as long as it lives. */
    public void enter() throws IOException {
        try (Fd fd = Fd.of("open", Libc.open("/run/netns/" + name, O_CLOEXEC))) {
            ErrnoException.check("setns", Libc.setns(fd.number(), CLONE_NEWNET));
        }
    }

    /** Runs code on a thread of its own that lives in here. */
    public <T> T call(Callable<T> code) throws Exception {
        var task = new FutureTask<>(() -> {
            enter();
            return code.call();
        });
        Thread.ofPlatform().name(name).start(task);
        return task.get();
    }

    @Override
    public void close() throws IOException {
        // A test that ran out of time was interrupted, and is to be cleared away all the same.
        boolean isInterrupted = Thread.interrupted();
        try {
            run(List.of(IP.toString(), "netns", "del", name));
        } catch (InterruptedException e) {
            isInterrupted = true;
            throw new IOException("interrupted while the namespace was taken down", e);
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
