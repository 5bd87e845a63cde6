package bwmon.monitor.attribution;

/**
 * What a TCP socket knows of its segments, from struct tcp_info (linux/tcp.h): the packets that the network carries, also
 * where the host handles several of them as one (segmentation and receive offload).
 *
 * @param received tcpi_segs_in, 32 bits that wrap round
 * @param sent tcpi_segs_out, retransmissions included, 32 bits that wrap round
 * @param retransmittedBytes tcpi_bytes_retrans, 0 or more
 * @param headerBytes of a segment with data: IP header, TCP header, and time stamps where they are in use (RFC 7323)
 */
public record Segments(int received, int sent, long retransmittedBytes, int headerBytes) {
    private static final int TCP_HEADER = 20;
    /** Ten bytes, and two that fill up a word. */
    private static final int TIMESTAMPS = 12;

    /** With the usual headers. */
    public static Segments of(int received, int sent, long retransmittedBytes, boolean isIpv6, boolean hasTimestamps) {
        return new Segments(received, sent, retransmittedBytes,
                ipHeader(isIpv6) + TCP_HEADER + (hasTimestamps ? TIMESTAMPS : 0));
    }

    /** Whether a counter of 32 bits has fallen, instead of having wrapped round. */
    static boolean hasFallen(int before, int now) {
        return now - before < 0;
    }

    /** As they were when so many segments less had passed. */
    Segments before(long receivedSince, long sentSince) {
        return new Segments((int) (received - receivedSince), (int) (sent - sentSince), 0, headerBytes);
    }

    /** Bytes of an IP header without options (RFC 791, RFC 8200). */
    static int ipHeader(boolean isIpv6) {
        return isIpv6 ? 40 : 20;
    }
}
