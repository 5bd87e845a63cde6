package bwmon.monitor.procfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

import bwmon.traffic.ByteCounts;
import org.jspecify.annotations.Nullable;

/**
 * Reads /proc, or a folder that looks like it. A process that has ended meanwhile is an empty answer; one that may not be
 * looked at is an {@link AccessDeniedException}. May be used from any thread.
 */
public final class ProcFs {
    /** Enough for every one-line file, and for status and cgroup, which have some dozen lines. */
    private static final int SMALL_FILE = 64 * 1024;
    /** Some 8,000 interfaces. */
    private static final int NET_DEV_LIMIT = 1024 * 1024;

    private final Path root;

    /** The file system below that folder, usually {@code /proc}. */
    public ProcFs(Path root) {
        this.root = root;
    }

    /** What gets the sockets of a process. */
    @FunctionalInterface
    interface SocketVisitor {
        /** One descriptor of a socket. */
        void socket(int descriptor, long inode);
    }

    /** The processes, in no order. Under the mount option hidepid those of others may be left out. */
    public List<Integer> processes() throws IOException {
        var pids = new ArrayList<Integer>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
            for (Path entry : entries) {
                int pid = number(entry);
                if (pid > 0) {
                    pids.add(pid);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw Objects.requireNonNull(e.getCause());
        }
        return pids;
    }

    /** A file's name as a number; -1 if it is none. */
    private static int number(Path file) {
        String name = String.valueOf(file.getFileName());
        int number = 0;
        for (int i = 0; i < name.length(); i++) {
            int digit = name.charAt(i) - '0';
            if (digit < 0 || digit > 9 || number > (Integer.MAX_VALUE - 9) / 10) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
    }

    /** /proc/PID/stat; empty if the process has ended. */
    public Optional<ProcessStat> stat(int pid) throws IOException {
        byte[] content = read(pid, "stat", SMALL_FILE);
        return content == null ? Optional.empty() : ProcessStat.parse(content);
    }

    /** /proc/PID/cmdline, arguments joined by single spaces, cut at 4096 bytes; empty if there is none. */
    public String commandLine(int pid) throws IOException {
        byte[] content = read(pid, "cmdline", CommandLine.LIMIT);
        return content == null ? "" : CommandLine.parse(content);
    }

    /** The effective user, of /proc/PID/status. */
    public OptionalLong effectiveUid(int pid) throws IOException {
        byte[] content = read(pid, "status", SMALL_FILE);
        return content == null ? OptionalLong.empty() : ProcessStatus.effectiveUid(content);
    }

    /** /proc/PID/cgroup. */
    Cgroups cgroups(int pid) throws IOException {
        byte[] content = read(pid, "cgroup", SMALL_FILE);
        return content == null ? new Cgroups(null, null) : Cgroups.parse(content);
    }

    /** The network namespace of a process, such as {@code net:[4026531840]}; empty if it has ended. */
    public Optional<String> networkNamespace(int pid) throws IOException {
        return target(root.resolve(Integer.toString(pid)).resolve("ns/net"));
    }

    /** The network namespace of the calling thread, and so of the sockets that it opens. */
    public Optional<String> ownNetworkNamespace() throws IOException {
        return target(root.resolve("thread-self/ns/net"));
    }

    /** The sockets of a process, from /proc/PID/fd. */
    void sockets(int pid, SocketVisitor visitor) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.resolve(pid + "/fd"))) {
            for (Path entry : entries) {
                OptionalLong inode = inode(entry);
                if (inode.isPresent()) {
                    visitor.socket(number(entry), inode.getAsLong());
                }
            }
        } catch (DirectoryIteratorException e) {
            gone(pid, Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            gone(pid, e);
        }
    }

    /** The inode of the socket that a descriptor of a process is; empty if it is another thing, or closed. */
    OptionalLong socket(int pid, int descriptor) throws IOException {
        return inode(root.resolve(pid + "/fd/" + descriptor));
    }

    private static OptionalLong inode(Path link) throws IOException {
        Optional<String> target = target(link);
        return target.isPresent() ? SocketLink.inode(target.get()) : OptionalLong.empty();
    }

    private static Optional<String> target(Path link) throws IOException {
        try {
            return Optional.of(Files.readSymbolicLink(link).toString());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (AccessDeniedException e) {
            throw e;
        } catch (FileSystemException e) {
            // ESRCH: the process is being buried. Only the link itself could tell more, and it is not there any more.
            if (Files.isSymbolicLink(link)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /**
     * The interfaces of the calling thread's network namespace, by name. {@code /proc/net} would follow the main thread's.
     *
     * @return link-layer bytes and packets since each interface was made
     */
    public Map<String, ByteCounts> netDev() throws IOException {
        try (InputStream file = Files.newInputStream(root.resolve("thread-self/net/dev"))) {
            return NetDev.parse(file.readNBytes(NET_DEV_LIMIT));
        }
    }

    private byte @Nullable [] read(int pid, String name, int limit) throws IOException {
        try (InputStream file = Files.newInputStream(root.resolve(pid + "/" + name))) {
            return file.readNBytes(limit);
        } catch (IOException e) {
            gone(pid, e);
            return null;
        }
    }

    /** Nothing, if the error is that the process has ended; reads then fail with ENOENT or ESRCH. */
    private void gone(int pid, IOException e) throws IOException {
        if (e instanceof NoSuchFileException) {
            return;
        }
        if (e instanceof AccessDeniedException || Files.exists(root.resolve(Integer.toString(pid)))) {
            throw e;
        }
    }
}
