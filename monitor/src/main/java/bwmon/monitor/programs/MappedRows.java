package bwmon.monitor.programs;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

import bwmon.monitor.ebpf.BpfMap;
import bwmon.monitor.ebpf.EbpfException;
import org.jspecify.annotations.Nullable;

/**
 * The rows of both halves, mapped as far as an interval ever used them: all 16 MiB would count as memory of this process from the
 * beginning. For one thread at a time.
 */
final class MappedRows implements AutoCloseable {
    /** So many rows of a half are mapped at first: 256 KiB. */
    static final int FIRST = 2048;

    private final BpfMap rows;
    private final Half[] halves = {new Half(), new Half()};

    private static final class Half {
        private @Nullable Arena arena;
        private MemorySegment mapped = MemorySegment.NULL;

        void unmap() {
            if (arena != null) {
                arena.close();
                arena = null;
                mapped = MemorySegment.NULL;
            }
        }
    }

    MappedRows(BpfMap rows) {
        this.rows = rows;
    }

    /**
     * The first rows of a half, until more of them are asked for.
     *
     * @param number 0 or 1
     * @param count 0 to {@link Tables#ROWS}
     */
    MemorySegment of(int number, int count) throws EbpfException {
        Half half = halves[number];
        long bytes = (long) count * Row.BYTES;
        if (half.mapped.byteSize() < bytes) {
            half.unmap();
            int whole = FIRST;
            while (whole < count) {
                whole *= 2;
            }
            Arena arena = Arena.ofShared();
            half.arena = arena;
            half.mapped = rows.map((long) number * Tables.ROWS * Row.BYTES, (long) whole * Row.BYTES, arena);
        }
        return half.mapped.asSlice(0, bytes);
    }

    @Override
    public void close() {
        for (Half half : halves) {
            half.unmap();
        }
    }
}
