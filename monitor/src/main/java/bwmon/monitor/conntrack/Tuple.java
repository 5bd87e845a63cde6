package bwmon.monitor.conntrack;

import java.nio.ByteBuffer;
import java.util.OptionalInt;

import bwmon.traffic.Endpoint;

/**
 * One direction of a connection: from where to where, by which protocol. Addresses are kept as two numbers each, because
 * a busy host has hundreds of thousands of them; {@link #source} and {@link #destination} make objects when asked.
 *
 * <p>Immutable; equal if every figure is, zone included.
 */
public final class Tuple {
    /** IPPROTO_ICMP and IPPROTO_ICMPV6, linux/in.h and linux/in6.h. */
    static final int IPPROTO_ICMP = 1;
    static final int IPPROTO_ICMPV6 = 58;

    private final boolean isIpv6;
    private final long sourceHigh;
    private final long sourceLow;
    private final long destinationHigh;
    private final long destinationLow;
    private final int protocol;
    /** The kernel's union: the port, the identifier of ICMP, the key of GRE. */
    private final int sourceId;
    /** The kernel's union: the port, type and code of ICMP, the key of GRE. */
    private final int destinationId;
    private final int zone;

    private Tuple(boolean isIpv6, long sourceHigh, long sourceLow, long destinationHigh, long destinationLow,
            int protocol, int sourceId, int destinationId, int zone) {
        this.isIpv6 = isIpv6;
        this.sourceHigh = sourceHigh;
        this.sourceLow = sourceLow;
        this.destinationHigh = destinationHigh;
        this.destinationLow = destinationLow;
        this.protocol = protocol;
        this.sourceId = sourceId;
        this.destinationId = destinationId;
        this.zone = zone;
    }

    /**
     * A direction by IPv4.
     *
     * @param source 32 bits, as is the destination
     * @param protocol the number in the IP header, 0 to 255
     * @param sourceId port, identifier of ICMP, or 0; 0 to 65535
     * @param destinationId port, type (upper eight bits) and code of ICMP, or 0; 0 to 65535
     * @param zone of this direction alone, 0 if it has none
     */
    static Tuple ofIpv4(long source, long destination, int protocol, int sourceId, int destinationId, int zone) {
        return new Tuple(false, 0, source, 0, destination, protocol, sourceId, destinationId, zone);
    }

    /** A direction by IPv6; the rest as for IPv4. */
    static Tuple ofIpv6(long sourceHigh, long sourceLow, long destinationHigh, long destinationLow, int protocol,
            int sourceId, int destinationId, int zone) {
        return new Tuple(true, sourceHigh, sourceLow, destinationHigh, destinationLow, protocol, sourceId,
                destinationId, zone);
    }

    /** A direction between two ends of the same family. */
    static Tuple of(int protocol, Endpoint source, Endpoint destination) {
        byte[] from = source.address().getAddress();
        byte[] to = destination.address().getAddress();
        if (from.length != to.length) {
            throw new IllegalArgumentException(source + " and " + destination + " are of two families");
        }
        ByteBuffer f = ByteBuffer.wrap(from);
        ByteBuffer t = ByteBuffer.wrap(to);
        return from.length == 4
                ? ofIpv4(Integer.toUnsignedLong(f.getInt()), Integer.toUnsignedLong(t.getInt()), protocol,
                        source.port(), destination.port(), 0)
                : ofIpv6(f.getLong(), f.getLong(), t.getLong(), t.getLong(), protocol, source.port(),
                        destination.port(), 0);
    }

    /** Whether the family is IPv6; else it is IPv4. */
    public boolean isIpv6() {
        return isIpv6;
    }

    /** The number in the IP header, such as 6 for TCP. */
    public int protocol() {
        return protocol;
    }

    /** Where it comes from; the port is 0 where the protocol has none. */
    public Endpoint source() {
        return endpoint(sourceHigh, sourceLow, isIcmp() ? 0 : sourceId);
    }

    /** Where it goes to; the port is 0 where the protocol has none. */
    public Endpoint destination() {
        return endpoint(destinationHigh, destinationLow, isIcmp() ? 0 : destinationId);
    }

    private Endpoint endpoint(long high, long low, int port) {
        return isIpv6 ? Endpoint.ofIpv6(high, low, port) : Endpoint.ofIpv4((int) low, port);
    }

    private boolean isIcmp() {
        return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
    }

    /** The identifier of an ICMP query, 0 to 65535; empty for other protocols. */
    public OptionalInt icmpId() {
        return isIcmp() ? OptionalInt.of(sourceId) : OptionalInt.empty();
    }

    /** The type of an ICMP message, 0 to 255; empty for other protocols. */
    public OptionalInt icmpType() {
        return isIcmp() ? OptionalInt.of(destinationId >> 8) : OptionalInt.empty();
    }

    /** The code of an ICMP message, 0 to 255; empty for other protocols. */
    public OptionalInt icmpCode() {
        return isIcmp() ? OptionalInt.of(destinationId & 0xff) : OptionalInt.empty();
    }

    /** The conntrack zone of this direction alone, 0 to 65535; 0 if it has none. */
    public int zone() {
        return zone;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tuple t && isIpv6 == t.isIpv6 && sourceHigh == t.sourceHigh && sourceLow == t.sourceLow
                && destinationHigh == t.destinationHigh && destinationLow == t.destinationLow && protocol == t.protocol
                && sourceId == t.sourceId && destinationId == t.destinationId && zone == t.zone;
    }

    @Override
    public int hashCode() {
        // Neighbouring addresses and ports must not meet: a plain sum of multiples of 31 lets many.
        long mixed = sourceHigh * 0x9e3779b97f4a7c15L + sourceLow;
        mixed = mixed * 0x9e3779b97f4a7c15L + destinationHigh;
        mixed = mixed * 0x9e3779b97f4a7c15L + destinationLow;
        mixed = mixed * 0x9e3779b97f4a7c15L
                + ((long) sourceId << 40 | (long) destinationId << 24 | protocol << 16 | zone);
        mixed *= 0x9e3779b97f4a7c15L;
        return (int) (mixed >>> 32);
    }

    /** {@code protocol 6 192.0.2.1:4711 -> 192.0.2.2:80}. */
    @Override
    public String toString() {
        return "protocol " + protocol + " " + source() + " -> " + destination()
                + (isIcmp()
                        ? " id " + sourceId + " type " + (destinationId >> 8) + " code " + (destinationId & 0xff)
                        : "")
                + (zone == 0 ? "" : " zone " + zone);
    }
}
