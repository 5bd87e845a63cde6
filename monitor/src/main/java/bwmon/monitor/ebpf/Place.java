package bwmon.monitor.ebpf;

/**
 * A place in memory that one instruction reads or writes.
 *
 * @param base points to the structure
 * @param offset from there, in bytes
 * @param size 1, 2, 4 or 8 bytes
 */
public record Place(Register base, int offset, int size) {
    public Place {
        if (offset < Short.MIN_VALUE || offset > Short.MAX_VALUE) {
            throw new IllegalArgumentException("an offset has 16 bits, not " + offset);
        }
        if (size != 1 && size != 2 && size != 4 && size != 8) {
            throw new IllegalArgumentException("an instruction moves 1, 2, 4 or 8 bytes, not " + size);
        }
    }

    /** As long, so many bytes behind it. */
    public Place plus(int bytes) {
        return new Place(base, offset + bytes, size);
    }
}
