package bwmon.monitor.conntrack;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * The folder of the notes, and the lock that keeps our programs from changing a note at once. It is used only where it is
 * ours alone: as root we would else follow a link that somebody put there, believe a note that we did not write, or wait
 * for whoever locks the lock file.
 */
final class SysctlNoteFolder {
    /** A note is read and written in milliseconds: who takes longer than this hangs, or means ill. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Duration POLL = Duration.ofMillis(10);
    private static final Set<PosixFilePermission> OURS_ALONE = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> OURS_ALONE_FILE = PosixFilePermissions.fromString("rw-------");

    /**
     * A file lock is the whole JVM's: its threads need one beside it. It is held while the lock file is open, because a
     * process that closes any descriptor of a file loses its locks on it, fcntl_locking(2).
     */
    private static final ReentrantLock JVM = new ReentrantLock();

    private final Path procRoot;
    private final Path directory;
    private final Ticker ticker;

    SysctlNoteFolder(Path procRoot, Path directory, Ticker ticker) {
        this.procRoot = procRoot;
        this.directory = directory;
        this.ticker = ticker;
    }

    /** Something done while no other of our programs looks at or changes a note. */
    @FunctionalInterface
    interface Locked<T> {
        T run() throws IOException;
    }

    /**
     * Makes the folder if need be; its lock file stays, because a file that goes cannot be locked.
     *
     * @throws IOException if the folder is not ours alone, or the lock is not to be had within {@link #PATIENCE}
     */
    <T> T locked(Locked<T> action) throws IOException {
        makeOurs();
        Path path = directory.resolve("lock");
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(path + " is not a file that we made: remove it");
        }
        long begin = ticker.nanos();
        within(path, begin, () -> JVM.tryLock() ? JVM : null);
        try (var channel = FileChannel.open(path,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(OURS_ALONE_FILE));
                FileLock _ = lock(channel, path, begin)) {
            return action.run();
        } finally {
            JVM.unlock();
        }
    }

    /**
     * Reads the note of a namespace, whoever may be writing it: it is replaced as a whole.
     *
     * @param namespace a name that no other namespace has until the next boot
     * @throws IOException if the folder is not ours alone, or the note not one of ours
     */
    SysctlNote read(String namespace) throws IOException {
        makeOurs();
        return SysctlNote.read(procRoot, directory, namespace);
    }

    private void makeOurs() throws IOException {
        Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OURS_ALONE));
        var attributes = Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isDirectory()) {
            throw new IOException(directory + " is no folder");
        }
        // proc(5): a process's folder is its effective user's.
        Path self = procRoot.resolve(Long.toString(ProcessHandle.current().pid()));
        if (!attributes.owner().equals(Files.getOwner(self))) {
            throw new IOException(directory + " belongs to " + attributes.owner().getName()
                    + ", who could change what is noted there");
        }
        Set<PosixFilePermission> permissions = attributes.permissions();
        if (permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new IOException(directory + " is writable by others (" + PosixFilePermissions.toString(permissions)
                    + "), so that what is in it may be theirs: remove it, it is made anew");
        }
        if (!OURS_ALONE.containsAll(permissions)) {
            // Made by an older version: whoever may open the lock file could lock it.
            Files.setPosixFilePermissions(directory, OURS_ALONE);
        }
    }

    private FileLock lock(FileChannel channel, Path path, long begin) throws IOException {
        return within(path, begin, () -> {
            try {
                return channel.tryLock();
            } catch (OverlappingFileLockException e) {
                // Somebody else's code in this JVM has it.
                return null;
            }
        });
    }

    /** Something that another one may have now. */
    @FunctionalInterface
    private interface Attempt<T> {
        @Nullable
        T get() throws IOException;
    }

    private <T> T within(Path path, long begin, Attempt<T> attempt) throws IOException {
        T got = attempt.get();
        while (got == null) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("interrupted while waiting for " + path);
            }
            if (ticker.nanos() - begin >= PATIENCE.toNanos()) {
                throw new IOException(path + " was locked by another program for " + PATIENCE.toSeconds() + " s");
            }
            LockSupport.parkNanos(POLL.toNanos());
            got = attempt.get();
        }
        return got;
    }
}
