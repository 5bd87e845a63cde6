package bwmon.aggregator.delivery;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A command and all that it started, found by its parents and by a mark in the environment that children inherit
 * (proc_pid_environ(5)): so also those that became daemons, in sessions of their own. Not found is what has left the tree
 * <em>and</em> cleared or overwritten its environment, runs as another user with our having no right to look (sudo),
 * or was started by somebody else on the command's behalf (systemd-run, at, a container's engine).
 */
final class ProcessTree {
    /** The mark's name. */
    static final String VARIABLE = "BWMON_RUN";

    /** Whoever forks while it is looked for is found in the next round. */
    private static final int MAX_ROUNDS = 20;
    /** More than an environment can be long: a quarter of the greatest stack at a start, 6 MiB (execve(2)). */
    private static final int MAX_ENVIRONMENT = 6 << 20;

    private final Process process;
    private final String mark;

    /**
     * The tree of a process.
     *
     * @param mark the variable's value, which nobody can guess and no other process has
     */
    ProcessTree(Process process, String mark) {
        this.process = process;
        this.mark = VARIABLE + "=" + mark;
    }

    /** Kills all (SIGKILL, which nobody can ignore). */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            List<ProcessHandle> found = ProcessHandle.allProcesses().filter(this::isMarked).toList();
            if (found.isEmpty()) {
                return;
            }
            // The handle knows when its process began: one that took over its number meanwhile is safe.
            found.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private boolean isMarked(ProcessHandle other) {
        try (InputStream environment = Files.newInputStream(Path.of("/proc", Long.toString(other.pid()), "environ"))) {
            return new String(environment.readNBytes(MAX_ENVIRONMENT), StandardCharsets.ISO_8859_1).contains(mark);
        } catch (IOException e) {
            // It has ended, or is another user's: not ours to kill.
            return false;
        }
    }
}
