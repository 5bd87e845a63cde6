package bwmon.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a process has open, by /proc/PID/fd (proc_pid_fd(5)). */
final class Descriptors {
    private final List<String> names;

    private Descriptors(List<String> names) {
        this.names = names;
    }

    /** Of this process. */
    static Descriptors here() throws IOException {
        return of(ProcessHandle.current().pid());
    }

    static Descriptors of(long pid) throws IOException {
        var names = new ArrayList<String>();
        try (Stream<Path> links = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path link : (Iterable<Path>) links::iterator) {
                try {
                    names.add(Files.readSymbolicLink(link).toString());
                } catch (NoSuchFileException e) {
                    // Closed meanwhile, as is the one through which this folder is read.
                }
            }
        }
        return new Descriptors(names);
    }

    /** Pipes of which both ends are open. */
    long pipes() {
        return names.stream().filter(name -> name.startsWith("pipe:")).count() / 2;
    }

    int count() {
        return names.size();
    }

    long sockets() {
        return names.stream().filter(name -> name.startsWith("socket:")).count();
    }
}
