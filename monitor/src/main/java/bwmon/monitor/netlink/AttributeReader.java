package bwmon.monitor.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

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
    private static final boolean SWAPPED = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private final ByteBuffer bytes;
    private final int end;
    private int position;
    private int type;
    private int start;
    private int length;
    private int skipped;
    private @Nullable String error;

    /** A cursor before the first attribute. */
    public AttributeReader(ByteBuffer attributes) {
        this(attributes.slice().order(ByteOrder.nativeOrder()), 0);
    }

    /**
     * A cursor before the first attribute of those that follow a struct, over the same bytes.
     *
     * @param payload in native byte order
     * @param struct how many bytes the struct has, 0 to what remains of the payload
     */
    public AttributeReader(ByteBuffer payload, int struct) {
        this(payload, payload.position() + struct, payload.limit());
    }

    private AttributeReader(ByteBuffer bytes, int position, int end) {
        this.bytes = bytes;
        this.position = position;
        this.end = end;
    }

    /** Goes to the next attribute; false after the last one and after the first malformed one. */
    public boolean next() {
        int left = end - position;
        if (error != null || left == 0) {
            return false;
        }
        int header = position;
        if (left < Netlink.NLA_HDRLEN) {
            error = left + " bytes are too few for an attribute";
            return false;
        }
        int whole = Short.toUnsignedInt(bytes.getShort(header));
        if (whole < Netlink.NLA_HDRLEN || whole > left) {
            error = "an attribute claims " + whole + " bytes where " + left + " are left";
            return false;
        }
        type = Short.toUnsignedInt(bytes.getShort(header + 2)) & Netlink.NLA_TYPE_MASK;
        start = header + Netlink.NLA_HDRLEN;
        length = whole - Netlink.NLA_HDRLEN;
        // The last attribute's padding may be missing.
        position = header + Math.min(Netlink.align(whole), left);
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

    /** The attributes that are the attribute's value: a cursor of its own over the same bytes, with an error of its own. */
    public AttributeReader nested() {
        return new AttributeReader(bytes, start, start + length);
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

    /** An unsigned value of two bytes in network byte order. */
    public int be16() {
        return has(Short.BYTES) ? Short.toUnsignedInt(swapped(bytes.getShort(start))) : 0;
    }

    /** An unsigned value of four bytes in network byte order. */
    public long be32() {
        return has(Integer.BYTES) ? Integer.toUnsignedLong(swapped(bytes.getInt(start))) : 0;
    }

    /** A value of eight bytes in network byte order; above 2^63 it reads as negative. */
    public long be64() {
        return has(Long.BYTES) ? swapped(bytes.getLong(start)) : 0;
    }

    /**
     * Eight bytes of a longer value, in network byte order.
     *
     * @param offset within the value, whose length must be {@code expected}
     */
    public long be64(int offset, int expected) {
        return has(expected) ? swapped(bytes.getLong(start + offset)) : 0;
    }

    /** A text, without the 0 that may end it. */
    public String text() {
        int ends = start;
        while (ends < start + length && bytes.get(ends) != 0) {
            ends++;
        }
        byte[] value = new byte[ends - start];
        bytes.get(start, value);
        return new String(value, StandardCharsets.UTF_8);
    }

    private static short swapped(short value) {
        return SWAPPED ? Short.reverseBytes(value) : value;
    }

    private static int swapped(int value) {
        return SWAPPED ? Integer.reverseBytes(value) : value;
    }

    private static long swapped(long value) {
        return SWAPPED ? Long.reverseBytes(value) : value;
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
