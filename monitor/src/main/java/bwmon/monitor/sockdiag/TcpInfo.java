package bwmon.monitor.sockdiag;

import java.nio.ByteBuffer;
import java.util.OptionalLong;

import bwmon.monitor.netlink.NetlinkException;

/**
 * Counters of struct tcp_info (linux/tcp.h). The struct grew at its end with the kernels; fields that this kernel does not
 * have are absent.
 *
 * @param bytesAcked tcpi_bytes_acked, since 4.1: with one each for an active opener's SYN and for the own FIN
 * @param bytesReceived tcpi_bytes_received, since 4.1: in order, with one for the peer's FIN
 * @param notSent tcpi_notsent_bytes, since 4.6: written by the program, not yet sent
 * @param bytesSent tcpi_bytes_sent, since 4.19: payload, retransmissions included, without SYN and FIN
 * @param bytesRetrans tcpi_bytes_retrans, since 4.19: the retransmissions among them
 */
public record TcpInfo(OptionalLong bytesAcked, OptionalLong bytesReceived, OptionalLong notSent, OptionalLong bytesSent,
        OptionalLong bytesRetrans) {
    static final int BYTES_ACKED = 120;
    static final int BYTES_RECEIVED = 128;
    static final int NOTSENT_BYTES = 144;
    static final int BYTES_SENT = 200;
    static final int BYTES_RETRANS = 208;
    /** Up to tcpi_total_retrans, as every kernel since 2.6 has it. */
    static final int SHORTEST = 104;

    /**
     * Reads the struct.
     *
     * @param struct in native byte order, from its position to its limit
     * @throws NetlinkException if it is shorter than any kernel's
     */
    static TcpInfo decode(ByteBuffer struct) throws NetlinkException {
        if (struct.remaining() < SHORTEST) {
            throw new NetlinkException("a tcp_info of " + struct.remaining() + " bytes is shorter than any kernel's");
        }
        return new TcpInfo(u64(struct, BYTES_ACKED), u64(struct, BYTES_RECEIVED), u32(struct, NOTSENT_BYTES),
                u64(struct, BYTES_SENT), u64(struct, BYTES_RETRANS));
    }

    private static OptionalLong u32(ByteBuffer struct, int offset) {
        return struct.remaining() >= offset + Integer.BYTES
                ? OptionalLong.of(Integer.toUnsignedLong(struct.getInt(struct.position() + offset)))
                : OptionalLong.empty();
    }

    private static OptionalLong u64(ByteBuffer struct, int offset) {
        return struct.remaining() >= offset + Long.BYTES
                ? OptionalLong.of(struct.getLong(struct.position() + offset))
                : OptionalLong.empty();
    }

    /** Whether the counters that payload is worked out from are there. */
    public boolean hasPayload() {
        return bytesAcked.isPresent() && bytesReceived.isPresent() && notSent.isPresent() && bytesSent.isPresent()
                && bytesRetrans.isPresent();
    }

    /**
     * bytes_sent - bytes_retrans: each byte of payload once, as long as no packet was dropped on its way to the device.
     *
     * @return 0 or more
     * @throws java.util.NoSuchElementException without {@link #hasPayload}
     */
    long sentOnce() {
        // A retransmission is counted before it is tried, so that for a moment there can be more of them than were sent.
        return Math.max(0, bytesSent.orElseThrow() - bytesRetrans.orElseThrow());
    }
}
