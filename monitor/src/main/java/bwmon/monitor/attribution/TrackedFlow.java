package bwmon.monitor.attribution;

import bwmon.traffic.Protocol;

/**
 * What a connection of the connection table moved in an interval: IP bytes and packets, as it counts them.
 *
 * @param protocol the transport protocol
 * @param ends between whom
 * @param icmpId the identifier of an ICMP query, 0 to 65535; 0 for other protocols
 * @param originalPackets from who began it, 0 or more, as are the others
 * @param originalBytes IP bytes from who began it
 * @param replyPackets to who began it
 * @param replyBytes IP bytes to who began it
 * @param hasEnded whether nothing more comes of it
 */
public record TrackedFlow(Protocol protocol, FlowEnds ends, int icmpId, long originalPackets, long originalBytes,
        long replyPackets, long replyBytes, boolean hasEnded) {}
