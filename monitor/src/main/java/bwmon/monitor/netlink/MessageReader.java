package bwmon.monitor.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.jspecify.annotations.Nullable;

/**
 * Goes through the messages of one datagram. After the last one, or the first malformed one, {@link #next} gives null;
 * {@link #end} tells which it was.
 */
final class MessageReader {
    private final ByteBuffer bytes;
    private @Nullable String error;

    /** A cursor before the first message. */
    MessageReader(ByteBuffer datagram) {
        bytes = datagram.slice().order(ByteOrder.nativeOrder());
    }

    @Nullable
    NetlinkMessage next() {
        if (error != null || !bytes.hasRemaining()) {
            return null;
        }
        int start = bytes.position();
        if (bytes.remaining() < Netlink.NLMSG_HDRLEN) {
            error = bytes.remaining() + " bytes are too few for a message header";
            return null;
        }
        int length = bytes.getInt(start);
        if (length < Netlink.NLMSG_HDRLEN || length > bytes.remaining()) {
            error = "a message claims " + Integer.toUnsignedString(length) + " bytes where " + bytes.remaining()
                    + " are left";
            return null;
        }
        ByteBuffer payload = bytes.slice(start + Netlink.NLMSG_HDRLEN, length - Netlink.NLMSG_HDRLEN)
                .order(ByteOrder.nativeOrder());
        // The last message's padding may be missing.
        bytes.position(start + Math.min(Netlink.align(length), bytes.remaining()));
        return new NetlinkMessage(Short.toUnsignedInt(bytes.getShort(start + 4)),
                Short.toUnsignedInt(bytes.getShort(start + 6)), bytes.getInt(start + 8), bytes.getInt(start + 12),
                payload);
    }

    /**
     * Looks at the error, once.
     *
     * @throws NetlinkException if the messages ended in a malformed one
     */
    void end() throws NetlinkException {
        if (error != null) {
            throw new NetlinkException(error);
        }
    }
}
