package bwmon.monitor.attribution;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * How much of what interfaces carried and no row accounts for was passed on for others. Which packets those were nobody tells who
 * counts at sockets; but the kernel tells how many it passed on, and each of them came in once and went out once.
 */
public final class ForwardedPart {
    private ForwardedPart() {}

    /**
     * So many of the missing packets as were forwarded, with their share of the missing bytes. Where the kernel passes on several
     * segments as one packet, and the interface counts each, it is less than was forwarded in truth.
     *
     * @param missing IP bytes and packets, all known
     * @param forwarded packets that were passed on, 0 or more
     * @return IP bytes and packets, no figure more than is missing
     */
    public static ByteCounts of(ByteCounts missing, long forwarded) {
        long rx = Math.min(forwarded, packets(missing, Direction.RX));
        long tx = Math.min(forwarded, packets(missing, Direction.TX));
        return ByteCounts.ofIp(bytes(missing, Direction.RX, rx), bytes(missing, Direction.TX, tx), rx, tx);
    }

    private static long packets(ByteCounts counts, Direction direction) {
        return counts.packets(direction).orElse(0);
    }

    private static long bytes(ByteCounts missing, Direction direction, long packets) {
        long bytes = missing.bytes(direction).orElse(0);
        long all = packets(missing, direction);
        // All of them: not by way of a fraction, so that no byte is lost.
        return packets == all ? all == 0 ? 0 : bytes : (long) ((double) bytes * packets / all);
    }
}
