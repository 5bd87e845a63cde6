package bwmon.monitor.attribution;

import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * One socket at one moment.
 *
 * @param cookie who it is, for as long as the kernel runs
 * @param inode that the holders' descriptors name; 0 if no process holds it
 * @param flow its ends; the remote one has port 0 if it is not connected
 * @param listening whether it waits for connections, and so has no traffic of its own
 * @param rxPayload payload received since the socket was made, 0 or more; 0 where nobody counts it
 * @param txPayload payload transmitted since the socket was made, 0 or more; 0 where nobody counts it
 * @param segments its segments since it was made; null where they are not known, and then neither is the payload
 * @param v6Only whether it is one of IPv6 that takes no IPv4 (IPV6_V6ONLY, linux/in6.h); false where that is not known, and
 *     of sockets that are connected
 */
public record SocketSample(long cookie, long inode, Flow flow, boolean listening, long rxPayload, long txPayload,
        @Nullable Segments segments, boolean v6Only) {

    /** A socket that is connected, or of which nobody tells whether it takes IPv4 beside IPv6. */
    public SocketSample(long cookie, long inode, Flow flow, boolean listening, long rxPayload, long txPayload,
            @Nullable Segments segments) {
        this(cookie, inode, flow, listening, rxPayload, txPayload, segments, false);
    }

    /** A socket whose bytes nobody counts. */
    public static SocketSample uncounted(long cookie, long inode, Flow flow, boolean listening) {
        return uncounted(cookie, inode, flow, listening, false);
    }

    /** A socket whose bytes nobody counts, and of which is known whether it takes IPv4 beside IPv6. */
    public static SocketSample uncounted(long cookie, long inode, Flow flow, boolean listening, boolean v6Only) {
        return new SocketSample(cookie, inode, flow, listening, 0, 0, null, v6Only);
    }

    /** Whether it takes IPv4 as well as IPv6, so long as nobody says otherwise. */
    boolean isDualStack() {
        return flow.local().isIpv6() && !v6Only;
    }

    /** Whether it may talk to several others, and has no counters: UDP, ICMP, raw. */
    boolean isConnectionless() {
        return flow.protocol() != Protocol.TCP;
    }
}
