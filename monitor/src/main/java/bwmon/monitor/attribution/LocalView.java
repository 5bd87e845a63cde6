package bwmon.monitor.attribution;

import java.net.InetAddress;

import bwmon.traffic.Endpoint;

/**
 * A connection as this host sees it: which sockets of it can be at the ends, and which way its bytes went.
 *
 * <p>The original tuple is what the beginner's socket has: its own address, and the one that it asked for, before any
 * translation. The reply tuple is what the answering socket has: its source is the one that answers, after translation of
 * destinations (published ports, redirection), its destination is whom that one sees, after translation of sources
 * (masquerading). So an end is here if, and only if, the <em>source</em> of its tuple is an address of this host. The
 * destinations tell nothing: that of the original may be this host's published port while a container answers, and that of
 * the reply may be this host's address while it masquerades for another.
 */
public sealed interface LocalView {

    /**
     * One end, as its socket has it.
     *
     * @param local the socket's own address and port
     * @param remote whom it talks to
     */
    record End(Endpoint local, Endpoint remote) {}

    /**
     * Begun by a socket of this host, answered elsewhere: sent is what went in the original direction.
     *
     * @param beginner the socket here
     */
    record Outgoing(End beginner) implements LocalView {}

    /**
     * Begun elsewhere, answered by a socket of this host: received is what went in the original direction.
     *
     * @param answerer the socket here
     */
    record Incoming(End answerer) implements LocalView {}

    /**
     * Both ends are here. What went in the original direction was sent by the one and received by the other.
     *
     * @param beginner the socket that began
     * @param answerer the socket that answers
     */
    record Internal(End beginner, End answerer) implements LocalView {}

    /**
     * Neither end is here: passed on for others.
     *
     * @param host the one that it is done for, and whom it talks to: behind our masquerading, or our published port, or
     *     with an address of a private network; else the one that began
     * @param isBeginner whether that host began, so that it sent what went in the original direction; else it received that
     */
    record Forwarded(End host, boolean isBeginner) implements LocalView {}

    /**
     * How this host sees a connection.
     *
     * @param ends the connection's addresses
     * @param local which addresses are this host's, in the connection's network namespace
     */
    static LocalView of(FlowEnds ends, LocalAddresses local) {
        Endpoint from = ends.from();
        Endpoint asked = ends.asked();
        Endpoint answering = ends.answering();
        Endpoint seen = ends.seen();
        boolean beginsHere = local.sends(from.address());
        // What answers a multicast is another connection: this one keeps the group for its answerer.
        boolean endsHere = local.sends(answering.address())
                || (!beginsHere && local.receives(answering.address()));
        var beginner = new End(from, asked);
        var answerer = new End(answering, seen);
        if (beginsHere) {
            return endsHere ? new Internal(beginner, answerer) : new Outgoing(beginner);
        }
        return endsHere ? new Incoming(answerer) : forwarded(from, asked, answering, seen);
    }

    private static Forwarded forwarded(Endpoint from, Endpoint asked, Endpoint answering, Endpoint seen) {
        boolean isPublished = !asked.address().equals(answering.address());
        boolean isMasqueraded = !from.address().equals(seen.address());
        boolean isForAnswerer = isPublished == isMasqueraded
                ? isPrivate(answering.address()) && !isPrivate(from.address())
                : isPublished;
        return new Forwarded(isForAnswerer ? new End(answering, from) : new End(from, asked), !isForAnswerer);
    }

    /** RFC 1918, link-local, or unique local (RFC 4193, fc00::/7). */
    private static boolean isPrivate(InetAddress address) {
        byte[] bytes = address.getAddress();
        return address.isSiteLocalAddress() || address.isLinkLocalAddress()
                || (bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc);
    }
}
