package bwmon.monitor.conntrack;

/**
 * What the kernel counted of a connection in one direction: IP bytes, headers included, and packets. It counts what passes
 * as one buffer as one packet, so that segmentation offload makes both too low: the segments' headers are missing.
 *
 * @param packets unsigned in the kernel; 0 or more here
 * @param bytes as the packets
 */
public record Counters(long packets, long bytes) {
    /** Nothing counted yet, which is known. */
    public static final Counters ZERO = new Counters(0, 0);

    public Counters {
        if (packets < 0 || bytes < 0) {
            throw new IllegalArgumentException(
                    "a counter is 0 or more, not " + packets + " packets, " + bytes + " bytes");
        }
    }
}
