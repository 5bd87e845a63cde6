package bwmon.monitor.procfs;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.ffi.FileTree;
import bwmon.traffic.ByteCounts;
import org.jspecify.annotations.Nullable;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

/**
 * Reads /proc, or a folder that looks like it. A process that has ended meanwhile is an empty answer; one that may not be
 * looked at is an {@link AccessDeniedException}. May be used from any thread.
 */
public final class ProcFs {
    /** Enough for every one-line file, and for status and cgroup, which have some dozen lines. */
    private static final int SMALL_FILE = 64 * 1024;
    /** Some 8,000 interfaces. */
    private static final int NET_DEV_LIMIT = 1024 * 1024;

    /** Three numbers of 20 digits. */
    private static final int LINE = 64;
    /** What schedstat has where the kernel does not count (proc_pid_schedstat, fs/proc/base.c). */
    private static final byte[] NOT_COUNTED = "0 0 0\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NOTHING = new byte[0];
    private static final long FNV_PRIME = 0x100000001b3L;

    private final Path root;
    /** Its buffers are for one thread at a time. */
    private final ThreadLocal<FileTree> tree;

    /** The file system below that folder, usually {@code /proc}. */
    public ProcFs(Path root) {
        this.root = root;
        tree = ThreadLocal.withInitial(() -> new FileTree(root));
    }

    /** What gets the sockets of a process. */
    @FunctionalInterface
    interface SocketVisitor {
        /**
         * One descriptor.
         *
         * @param inode of the socket; -1 if the descriptor is something else
         * @return whether to go on
         */
        boolean descriptor(int descriptor, long inode);
    }

    /** What gets the processes. */
    @FunctionalInterface
    interface ProcessVisitor {
        /**
         * One process.
         *
         * @param inode of its folder, as the listing tells it: where it changes, the number may be another process's
         */
        void process(int pid, long inode);
    }

    /** The processes, in no order. Under the mount option hidepid those of others may be left out. */
    public List<Integer> processes() throws IOException {
        var pids = new ArrayList<Integer>();
        processes((pid, inode) -> pids.add(pid));
        return pids;
    }

    /** The processes, as {@link #processes()}. */
    void processes(ProcessVisitor visitor) throws IOException {
        try (FileTree.Listing entries = tree.get().list("")) {
            while (entries.next()) {
                int pid = entries.number();
                if (pid > 0) {
                    visitor.process(pid, entries.inode());
                }
            }
        }
    }

    /**
     * Which file /proc/PID/stat is. The kernel makes its inode for one process and never for another that gets the number
     * later (pid_revalidate, fs/proc/base.c), so that the process, its start and whether it is a kernel thread are the same
     * as long as this is. It may change without need, where the kernel was short of memory.
     *
     * @return null if the process has ended
     */
    FileTree.@Nullable Identity identity(int pid) throws IOException {
        try {
            return tree.get().identity(pid + "/stat");
        } catch (ErrnoException e) {
            unlessGone(pid, e);
            return null;
        }
    }

    /** /proc/PID/stat; empty if the process has ended. */
    public Optional<ProcessStat> stat(int pid) throws IOException {
        byte[] content = read(pid, "/stat", SMALL_FILE);
        return content == null ? Optional.empty() : ProcessStat.parse(content);
    }

    /** /proc/PID/cmdline, arguments joined by single spaces, cut at 4096 bytes; empty if there is none. */
    public String commandLine(int pid) throws IOException {
        byte[] content = read(pid, "/cmdline", CommandLine.LIMIT);
        return content == null ? "" : CommandLine.parse(content);
    }

    /** The effective user, of /proc/PID/status. */
    public OptionalLong effectiveUid(int pid) throws IOException {
        byte[] content = read(pid, "/status", SMALL_FILE);
        return content == null ? OptionalLong.empty() : ProcessStatus.effectiveUid(content);
    }

    /** /proc/PID/cgroup. */
    Cgroups cgroups(int pid) throws IOException {
        byte[] content = read(pid, "/cgroup", SMALL_FILE);
        return content == null ? new Cgroups(null, null) : Cgroups.parse(content);
    }

    /** What the kernel puts behind the path of a file that was deleted (d_path, fs/d_path.c). */
    private static final String DELETED = " (deleted)";

    /**
     * The path of the file that a process runs, from /proc/PID/exe, as the process sees it.
     *
     * @return without the mark of a file that was deleted; null for a kernel thread, if the process has ended or may not be
     *     looked at, and for a path of 4096 bytes or more, which the kernel does not tell
     */
    @Nullable
    String executable(int pid) throws IOException {
        try {
            String path = text(tree.get().readLink(pid + "/exe"));
            return path.endsWith(DELETED) && !isNamed(pid, path)
                    ? path.substring(0, path.length() - DELETED.length())
                    : path;
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case Errno.ENOENT, Errno.ESRCH, Errno.EACCES, Errno.EPERM, Errno.ENAMETOOLONG -> null;
                default -> throw e;
            };
        }
    }

    /** Whether a process runs the file of that very path, whatever the path ends with. */
    private boolean isNamed(int pid, String path) {
        try {
            return tree.get().identity(pid + "/root" + path).equals(tree.get().identity(pid + "/exe"));
        } catch (ErrnoException e) {
            return false; // Where that cannot be told, it is the mark: no program is called so.
        }
    }

    /** The network namespace of a process, such as {@code net:[4026531840]}; empty if it has ended. */
    public Optional<String> networkNamespace(int pid) throws IOException {
        try {
            return Optional.of(text(tree.get().readLink(pid + "/ns/net")));
        } catch (ErrnoException e) {
            unlessGone(pid, e);
            return Optional.empty();
        }
    }

    /** The network namespace of the calling thread, and so of the sockets that it opens. */
    public Optional<String> ownNetworkNamespace() throws IOException {
        try {
            return Optional.of(text(tree.get().readLink("thread-self/ns/net")));
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /**
     * Whether processes have the numbers here that the kernel has for them: whether the calling thread is in the host's own
     * namespace of processes (PROC_PID_INIT_INO, linux/proc_ns.h). Yes if that cannot be told.
     */
    public boolean hasNumbersOfHost() throws IOException {
        try {
            return text(tree.get().readLink("thread-self/ns/pid")).equals("pid:[" + 0xEFFFFFFCL + "]");
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            return true;
        }
    }

    private static String text(MemorySegment target) {
        return new String(target.toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /**
     * The descriptors of a process, from /proc/PID/fd, until the visitor has enough.
     *
     * @return whether it was told all of them
     */
    boolean descriptors(int pid, SocketVisitor visitor) throws IOException {
        try (FileTree.Listing entries = tree.get().list(pid + "/fd")) {
            while (entries.next()) {
                int descriptor = entries.number();
                if (descriptor >= 0 && !visitor.descriptor(descriptor, inode(entries))) {
                    return false;
                }
            }
            return true;
        } catch (ErrnoException e) {
            unlessGone(pid, e);
            return false;
        }
    }

    /** Nothing is known of when the threads of a process ran. */
    static final long UNKNOWN_SCHEDULE = 0;

    /**
     * A number that changes when any thread of a process has run, or begun, or ended, from /proc/PID/task/TID/schedstat
     * (Documentation/scheduler/sched-stats.rst).
     *
     * @param threads how many may be looked at
     * @return {@link #UNKNOWN_SCHEDULE} if it has more threads, if the kernel does not count, or if it is ending
     */
    long schedule(int pid, int threads) throws IOException {
        String task = pid + "/task";
        // FNV-1a of 64 bits: two that differ give the same number once in 2^64 times.
        long hash = 0xcbf29ce484222325L;
        int seen = 0;
        try (FileTree.Listing entries = tree.get().list(task)) {
            while (entries.next()) {
                int thread = entries.number();
                if (thread <= 0) {
                    continue;
                }
                byte[] counts = ++seen > threads ? NOTHING : tree.get().read(task + "/" + thread + "/schedstat", LINE);
                if (counts.length == 0 || Arrays.equals(counts, NOT_COUNTED)) {
                    return UNKNOWN_SCHEDULE;
                }
                hash = (hash ^ thread) * FNV_PRIME;
                for (byte character : counts) {
                    hash = (hash ^ (character & 0xff)) * FNV_PRIME;
                }
            }
            return seen == 0 ? UNKNOWN_SCHEDULE : hash;
        } catch (ErrnoException e) {
            unlessGone(pid, e);
            return UNKNOWN_SCHEDULE;
        }
    }

    private static long inode(FileTree.Listing entries) throws ErrnoException {
        try {
            return SocketLink.inode(entries.readLink());
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case Errno.ENOENT -> -1; // closed since it was listed
                case Errno.ENAMETOOLONG -> -1; // a file with a path of 4096 bytes or more, which anybody can make
                default -> throw e;
            };
        }
    }

    /** The inode of the socket that a descriptor of a process is; empty if it is another thing, or closed. */
    OptionalLong socket(int pid, int descriptor) throws IOException {
        try {
            long inode = SocketLink.inode(tree.get().readLink(pid + "/fd/" + descriptor));
            return inode < 0 ? OptionalLong.empty() : OptionalLong.of(inode);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENAMETOOLONG) { // A file's path may be that long.
                unlessGone(pid, e);
            }
            return OptionalLong.empty();
        }
    }

    /**
     * The sockets of one kind in the calling thread's network namespace, from /proc/thread-self/net.
     *
     * @return empty if this kernel has no such sockets, as where IPv6 is off
     */
    public SocketTable sockets(SocketTable.Kind kind) throws IOException {
        try (InputStream file = net(kind.file())) {
            return SocketTable.read(file, kind);
        } catch (NoSuchFileException e) {
            return SocketTable.NONE;
        }
    }

    /** The sockets of the link layer in the calling thread's network namespace; empty if this kernel has no such ones. */
    public PacketSocket.Table packetSockets() throws IOException {
        try (InputStream file = net("packet")) {
            return PacketSocket.read(file);
        } catch (NoSuchFileException e) {
            return PacketSocket.NONE;
        }
    }

    /**
     * The interfaces of the calling thread's network namespace, by name.
     *
     * @return link-layer bytes and packets since each interface was made
     */
    public Map<String, ByteCounts> netDev() throws IOException {
        try (InputStream file = net("dev")) {
            return NetDev.parse(file.readNBytes(NET_DEV_LIMIT));
        }
    }

    /**
     * How many packets were passed on for others in the calling thread's network namespace, IPv4 and IPv6, since it was made;
     * each came in once, and most went out once.
     *
     * @return 0 if this kernel does not tell
     */
    public long forwardedPackets() throws IOException {
        return forwardedPackets("snmp") + forwardedPackets("snmp6");
    }

    private long forwardedPackets(String name) throws IOException {
        try (InputStream file = net(name)) {
            return Snmp.forwardedPackets(file.readNBytes(SMALL_FILE));
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** Whether the calling thread's network namespace passes IPv4 packets on (net.ipv4.ip_forward, ip-sysctl.rst). */
    public boolean forwardsIpv4() throws IOException {
        try {
            return Files.readString(root.resolve("sys/net/ipv4/ip_forward")).strip().equals("1");
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** The IPv4 addresses of the calling thread's network namespace, 127.0.0.0/8 as its first address only. */
    public FibTrie ipv4Addresses() throws IOException {
        try (InputStream file = net("fib_trie")) {
            return FibTrie.read(file);
        }
    }

    /** The IPv6 addresses of the calling thread's network namespace; empty where IPv6 is off. */
    public Set<InetAddress> ipv6Addresses() throws IOException {
        try (InputStream file = net("if_inet6")) {
            return IfInet6.read(file);
        } catch (NoSuchFileException e) {
            return Set.of();
        }
    }

    /** A file of the calling thread's network namespace; {@code /proc/net} would follow the main thread's. */
    private InputStream net(String name) throws IOException {
        return Files.newInputStream(root.resolve("thread-self/net").resolve(name));
    }

    private byte @Nullable [] read(int pid, String name, int limit) throws IOException {
        try {
            return tree.get().read(pid + name, limit);
        } catch (ErrnoException e) {
            unlessGone(pid, e);
            return null;
        }
    }

    /** Nothing, if the error is that the process has ended. */
    private void unlessGone(int pid, ErrnoException e) throws IOException {
        switch (e.errno()) {
            case Errno.ENOENT, Errno.ESRCH -> {
                // Files that the process had, or it itself, before it ended.
            }
            case Errno.EACCES, Errno.EPERM -> {
                var denied = new AccessDeniedException(root.resolve(Integer.toString(pid)).toString(), null,
                        e.getMessage());
                denied.initCause(e);
                throw denied;
            }
            default -> throw e;
        }
    }
}
