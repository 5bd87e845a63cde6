package bwmon.monitor.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.jspecify.annotations.Nullable;

/**
 * Goes through attributes (struct nlattr, linux/netlink.h). The error of a malformed attribute is kept and looked at once,
 * by {@link #end}; until then a malformed attribute ends the loop, and a value of the wrong length reads as 0:
 *
 * <pre>
 * while (attributes.next()) {
 *     switch (attributes.type()) {
 *         case INET_DIAG_INFO -> info = attributes.bytes();
 *         default -> attributes.skip();
 *     }
 * }
 * attributes.end();
 * </pre>
 */
public final class AttributeReader {
    private final ByteBuffer bytes;
    private int type;
    private int start;
    private int length;
    private int skipped;
    private @Nullable String error;

    /** A cursor before the first attribute. */
    public AttributeReader(ByteBuffer attributes) {
        bytes = attributes.slice().order(ByteOrder.nativeOrder());
    }

    /** Goes to the next attribute; false after the last one and after the first malformed one. */
    public boolean next() {
        if (error != null || !bytes.hasRemaining()) {
            return false;
        }
        int header = bytes.position();
        if (bytes.remaining() < Netlink.NLA_HDRLEN) {
            error = bytes.remaining() + " bytes are too few for an attribute";
            return false;
        }
        int whole = Short.toUnsignedInt(bytes.getShort(header));
        if (whole < Netlink.NLA_HDRLEN || whole > bytes.remaining()) {
            error = "an attribute claims " + whole + " bytes where " + bytes.remaining() + " are left";
            return false;
        }
        type = Short.toUnsignedInt(bytes.getShort(header + 2)) & Netlink.NLA_TYPE_MASK;
        start = header + Netlink.NLA_HDRLEN;
        length = whole - Netlink.NLA_HDRLEN;
        // The last attribute's padding may be missing.
        bytes.position(header + Math.min(Netlink.align(whole), bytes.remaining()));
        return true;
    }

    /** The attribute's type, without its flags. */
    public int type() {
        return type;
    }

    /** The attribute's value, in native byte order; a view that shares the content. */
    public ByteBuffer bytes() {
        return bytes.slice(start, length).order(ByteOrder.nativeOrder());
    }

    /** An unsigned value of one byte. */
    public int u8() {
        return has(Byte.BYTES) ? Byte.toUnsignedInt(bytes.get(start)) : 0;
    }

    /** An unsigned value of four bytes. */
    public long u32() {
        return has(Integer.BYTES) ? Integer.toUnsignedLong(bytes.getInt(start)) : 0;
    }

    /** A value of eight bytes; above 2^63 it reads as negative. */
    public long u64() {
        return has(Long.BYTES) ? bytes.getLong(start) : 0;
    }

    private boolean has(int expected) {
        if (length != expected && error == null) {
            error = "attribute " + type + " has " + length + " bytes instead of " + expected;
        }
        return length == expected;
    }

    /** Counts an attribute that nobody here knows. */
    public void skip() {
        skipped++;
    }

    /** How many were skipped. */
    public int skipped() {
        return skipped;
    }

    /**
     * Looks at the error, once.
     *
     * @throws NetlinkException if an attribute was malformed
     */
    public void end() throws NetlinkException {
        if (error != null) {
            throw new NetlinkException(error);
        }
    }
}
