package bwmon.monitor.sockdiag;

import java.nio.ByteBuffer;

import bwmon.monitor.netlink.NetlinkException;

/**
 * Counters of struct tcp_info (linux/tcp.h). The struct grew at its end with the kernels; what this kernel does not have is
 * {@link #ABSENT}. Plain numbers, because tens of thousands of them are made every second.
 *
 * @param options tcpi_options: TCPI_OPT_*, such as {@link #TCPI_OPT_TIMESTAMPS}
 * @param rttMicros tcpi_rtt: smoothed round-trip time in microseconds; 0 as long as none was measured
 * @param rttVarianceMicros tcpi_rttvar: its mean deviation in microseconds
 * @param congestionWindow tcpi_snd_cwnd, in segments
 * @param totalRetrans tcpi_total_retrans: segments sent again
 * @param bytesAcked tcpi_bytes_acked, since 4.1: with one each for an active opener's SYN and for the own FIN
 * @param bytesReceived tcpi_bytes_received, since 4.1: in order, with one for the peer's FIN
 * @param segsOut tcpi_segs_out, since 4.2: segments sent, each packet of a segmented one, retransmissions, SYN, FIN and pure
 *     acknowledgements included
 * @param segsIn tcpi_segs_in, since 4.2: segments received, as segsOut
 * @param notSent tcpi_notsent_bytes, since 4.6: written by the program, not yet sent
 * @param minRttMicros tcpi_min_rtt, since 4.6: in microseconds; 4294967295 as long as none was measured
 * @param deliveryRate tcpi_delivery_rate, since 4.9: in bytes a second
 * @param bytesSent tcpi_bytes_sent, since 4.19: payload, retransmissions included, without SYN and FIN
 * @param bytesRetrans tcpi_bytes_retrans, since 4.19: the retransmissions among them
 * @param dsackDups tcpi_dsack_dups, since 4.19: duplicates that the peer told of
 * @param reordSeen tcpi_reord_seen, since 4.19: how often the peer's answers told of reordering
 * @param rcvOooPackets tcpi_rcv_ooopack, since 5.4: packets that were received out of order
 */
public record TcpInfo(int options, long rttMicros, long rttVarianceMicros, long congestionWindow, long totalRetrans,
        long bytesAcked, long bytesReceived, long segsOut, long segsIn, long notSent, long minRttMicros,
        long deliveryRate, long bytesSent, long bytesRetrans, long dsackDups, long reordSeen, long rcvOooPackets) {
    /** Instead of a counter that this kernel does not have. */
    public static final long ABSENT = -1;
    /** TCPI_OPT_TIMESTAMPS: every segment but some resets bears timestamps, 12 bytes with padding (RFC 7323). */
    public static final int TCPI_OPT_TIMESTAMPS = 1;

    static final int OPTIONS = 5;
    static final int RTT = 68;
    static final int RTTVAR = 72;
    static final int SND_CWND = 80;
    static final int TOTAL_RETRANS = 100;
    static final int BYTES_ACKED = 120;
    static final int BYTES_RECEIVED = 128;
    static final int SEGS_OUT = 136;
    static final int SEGS_IN = 140;
    static final int NOTSENT_BYTES = 144;
    static final int MIN_RTT = 148;
    static final int DELIVERY_RATE = 160;
    static final int BYTES_SENT = 200;
    static final int BYTES_RETRANS = 208;
    static final int DSACK_DUPS = 216;
    static final int REORD_SEEN = 220;
    static final int RCV_OOOPACK = 224;
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
        return new TcpInfo(Byte.toUnsignedInt(struct.get(struct.position() + OPTIONS)), u32(struct, RTT),
                u32(struct, RTTVAR), u32(struct, SND_CWND), u32(struct, TOTAL_RETRANS), u64(struct, BYTES_ACKED),
                u64(struct, BYTES_RECEIVED), u32(struct, SEGS_OUT), u32(struct, SEGS_IN), u32(struct, NOTSENT_BYTES),
                u32(struct, MIN_RTT), u64(struct, DELIVERY_RATE), u64(struct, BYTES_SENT), u64(struct, BYTES_RETRANS),
                u32(struct, DSACK_DUPS), u32(struct, REORD_SEEN), u32(struct, RCV_OOOPACK));
    }

    private static long u32(ByteBuffer struct, int offset) {
        return struct.remaining() >= offset + Integer.BYTES
                ? Integer.toUnsignedLong(struct.getInt(struct.position() + offset))
                : ABSENT;
    }

    private static long u64(ByteBuffer struct, int offset) {
        return struct.remaining() >= offset + Long.BYTES ? struct.getLong(struct.position() + offset) : ABSENT;
    }

    /** Whether its segments bear timestamps, so that the headers of TCP are of 32 bytes instead of 20. */
    public boolean hasTimestamps() {
        return (options & TCPI_OPT_TIMESTAMPS) != 0;
    }

    /** Whether the counters that payload is worked out from are there. */
    public boolean hasPayload() {
        // They are in the order in which the kernels got them.
        return bytesRetrans != ABSENT;
    }

    /** Whether segments are counted. */
    public boolean hasSegments() {
        return segsIn != ABSENT;
    }

    /**
     * bytes_sent - bytes_retrans: each byte of payload once, as long as no packet was dropped on its way to the device.
     *
     * @return 0 or more
     * @throws IllegalStateException without {@link #hasPayload}
     */
    long sentOnce() {
        if (!hasPayload()) {
            throw new IllegalStateException("this kernel does not tell what was sent");
        }
        // A retransmission is counted before it is tried, so that for a moment there can be more of them than were sent.
        return Math.max(0, bytesSent - bytesRetrans);
    }
}
