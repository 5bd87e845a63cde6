package bwmon.monitor.attribution;

import bwmon.traffic.ByteCounts;

/**
 * What the connection table's count of one TCP connection lacks. It counts several segments that the host handles as one
 * (segmentation offload, receive offload) as one packet with one header; the socket counts each. So for each segment more
 * than packets, a packet and its headers are added.
 *
 * <p>Both counts are cumulative, and the socket is looked at first: what it has not yet seen is added later, and no more
 * than is missing ever.
 */
final class Segmentation {
    private final Way received;
    private final Way sent;

    private static final class Way {
        private int last;
        /** Segments less packets since the beginning. */
        private long missing;
        private long added;

        Way(int first) {
            last = first;
        }

        long missing(int segments, long packets) {
            // A socket that was disconnected and connected anew (AF_UNSPEC, connect(2)) has begun to count anew.
            missing += Integer.toUnsignedLong(Segments.hasFallen(last, segments) ? segments : segments - last)
                    - packets;
            last = segments;
            long more = Math.max(0, missing - added);
            added += more;
            return more;
        }
    }

    /**
     * Begins to follow a connection.
     *
     * @param first what the socket had counted by then; all 0 if its whole life is followed
     */
    Segmentation(Segments first) {
        received = new Way(first.received());
        sent = new Way(first.sent());
    }

    /**
     * What is to be added for an interval.
     *
     * @param rxPackets as the connection table counted them in the interval
     * @param txPackets as {@code rxPackets}
     */
    ByteCounts missing(Segments now, long rxPackets, long txPackets) {
        long rx = received.missing(now.received(), rxPackets);
        long tx = sent.missing(now.sent(), txPackets);
        return ByteCounts.ofIp(rx * now.headerBytes(), tx * now.headerBytes(), rx, tx).withPayload(0, 0);
    }
}
