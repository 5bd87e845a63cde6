package bwmon.monitor.ebpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import bwmon.ffi.Errno;

import static java.lang.foreign.ValueLayout.JAVA_INT;

/** Reads a map from its beginning to its end, a batch of entries a call. */
final class BatchLookup {
    /** union bpf_attr for BPF_MAP_*_BATCH, its struct batch. */
    static final int IN_BATCH = 0;
    static final int OUT_BATCH = 8;
    static final int KEYS = 16;
    static final int VALUES = 24;
    static final int COUNT = 32;
    static final int MAP_FD = 36;
    static final int BATCH_BYTES = 56;

    private final BpfMap map;
    private int batch;

    BatchLookup(BpfMap map, int batch) {
        if (batch < 1) {
            throw new IllegalArgumentException("a batch of " + batch);
        }
        this.map = map;
        this.batch = Math.min(batch, Math.max(1, map.spec().maxEntries()));
    }

    void run(BpfMap.Entries entries) throws EbpfException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = Bpf.attributes(arena, BATCH_BYTES);
            // Where to go on: a hash tells the number of a bucket, an array a key.
            int positionBytes = Math.max(Integer.BYTES, map.spec().keySize());
            MemorySegment position = arena.allocate(positionBytes, Long.BYTES);
            Bpf.pointer(attributes, OUT_BATCH, position);
            Bpf.number(attributes, MAP_FD, map.fd());
            boolean isMore = true;
            while (isMore) {
                isMore = oneSize(attributes, position, entries);
            }
        }
    }

    /**
     * Goes on with batches of one size.
     *
     * @return whether there is more, for which the batch is too small
     */
    private boolean oneSize(MemorySegment attributes, MemorySegment position, BpfMap.Entries entries)
            throws EbpfException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment keys = arena.allocate((long) batch * map.spec().keySize(), Long.BYTES);
            MemorySegment values = arena.allocate((long) batch * map.valueBytes(), Long.BYTES);
            Bpf.pointer(attributes, KEYS, keys);
            Bpf.pointer(attributes, VALUES, values);
            while (true) {
                Bpf.number(attributes, COUNT, batch);
                long result = Bpf.call(Bpf.MAP_LOOKUP_BATCH, attributes);
                if (result == -Errno.ENOSPC) {
                    // One bucket has more than a batch. Nothing of it was read, and the position is where it was.
                    batch = Math.multiplyExact(batch, 2);
                    return true;
                }
                if (result < 0 && result != -Errno.ENOENT) {
                    throw new EbpfException("batch lookup in map " + map.spec().name(), (int) -result);
                }
                int count = attributes.get(JAVA_INT, COUNT);
                if (count > 0) {
                    entries.accept(keys, values, count);
                }
                if (result < 0) { // ENOENT: that was the end
                    return false;
                }
                Bpf.pointer(attributes, IN_BATCH, position);
            }
        }
    }
}
