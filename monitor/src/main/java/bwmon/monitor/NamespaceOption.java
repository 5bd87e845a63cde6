package bwmon.monitor;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.ffi.Fd;
import bwmon.ffi.Libc;

/**
 * The network namespace that {@code --netns=NAME|PID} names: one of ip-netns(8), or that of a process. A name goes before
 * a process of the same digits.
 *
 * <p>{@link #enter} moves the calling thread alone, and whatever that thread opens afterwards belongs to the namespace and
 * stays there. What it reads must be read by /proc/thread-self/net, because /proc/net is the main thread's; /proc itself
 * (processes, their descriptors) is not the network namespace's and stays as it is.
 */
public final class NamespaceOption {
    /** CLONE_NEWNET, linux/sched.h. */
    private static final int CLONE_NEWNET = 0x40000000;
    /** O_RDONLY | O_CLOEXEC, asm-generic/fcntl.h. */
    private static final int O_CLOEXEC = 02000000;
    private static final Pattern PID = Pattern.compile("[1-9][0-9]{0,9}");
    /** As ip-netns(8) has it: a file's name. */
    private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[^/\0]{1,255}");
    /** Names in a message at most: some hosts have thousands. */
    private static final int SHOWN = 20;
    private static final Path NAMES = Path.of("/run/netns");
    private static final Path PROC = Path.of("/proc");

    private final String text;
    private final Path names;
    private final Path proc;

    /**
     * Which namespace a file stands for: no other has both numbers while a thread is in it (namespaces(7)).
     *
     * @param device st_dev of stat(2)
     * @param inode st_ino of stat(2)
     */
    private record Identity(long device, long inode) {
        static Identity of(Path file) throws IOException {
            Map<String, Object> stat = Files.readAttributes(file, "unix:dev,ino");
            return new Identity((Long) Objects.requireNonNull(stat.get("dev")),
                    (Long) Objects.requireNonNull(stat.get("ino")));
        }
    }

    /** What the option named, open. */
    private record Target(Path file, boolean isProcess, Fd fd) {}

    NamespaceOption(String text, Path names, Path proc) throws ProgramException {
        if (!NAME.matcher(text).matches()) {
            throw new ProgramException(Kind.USAGE, "--netns=" + text
                    + ": expected the name of a network namespace (ip netns list) or the number of a process");
        }
        this.text = text;
        this.names = names;
        this.proc = proc;
    }

    /**
     * The namespace of that name or process; nothing is opened yet.
     *
     * @throws ProgramException if it can be neither a name nor the number of a process
     */
    public static NamespaceOption of(String nameOrPid) throws ProgramException {
        return new NamespaceOption(nameOrPid, NAMES, PROC);
    }

    /** The way back to where a thread came from, and whether what it entered still goes by what the option named. */
    public static final class Entered implements AutoCloseable {
        private final String text;
        private final Path file;
        private final boolean isProcess;
        private final Identity identity;
        private final Fd origin;
        private final Thread thread;

        private Entered(String text, Target target, Identity identity, Fd origin, Thread thread) {
            this.text = text;
            this.file = target.file;
            this.isProcess = target.isProcess;
            this.identity = identity;
            this.origin = origin;
            this.thread = thread;
        }

        /**
         * Why the namespace is no longer the one that the option names, and what to do, for a person; empty if it still
         * is. The thread that entered keeps the namespace alive, so nothing else would tell. May be asked by any thread;
         * costs one stat(2).
         *
         * @throws IOException if the kernel does not tell
         */
        public Optional<String> whyGone() throws IOException {
            boolean isThere;
            try {
                if (Identity.of(file).equals(identity)) {
                    return Optional.empty();
                }
                isThere = true;
            } catch (NoSuchFileException e) {
                isThere = false; // That is the answer.
            }
            return Optional.of("--netns=" + text + ": " + (isProcess ? processGone(isThere) : nameGone(isThere)));
        }

        private String processGone(boolean isThere) {
            return (isThere
                    ? "the process of that number is in another network namespace by now"
                    : "the process has ended")
                    + "; the namespace that was looked at may live on in others: if lsns -t net lists " + identity.inode
                    + ", give the number of one of its processes";
        }

        private String nameGone(boolean isThere) {
            return isThere
                    ? "another network namespace has that name by now, the one that was looked at was removed; start again"
                            + " to look at the new one"
                    : "the network namespace was removed (ip netns del); start again when there is one of that name. If"
                            + " lsns -t net lists " + identity.inode
                            + ", processes still run in it: give the number of one";
        }

        /**
         * Moves the thread back; on that same thread.
         *
         * @throws ErrnoException if the kernel refuses; the thread is then of no further use
         */
        @Override
        public void close() throws ErrnoException {
            if (!Thread.currentThread().equals(thread)) {
                throw new IllegalStateException("entered by " + thread + ", to be left by the same");
            }
            try (origin) {
                ErrnoException.check("setns to where the thread came from",
                        Libc.setns(origin.number(), CLONE_NEWNET));
            }
        }
    }

    /**
     * Moves the calling thread, which must be a platform thread that nobody else uses meanwhile.
     *
     * @throws ProgramException if there is no such namespace, or it is not permitted; it says what to do
     * @throws IOException if the kernel fails otherwise
     */
    public Entered enter() throws ProgramException, IOException {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("a virtual thread's carrier would take others along");
        }
        String own = proc.resolve("thread-self/ns/net").toString();
        Fd origin = Fd.of("open(" + own + ")", Libc.open(own, O_CLOEXEC));
        boolean entered = false;
        try {
            Target target = target();
            try (Fd fd = target.fd) {
                Identity identity = Identity.of(proc.resolve("thread-self/fd/" + fd.number()));
                int result = Libc.setns(fd.number(), CLONE_NEWNET);
                if (result < 0) {
                    throw refused(-result);
                }
                entered = true;
                return new Entered(text, target, identity, origin, Thread.currentThread());
            }
        } finally {
            if (!entered) {
                origin.close();
            }
        }
    }

    private Target target() throws ProgramException, IOException {
        Path name = names.resolve(text);
        int result = Libc.open(name.toString(), O_CLOEXEC);
        if (result != -Errno.ENOENT) {
            return new Target(name, false, opened(name, result));
        }
        if (PID.matcher(text).matches()) {
            Path process = proc.resolve(text).resolve("ns/net");
            result = Libc.open(process.toString(), O_CLOEXEC);
            if (result != -Errno.ENOENT) {
                return new Target(process, true, opened(process, result));
            }
            throw new ProgramException(Kind.MISSING, "--netns=" + text + ": no process has that number"
                    + " (it may have ended), and no network namespace that name; " + known());
        }
        throw new ProgramException(Kind.MISSING, "--netns=" + text + ": no network namespace has that name; " + known()
                + ". A container's has none: give the number of one of its processes");
    }

    private Fd opened(Path path, int result) throws ProgramException, IOException {
        if (result == -Errno.EACCES || result == -Errno.EPERM) {
            throw new ProgramException(Kind.NOT_PERMITTED, "--netns=" + text + ": " + path
                    + " may not be opened; run as root, or give CAP_SYS_PTRACE and CAP_SYS_ADMIN (systemd:"
                    + " AmbientCapabilities=)");
        }
        return Fd.of("open(" + path + ")", result);
    }

    private String known() throws IOException {
        var found = new TreeSet<String>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(names)) {
            files.forEach(file -> found.add(String.valueOf(file.getFileName())));
        } catch (NoSuchFileException e) {
            return "there are none"; // The folder is made with the first namespace that gets a name.
        } catch (AccessDeniedException e) {
            return names + " may not be read";
        }
        if (found.isEmpty()) {
            return "there are none";
        }
        int more = found.size() - SHOWN;
        return "there are " + found.stream().limit(SHOWN).collect(Collectors.joining(", "))
                + (more > 0 ? " and " + more + " more" : "");
    }

    private IOException refused(int errno) throws ProgramException {
        if (errno == Errno.EPERM) {
            throw new ProgramException(Kind.NOT_PERMITTED, "--netns=" + text
                    + ": entering another network namespace needs CAP_SYS_ADMIN; run as root, or give the capability"
                    + " (systemd: AmbientCapabilities=CAP_SYS_ADMIN)");
        }
        if (errno == Errno.EINVAL) {
            throw new ProgramException(Kind.MISSING, "--netns=" + text + ": " + names.resolve(text)
                    + " is a file, but no network namespace: what is left of one. Remove it with ip netns del "
                    + text);
        }
        return new ErrnoException("setns to " + text, errno);
    }
}
