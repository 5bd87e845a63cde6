package bwmon.monitor.netlink;

import java.nio.ByteBuffer;

/**
 * One message: struct nlmsghdr of linux/netlink.h, and what follows it.
 *
 * @param type below 16 a control message (NLMSG_*), else the protocol's own
 * @param flags NLM_F_*
 * @param sequence of the request that it answers; 0 for a notification
 * @param port of the socket that it answers; 0 for a notification
 * @param payload in native byte order; a view of the receive buffer, so good only until the next receive
 */
public record NetlinkMessage(int type, int flags, int sequence, int port, ByteBuffer payload) {

    /** Turns messages into something that lasts. */
    @FunctionalInterface
    public interface Decoder<T> {
        /**
         * What the message says.
         *
         * @throws NetlinkException if it is malformed
         */
        T decode(NetlinkMessage message) throws NetlinkException;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /**
     * The result that NLMSG_ERROR and NLMSG_DONE carry: 0, or the negative of errno.
     *
     * @throws NetlinkException if it is missing from an NLMSG_ERROR
     */
    int result() throws NetlinkException {
        if (payload.remaining() >= Integer.BYTES) {
            return payload.getInt(payload.position());
        }
        if (type == Netlink.NLMSG_DONE) {
            return 0; // Kernels do without it where nothing can have failed.
        }
        throw new NetlinkException("NLMSG_ERROR of " + payload.remaining() + " bytes has no error in it");
    }
}
