package bwmon.monitor.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;

/** Builds one message: header, the protocol's own struct, attributes. Not for several threads. */
public final class MessageWriter {
    /** offsetof(struct nlmsghdr, nlmsg_flags) and nlmsg_seq, linux/netlink.h. */
    private static final int FLAGS = 6;
    private static final int SEQUENCE = 8;

    private ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());

    /**
     * A message with an empty payload.
     *
     * @param type 0 to 65535
     * @param flags NLM_F_*
     */
    public MessageWriter(int type, int flags, int sequence, int port) {
        bytes.putInt(0).putShort((short) type).putShort((short) flags).putInt(sequence).putInt(port);
    }

    private ByteBuffer room(int more) {
        if (bytes.remaining() < more) {
            int capacity = Math.max(2 * bytes.capacity(), bytes.position() + more);
            bytes = ByteBuffer.allocate(capacity).order(ByteOrder.nativeOrder()).put(bytes.flip());
        }
        return bytes;
    }

    /** Bytes as they are, without padding. */
    public MessageWriter bytes(byte... value) {
        room(value.length).put(value);
        return this;
    }

    /** An attribute and its padding. */
    public MessageWriter attribute(int type, byte[] value) {
        int length = Netlink.NLA_HDRLEN + value.length;
        if (length > 0xffff) {
            throw new IllegalArgumentException("an attribute holds at most 65531 bytes, not " + value.length);
        }
        room(Netlink.align(length)).putShort((short) length).putShort((short) type).put(value)
                .put(new byte[Netlink.align(length) - length]);
        return this;
    }

    /** An attribute whose value is attributes: those that the content writes. */
    public MessageWriter nested(int type, Consumer<MessageWriter> content) {
        room(Netlink.NLA_HDRLEN);
        int start = bytes.position();
        bytes.putShort((short) 0).putShort((short) (type | Netlink.NLA_F_NESTED));
        content.accept(this);
        int length = bytes.position() - start;
        if (length > 0xffff) {
            throw new IllegalArgumentException("an attribute holds at most 65531 bytes, not " + (length - 4));
        }
        bytes.putShort(start, (short) length);
        return this;
    }

    /** The message with another sequence number. */
    byte[] toBytes(int sequence) {
        bytes.putInt(SEQUENCE, sequence);
        return toBytes();
    }

    boolean has(int flag) {
        return (bytes.getShort(FLAGS) & flag) != 0;
    }

    /** The message, padded to where another one may follow. */
    public byte[] toBytes() {
        int length = bytes.position();
        bytes.putInt(0, length);
        return Arrays.copyOf(bytes.array(), Netlink.align(length));
    }
}
