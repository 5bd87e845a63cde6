package bwmon.monitor.attribution;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Flow;
import org.jspecify.annotations.Nullable;

/**
 * What moved in one interval between two ends, as the kernel's programs counted it; the same ends may have several rows.
 *
 * @param owner of the socket, see {@link OwnerId}; {@link OwnerId#NOBODY} if it has none
 * @param namespace the cookie of the socket's network namespace (SO_NETNS_COOKIE, asm-generic/socket.h); 0 if unknown
 * @param origin how the packets met the programs
 * @param isSure whether the owner was seen to send or receive through the socket itself; if not, it made the socket, or the
 *     listening one, and may have handed it to another process since
 * @param flow null if the row tells no ends: a socket without a peer, or the rest of an owner for which there was no room
 * @param counts IP bytes, packets and payload; those that the programs do not count are absent
 * @param segmentation how much of the counts are headers and packets that only segmentation makes
 */
public record CountedRow(long owner, long namespace, Origin origin, boolean isSure, @Nullable Flow flow,
        ByteCounts counts, ByteCounts segmentation) {

    /** How packets met the programs. */
    public enum Origin {
        /** Through a socket. */
        SOCKET,
        /** Through a socket that the kernel keeps for itself: resets, echo replies, tunnels, network file systems. */
        KERNEL_SOCKET,
        /** They belong to a connection whose socket is gone already (TIME_WAIT). */
        REMNANT,
        /** They came for nobody. */
        NO_SOCKET,
        /** Frames that a program wrote to the link layer (packet(7)). */
        LINK_LAYER
    }
}
