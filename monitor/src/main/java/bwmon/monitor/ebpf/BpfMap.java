package bwmon.monitor.ebpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.ffi.Fd;
import bwmon.ffi.KernelCalls;
import org.jspecify.annotations.Nullable;

/**
 * A table in the kernel that programs and this process share, by its descriptor. It goes when this is closed and no program
 * that knows it is left.
 *
 * <p>Keys and values are native segments, at least as long as {@link Spec#keySize} and {@link #valueBytes}. May be used by
 * any thread; the owner sees to it that no other is inside a call while it closes.
 */
public final class BpfMap implements AutoCloseable {
    /** BPF_F_NO_PREALLOC: an entry gets its memory when it is made. */
    public static final int BPF_F_NO_PREALLOC = 1;
    /** BPF_F_CLONE: a socket that is accepted gets what its listener has in a {@link Type#SK_STORAGE}. */
    public static final int BPF_F_CLONE = 1 << 9;
    /** BPF_F_MMAPABLE: see {@link #map}. */
    public static final int BPF_F_MMAPABLE = 1 << 10;

    /** BPF_ANY: makes an entry, or overwrites it. */
    public static final long BPF_ANY = 0;
    /** BPF_NOEXIST: makes an entry; EEXIST if it is there. */
    public static final long BPF_NOEXIST = 1;
    /** BPF_EXIST: overwrites an entry; ENOENT if it is not there. */
    public static final long BPF_EXIST = 2;

    /** union bpf_attr for BPF_MAP_*_ELEM. */
    static final int ELEM_MAP_FD = 0;
    static final int ELEM_KEY = 8;
    static final int ELEM_VALUE = 16;
    static final int ELEM_FLAGS = 24;
    static final int ELEM_BYTES = 32;

    /** What it is: enum bpf_map_type of linux/bpf.h, as far as it is used here. */
    public enum Type {
        /** BPF_MAP_TYPE_HASH. */
        HASH(1),
        /** BPF_MAP_TYPE_ARRAY: the key is an int, all entries are there from the beginning. */
        ARRAY(2),
        /** BPF_MAP_TYPE_PERCPU_HASH. */
        PERCPU_HASH(5),
        /** BPF_MAP_TYPE_PERCPU_ARRAY. */
        PERCPU_ARRAY(6),
        /** BPF_MAP_TYPE_LRU_HASH: full, or earlier, it drops what was not used for long. */
        LRU_HASH(9),
        /** BPF_MAP_TYPE_ARRAY_OF_MAPS: as a value an int, the descriptor of a map to write, its id when it is read. */
        ARRAY_OF_MAPS(12),
        /** BPF_MAP_TYPE_SK_STORAGE: a value for each socket that has one; as a key an int, a descriptor of a socket. */
        SK_STORAGE(24);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        /** The number in the kernel's interface. */
        public int number() {
            return number;
        }

        boolean isPerCpu() {
            return this == PERCPU_HASH || this == PERCPU_ARRAY;
        }
    }

    /**
     * What a map is to be.
     *
     * @param name at most 15 letters, digits, underscores and dots, as {@code bpftool map} shows it
     * @param keySize bytes of a key
     * @param valueSize bytes of a value
     * @param maxEntries how many there may be; 0 for {@link Type#SK_STORAGE}
     * @param flags BPF_F_* of this class; {@link #BPF_F_NO_PREALLOC} is added where {@link Type#SK_STORAGE} wants it
     */
    public record Spec(Type type, String name, int keySize, int valueSize, int maxEntries, int flags) {
        /** As the record; refuses a name that no kernel takes. */
        public Spec {
            Bpf.name(name);
        }
    }

    private final Spec spec;
    private final Fd fd;
    private final int valueBytes;
    private final Object mapping = new Object();
    private @Nullable Arena arena;
    private @Nullable MemorySegment mapped;

    private BpfMap(Spec spec, int valueBytes, Fd fd) {
        this.spec = spec;
        this.valueBytes = valueBytes;
        this.fd = fd;
    }

    private static int valueBytes(Spec spec) {
        return spec.type().isPerCpu()
                ? Math.multiplyExact(roundUp(spec.valueSize()), PossibleProcessors.count())
                : spec.valueSize();
    }

    /** Values of a processor, and those of an array, lie at multiples of 8 bytes. */
    private static int roundUp(int valueSize) {
        return Math.addExact(valueSize, 7) & ~7;
    }

    /** Makes a map. */
    public static BpfMap create(Spec spec) throws EbpfException {
        return new BpfMap(spec, valueBytes(spec), MapCreation.create(spec));
    }

    /**
     * Makes a map of maps.
     *
     * @param like the maps in it are as this one
     */
    public static BpfMap create(Spec spec, BpfMap like) throws EbpfException {
        return new BpfMap(spec, valueBytes(spec), MapCreation.createOfMaps(spec, like.fd()));
    }

    /** What it was made as. */
    public Spec spec() {
        return spec;
    }

    /** The descriptor, until this is closed. */
    public int fd() {
        return fd.number();
    }

    /**
     * How long a segment for a value is to be: as {@link Spec#valueSize}; in maps per processor that, rounded up to 8
     * bytes, times the processors that there may ever be.
     */
    public int valueBytes() {
        return valueBytes;
    }

    /**
     * Reads an entry.
     *
     * @return false if there is none
     */
    public boolean lookup(MemorySegment key, MemorySegment value) throws EbpfException {
        checkSize(value, valueBytes);
        return isThere("lookup in", element(Bpf.MAP_LOOKUP_ELEM, key, value, 0));
    }

    /**
     * Makes or overwrites an entry.
     *
     * @param flags {@link #BPF_ANY}, {@link #BPF_NOEXIST} or {@link #BPF_EXIST}
     * @throws EbpfException E2BIG where the map is full, EEXIST or ENOENT as the flags want it
     */
    public void update(MemorySegment key, MemorySegment value, long flags) throws EbpfException {
        checkSize(value, valueBytes);
        long result = element(Bpf.MAP_UPDATE_ELEM, key, value, flags);
        if (result < 0) {
            throw failure("update of", result);
        }
    }

    /**
     * Takes an entry out.
     *
     * @return false if there is none
     */
    public boolean delete(MemorySegment key) throws EbpfException {
        return isThere("delete from", element(Bpf.MAP_DELETE_ELEM, key, null, 0));
    }

    /**
     * Steps through the keys, in no order. Where another takes the given key out in between, the kernel begins anew.
     *
     * @param key null for the first
     * @param next gets the one that follows
     * @return false if none follows
     */
    public boolean nextKey(@Nullable MemorySegment key, MemorySegment next) throws EbpfException {
        checkSize(next, spec.keySize());
        return isThere("next key of", element(Bpf.MAP_GET_NEXT_KEY, key, next, 0));
    }

    private long element(int command, @Nullable MemorySegment key, @Nullable MemorySegment value, long flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = Bpf.attributes(arena, ELEM_BYTES);
            Bpf.number(attributes, ELEM_MAP_FD, fd.number());
            if (key != null) {
                checkSize(key, spec.keySize());
                Bpf.pointer(attributes, ELEM_KEY, key);
            }
            if (value != null) {
                Bpf.pointer(attributes, ELEM_VALUE, value);
            }
            Bpf.flags(attributes, ELEM_FLAGS, flags);
            return Bpf.call(command, attributes);
        } finally {
            Reference.reachabilityFence(key);
            Reference.reachabilityFence(value);
        }
    }

    /** The kernel takes the map's word for how long they are. */
    private static void checkSize(MemorySegment segment, long bytes) {
        if (segment.byteSize() < bytes) {
            throw new IllegalArgumentException(segment.byteSize() + " bytes, where the map has " + bytes);
        }
    }

    private boolean isThere(String operation, long result) throws EbpfException {
        if (result < 0 && result != -Errno.ENOENT) {
            throw failure(operation, result);
        }
        return result >= 0;
    }

    private EbpfException failure(String operation, long result) {
        return new EbpfException(operation + " map " + spec.name(), (int) -result);
    }

    /** Takes batches of entries. */
    @FunctionalInterface
    public interface Entries {
        /**
         * One batch.
         *
         * @param keys one after the other, {@link Spec#keySize} bytes each
         * @param values in the same order, {@link #valueBytes} each; both only until this returns
         */
        void accept(MemorySegment keys, MemorySegment values, int count);
    }

    /**
     * Reads all entries by batches (BPF_MAP_LOOKUP_BATCH, Linux 5.6). An entry that is there all the while is told exactly
     * once; one that comes or goes meanwhile may be told.
     *
     * @param batch how many at most at once, 1 or more; the more there are, the fewer calls. Grown where a hash has more in
     *     one bucket
     */
    public void forEach(int batch, Entries entries) throws EbpfException {
        new Batches(this, batch).lookup(entries);
    }

    /**
     * Takes entries out by a batch (BPF_MAP_DELETE_BATCH, Linux 5.6). Keys that are not there are passed over.
     *
     * @param keys one after the other, {@link Spec#keySize} bytes each
     * @return how many were there
     */
    public int deleteBatch(MemorySegment keys, int count) throws EbpfException {
        checkSize(keys, (long) count * spec.keySize());
        return Batches.delete(this, keys, count);
    }

    /**
     * The values of a {@link Type#ARRAY} with {@link #BPF_F_MMAPABLE} as they are in the kernel, to read and to write without
     * a call (Linux 5.5): one after the other, each at a multiple of 8 bytes. For any thread, until this is closed: whoever
     * reads or writes afterwards gets an IllegalStateException.
     */
    public MemorySegment map() throws EbpfException {
        synchronized (mapping) {
            if (mapped == null) {
                Arena whole = Arena.ofShared();
                boolean isMapped = false;
                try {
                    mapped = map(0, (long) roundUp(spec.valueSize()) * spec.maxEntries(), whole);
                    arena = whole;
                    isMapped = true;
                } finally {
                    if (!isMapped) {
                        whole.close();
                    }
                }
            }
            return mapped;
        }
    }

    /**
     * A part of {@link #map}. All of it counts as memory of this process from the beginning, also what is never read.
     *
     * @param offset where it begins, a multiple of the page size
     * @param until unmaps it; may be closed after this
     */
    public MemorySegment map(long offset, long bytes, Arena until) throws EbpfException {
        try {
            return KernelCalls.mapShared(fd.number(), offset, bytes, until);
        } catch (ErrnoException e) {
            throw failure("mmap of", -e.errno());
        }
    }

    /** Gives the map up; programs that use it go on. */
    @Override
    public void close() {
        synchronized (mapping) {
            fd.close();
            if (arena != null) {
                arena.close();
                arena = null;
            }
        }
    }

    /** The name and the descriptor. */
    @Override
    public String toString() {
        return fd.toString();
    }
}
