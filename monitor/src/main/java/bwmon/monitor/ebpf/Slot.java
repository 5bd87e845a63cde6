package bwmon.monitor.ebpf;

/**
 * Bytes on a program's stack that were given a name.
 *
 * @param name for messages
 * @param offset from R10, negative, in bytes
 * @param size in bytes
 */
public record Slot(String name, int offset, int size) {

    /**
     * A part of it.
     *
     * @param from from its beginning, in bytes
     * @param bytes how long, 1, 2, 4 or 8
     * @throws IndexOutOfBoundsException if it is not in it
     */
    public Place at(int from, int bytes) {
        if (from < 0 || from + bytes > size) {
            throw new IndexOutOfBoundsException(bytes + " bytes at " + from + " of " + name + ", which has " + size);
        }
        return Register.R10.at(offset + from, bytes);
    }

    /** All of it, if it is as long as an instruction moves. */
    public Place whole() {
        return at(0, size);
    }
}
