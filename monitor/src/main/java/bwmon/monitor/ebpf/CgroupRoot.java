package bwmon.monitor.ebpf;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import bwmon.ffi.Fd;
import bwmon.ffi.KernelCalls;
import bwmon.ffi.Libc;
import org.jspecify.annotations.Nullable;

/**
 * The top of the cgroup version 2 hierarchy as far as this process sees it: where it is mounted, or else a mount of our own
 * that nobody else sees and that is gone when this is closed. May be used by any thread.
 */
public final class CgroupRoot implements AutoCloseable {
    /** The {@link #id} of the whole machine's root: the first inode of a kernfs, fs/kernfs/mount.c. */
    public static final long WHOLE_MACHINE = 1;

    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    private static final String TYPE = "cgroup2";
    /** In every folder of that type, and in no other. */
    private static final String MARK = "cgroup.procs";
    private static final Pattern ESCAPE = Pattern.compile("\\\\([0-3][0-7]{2})");
    /** asm-generic/fcntl.h. */
    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 02000000;

    private final Fd fd;
    private final @Nullable Path path;
    private final Path reachedAt;
    private final long id;

    private CgroupRoot(Fd fd, @Nullable Path path) throws IOException {
        this.fd = fd;
        this.path = path;
        reachedAt = path == null ? Path.of("/proc/self/fd/" + fd.number()) : path;
        id = inode(reachedAt);
    }

    /**
     * Opens it.
     *
     * @throws IOException if it is mounted nowhere and cannot be: the kernel has none (before 4.5, or without CONFIG_CGROUPS;
     *     a private mount takes 5.2) or CAP_SYS_ADMIN is missing
     */
    public static CgroupRoot open() throws IOException {
        for (Path mount : mountPoints(Files.readString(MOUNTS))) {
            // Another filesystem may have been mounted over it since.
            if (Files.exists(mount.resolve(MARK))) {
                return opened(Fd.of(mount.toString(), Libc.open(mount.toString(), O_RDONLY | O_CLOEXEC)), mount);
            }
        }
        return openPrivately();
    }

    /** As {@link #open}, also where it is mounted. */
    static CgroupRoot openPrivately() throws IOException {
        return opened(Fd.of("mount of " + TYPE, KernelCalls.mountDetached(TYPE)), null);
    }

    private static CgroupRoot opened(Fd fd, @Nullable Path path) throws IOException {
        try {
            return new CgroupRoot(fd, path);
        } catch (IOException e) {
            fd.close();
            throw e;
        }
    }

    /**
     * Where the hierarchy is mounted, of the content of /proc/PID/mountinfo, proc_pid_mountinfo(5): those that show all of
     * it, and behind them those that show a part.
     */
    static List<Path> mountPoints(String mountinfo) {
        var whole = new ArrayList<Path>();
        var parts = new ArrayList<Path>();
        for (String line : mountinfo.split("\n", -1)) {
            // 36 35 98:0 /root /mount/point rw,noatime shared:1 - type source options
            int separator = line.indexOf(" - ");
            String[] fields = line.split(" ", -1);
            if (separator > 0 && fields.length > 6 && line.startsWith(TYPE + " ", separator + 3)) {
                (fields[3].equals("/") ? whole : parts).add(Path.of(unescape(fields[4])));
            }
        }
        whole.addAll(parts);
        return whole;
    }

    /** The kernel writes a blank, a tab, a line's end and a backslash as three octal digits, mangle_path of fs/seq_file.c. */
    static String unescape(String text) {
        return ESCAPE.matcher(text).replaceAll(
                m -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(m.group(1), 8))));
    }

    private static long inode(Path folder) throws IOException {
        return ((Number) Files.getAttribute(folder, "unix:ino")).longValue();
    }

    /** The descriptor, until this is closed. */
    public int fd() {
        return fd.number();
    }

    /** Where it is mounted; null if that is our own doing, and nowhere. */
    public @Nullable Path path() {
        return path;
    }

    /**
     * The id of the cgroup at the top. Another one than {@link #WHOLE_MACHINE}: this process is in a cgroup namespace, as
     * containers are, and sees a part.
     */
    public long id() {
        return id;
    }

    /**
     * All cgroups there are, a walk over the whole tree.
     *
     * @return by their ids, as bpf_get_current_cgroup_id tells them, their paths as /proc/PID/cgroup has them: {@code /} for
     *     the top
     */
    public Map<Long, String> paths() throws IOException {
        fd.number(); // refuses where it is closed: the number may be another's
        var paths = new HashMap<Long, String>();
        paths.put(id, "/");
        Deque<Path> left = new ArrayDeque<>(List.of(reachedAt));
        while (!left.isEmpty()) {
            for (Path folder : below(left.removeLast())) {
                try {
                    paths.put(inode(folder), "/" + reachedAt.relativize(folder));
                    left.add(folder);
                } catch (NoSuchFileException e) {
                    // It was removed since it was listed, as cgroups are when their last process ends.
                }
            }
        }
        return paths;
    }

    /** The cgroups in a cgroup; none if it was removed. */
    private static List<Path> below(Path parent) throws IOException {
        var below = new ArrayList<Path>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent,
                entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))) {
            folders.forEach(below::add);
            return below;
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** Closes it, and with it the mount if that was our own. */
    @Override
    public void close() {
        fd.close();
    }
}
