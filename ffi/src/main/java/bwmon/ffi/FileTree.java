package bwmon.ffi;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

/**
 * Files below a root, for who reads thousands of small ones: native buffers are made once (some 70 KiB, freed with this
 * object) and used again, and names and targets become no objects unless asked for. No descriptor stays open between calls
 * but the one of a {@link Listing}. For one thread at a time, one listing at a time.
 *
 * <p>Paths are relative to the root. Every call throws {@link ErrnoException} where the kernel refuses it.
 */
public final class FileTree {
    /** The longest target of a link that is told whole, in bytes; of longer ones so much. */
    public static final int TARGET_LIMIT = 4096;

    /** linux/fcntl.h. */
    private static final int AT_FDCWD = -100;
    /** asm-generic/fcntl.h; O_DIRECTORY has another number on ARM and POWER, and is not needed: getdents64 refuses files. */
    private static final int O_RDONLY = 0;
    private static final int O_CLOEXEC = 02000000;
    /** PATH_MAX, linux/limits.h: with the 0 at the end. */
    private static final int PATH_MAX = 4096;
    /** As glibc's readdir(3) reads at a time. */
    private static final int ENTRIES_BYTES = 32 * 1024;
    private static final int CONTENT_BYTES = 16 * 1024;

    /** struct linux_dirent64, getdents64(2): d_ino, d_off, d_reclen (unsigned short), d_type, d_name. */
    private static final long D_INO = 0;
    private static final long D_RECLEN = 16;
    private static final long D_NAME = 19;

    /** struct statx, linux/stat.h: the same on every architecture. */
    private static final long STATX_BYTES = 256;
    private static final long STX_INO = 32;
    private static final long STX_CTIME = 96;
    private static final long STX_CTIME_NANOS = 104;
    /** STATX_CTIME and STATX_INO, linux/stat.h. */
    private static final int STATX_CTIME_INO = 0x80 | 0x100;

    private final byte[] root;
    private final MemorySegment path;
    private final MemorySegment target;
    private final MemorySegment entries;
    private final MemorySegment content;
    private final MemorySegment statx;
    private @Nullable Listing open;

    /** The files below that folder, which is looked up anew at every call. */
    public FileTree(Path root) {
        this.root = (root + "/").getBytes(StandardCharsets.UTF_8);
        Arena arena = Arena.ofAuto();
        path = arena.allocate(PATH_MAX);
        target = arena.allocate(TARGET_LIMIT);
        entries = arena.allocate(ENTRIES_BYTES, Long.BYTES);
        content = arena.allocate(CONTENT_BYTES);
        statx = arena.allocate(STATX_BYTES, Long.BYTES);
        if (this.root.length >= PATH_MAX) {
            throw new IllegalArgumentException("a path of " + this.root.length + " bytes is too long");
        }
        MemorySegment.copy(this.root, 0, path, JAVA_BYTE, 0, this.root.length);
    }

    /** Puts a path behind the root, which is in the buffer already. */
    private MemorySegment below(String relative) throws ErrnoException {
        int at = root.length;
        boolean isAscii = true;
        if (relative.length() < PATH_MAX - at) {
            for (int i = 0; i < relative.length(); i++) {
                char c = relative.charAt(i);
                isAscii &= c > 0 && c < 0x80;
                path.set(JAVA_BYTE, at + i, (byte) c);
            }
            path.set(JAVA_BYTE, at + relative.length(), (byte) 0);
            if (isAscii) {
                return path;
            }
        }
        throw new ErrnoException("path " + relative, isAscii ? Errno.ENAMETOOLONG : Errno.EINVAL);
    }

    private Fd open(String relative) throws ErrnoException {
        return Fd.of(relative, FileCalls.openat(AT_FDCWD, below(relative), O_RDONLY | O_CLOEXEC));
    }

    /**
     * The content of a file.
     *
     * @param relative of ASCII characters
     * @param limit how many bytes of it at most
     */
    public byte[] read(String relative, int limit) throws ErrnoException {
        try (Fd fd = open(relative)) {
            int first = (int) ErrnoException.check(relative, FileCalls.read(fd.number(), content));
            if (first >= limit) {
                return bytes(content, limit);
            }
            // A file of /proc may give less than is asked for in the middle of it: only 0 is the end.
            var all = new ByteArrayOutputStream(2 * first);
            int length = first;
            while (length > 0 && all.size() < limit) {
                all.write(bytes(content, length), 0, Math.min(length, limit - all.size()));
                length = (int) ErrnoException.check(relative, FileCalls.read(fd.number(), content));
            }
            return all.toByteArray();
        }
    }

    private static byte[] bytes(MemorySegment from, int length) {
        var bytes = new byte[length];
        MemorySegment.copy(from, JAVA_BYTE, 0, bytes, 0, length);
        return bytes;
    }

    /**
     * The target of a link, as {@link Listing#readLink}.
     *
     * @param relative of ASCII characters
     */
    public MemorySegment readLink(String relative) throws ErrnoException {
        return target.asSlice(0,
                ErrnoException.check(relative, FileCalls.readlinkat(AT_FDCWD, below(relative), target)));
    }

    /**
     * Which file it is: as long as its name leads to the same one, all is equal.
     *
     * @param inode the file's number; a file system may give it out again
     * @param changedSeconds when its inode was changed the last time, in seconds since 1970
     * @param changedNanos and so many nanoseconds
     */
    public record Identity(long inode, long changedSeconds, int changedNanos) {}

    /**
     * Which file a path leads to, links followed.
     *
     * @param relative of ASCII characters
     */
    public Identity identity(String relative) throws ErrnoException {
        ErrnoException.check(relative, FileCalls.statx(AT_FDCWD, below(relative), 0, STATX_CTIME_INO, statx));
        return new Identity(statx.get(JAVA_LONG, STX_INO), statx.get(JAVA_LONG, STX_CTIME),
                statx.get(JAVA_INT, STX_CTIME_NANOS));
    }

    /**
     * The entries of a folder, {@code .} and {@code ..} included.
     *
     * @param relative of ASCII characters; empty for the root
     * @throws IllegalStateException if another listing is open
     */
    public Listing list(String relative) throws ErrnoException {
        if (open != null) {
            throw new IllegalStateException("a listing is open already");
        }
        var listing = new Listing(open(relative), relative);
        open = listing;
        return listing;
    }

    /** The entries of a folder, one after another. */
    public final class Listing implements AutoCloseable {
        private final Fd fd;
        private final String name;
        private long entry;
        private long next;
        private long end;

        private Listing(Fd fd, String name) {
            this.fd = fd;
            this.name = name;
        }

        /**
         * Goes to the next entry.
         *
         * @return false if there is none
         */
        public boolean next() throws ErrnoException {
            if (next == end) {
                end = ErrnoException.check(name, FileCalls.getdents64(fd.number(), entries));
                next = 0;
                if (end == 0) {
                    return false;
                }
            }
            entry = next;
            next += Short.toUnsignedInt(entries.get(JAVA_SHORT, entry + D_RECLEN));
            return true;
        }

        /** The entry's name as a decimal number, 0 or more; -1 if it is none or beyond 2^31 - 11. */
        public int number() {
            int number = 0;
            long at = entry + D_NAME;
            byte character = entries.get(JAVA_BYTE, at);
            if (character == 0) {
                return -1;
            }
            for (; character != 0; character = entries.get(JAVA_BYTE, ++at)) {
                int digit = character - '0';
                if (digit < 0 || digit > 9 || number > (Integer.MAX_VALUE - 9) / 10) {
                    return -1;
                }
                number = 10 * number + digit;
            }
            return number;
        }

        /** The entry's inode, as the folder tells it. */
        public long inode() {
            return entries.get(JAVA_LONG, entry + D_INO);
        }

        /**
         * The target of the entry, which is a link.
         *
         * @return the target's bytes, at most {@link #TARGET_LIMIT}; overwritten by the next target that is read
         */
        public MemorySegment readLink() throws ErrnoException {
            return target.asSlice(0, ErrnoException.check(name,
                    FileCalls.readlinkat(fd.number(), entries.asSlice(entry + D_NAME), target)));
        }

        @Override
        public void close() {
            fd.close();
            if (open == this) {
                open = null;
            }
        }
    }
}
