package bwmon.traffic;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * One end of a flow: an IP address and a port. An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) is held, compared and
 * shown as the IPv4 address that it carries, so that both sides of a dual-stack socket name the same endpoint.
 *
 * <p>Immutable, and equal if address and port are. The address is kept as two numbers, because a busy host has tens of
 * thousands of endpoints, which are looked up by each other every second; {@link #address} makes an object when asked.
 */
public final class Endpoint {
    private static final int IPV4_BYTES = 4;
    private static final int IPV6_BYTES = 16;
    /** ::ffff:0:0/96, its low half without the address. */
    private static final long MAPPED = 0xffff_0000_0000L;

    private final long high;
    private final long low;
    private final int port;
    private final boolean isIpv6;

    private Endpoint(boolean isIpv6, long high, long low, int port) {
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException("port " + port + " is not between 0 and 65535");
        }
        boolean isMapped = isIpv6 && high == 0 && (low & ~0xffff_ffffL) == MAPPED;
        this.isIpv6 = isIpv6 && !isMapped;
        this.high = high;
        this.low = isMapped ? low & 0xffff_ffffL : low;
        this.port = port;
    }

    /**
     * The endpoint of an address; a name or a scope that came along with it is left out.
     *
     * @param port 0 to 65535; 0 where the protocol has no ports or none was chosen
     */
    public Endpoint(InetAddress address, int port) {
        this(ByteBuffer.wrap(address.getAddress()), port);
    }

    private Endpoint(ByteBuffer address, int port) {
        this(address.remaining() == IPV6_BYTES, address.remaining() == IPV6_BYTES ? address.getLong(0) : 0,
                address.remaining() == IPV6_BYTES
                        ? address.getLong(Long.BYTES)
                        : Integer.toUnsignedLong(address.getInt(0)),
                port);
    }

    /**
     * The endpoint of an address in network byte order.
     *
     * @param address 4 or 16 bytes
     * @param port 0 to 65535
     * @throws IllegalArgumentException for another length or a port out of range
     */
    public static Endpoint of(byte[] address, int port) {
        if (address.length != IPV4_BYTES && address.length != IPV6_BYTES) {
            throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + address.length);
        }
        return new Endpoint(ByteBuffer.wrap(address), port);
    }

    /**
     * The endpoint of an IPv4 address.
     *
     * @param address its 32 bits
     * @param port 0 to 65535
     */
    public static Endpoint ofIpv4(int address, int port) {
        return new Endpoint(false, 0, Integer.toUnsignedLong(address), port);
    }

    /**
     * The endpoint of an IPv6 address.
     *
     * @param high its first 64 bits
     * @param low its last 64 bits
     * @param port 0 to 65535
     */
    public static Endpoint ofIpv6(long high, long low, int port) {
        return new Endpoint(true, high, low, port);
    }

    /** An IPv4 or IPv6 address, never IPv4-mapped, without a name or a scope. */
    public InetAddress address() {
        try {
            return InetAddress.getByAddress(bytes());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of 4 or 16 bytes is refused", e);
        }
    }

    private byte[] bytes() {
        return isIpv6
                ? ByteBuffer.allocate(IPV6_BYTES).putLong(high).putLong(low).array()
                : ByteBuffer.allocate(IPV4_BYTES).putInt((int) low).array();
    }

    /** 0 to 65535; 0 where the protocol has no ports or none was chosen. */
    public int port() {
        return port;
    }

    /** The address alone, with port 0. */
    public Endpoint withoutPort() {
        return port == 0 ? this : new Endpoint(isIpv6, high, low, 0);
    }

    /** Whether the address is of IPv6; else it is of IPv4. */
    public boolean isIpv6() {
        return isIpv6;
    }

    /** Whether the address is of the loopback network (127.0.0.0/8 or ::1). */
    public boolean isLoopback() {
        return isIpv6 ? high == 0 && low == 1 : low >>> 24 == 127;
    }

    /** Whether the address may be that of many hosts: multicast (224.0.0.0/4 or ff00::/8), or 255.255.255.255. */
    public boolean isForMany() {
        return isIpv6 ? high >>> 56 == 0xff : low >>> 28 == 0xe || low == 0xffff_ffffL;
    }

    /**
     * Whether the address is of the network of another one.
     *
     * @param prefixLength how many bits the network's addresses share, 0 to 32 (IPv4) or 128
     */
    public boolean isWithin(Endpoint network, int prefixLength) {
        if (isIpv6 != network.isIpv6) {
            return false;
        }
        // An IPv4 address is the last 32 bits of 128.
        int bits = isIpv6 ? prefixLength : Long.SIZE + Integer.SIZE + prefixLength;
        return share(high, network.high, bits) && share(low, network.low, bits - Long.SIZE);
    }

    private static boolean share(long one, long other, int bits) {
        return bits <= 0 || (one ^ other) >>> (Long.SIZE - Math.min(bits, Long.SIZE)) == 0;
    }

    /** Whether the address is the wildcard (0.0.0.0 or ::), as a listening socket may have. */
    public boolean isWildcard() {
        return high == 0 && low == 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Endpoint e && low == e.low && port == e.port && high == e.high && isIpv6 == e.isIpv6;
    }

    @Override
    public int hashCode() {
        // Neighbouring addresses and ports must not meet: a plain sum of multiples of 31 lets many.
        long mixed = (high * 0x9e3779b97f4a7c15L + low) * 0x9e3779b97f4a7c15L + port;
        mixed *= 0x9e3779b97f4a7c15L;
        return (int) (mixed >>> 32);
    }

    /** The address alone: dotted decimal, or RFC 5952's canonical text for IPv6. */
    public String host() {
        return isIpv6 ? canonical(bytes()) : address().getHostAddress();
    }

    /** {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}. */
    @Override
    public String toString() {
        return isIpv6 ? "[" + host() + "]:" + port : host() + ":" + port;
    }

    /** RFC 5952, 4: lower case, no leading zeros, the longest run of two or more zero groups shortened, the first of equals. */
    private static String canonical(byte[] bytes) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = ((bytes[2 * i] & 0xff) << 8) | (bytes[2 * i + 1] & 0xff);
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int start = 0; start < 8; start++) {
            int end = start;
            while (end < 8 && groups[end] == 0) {
                end++;
            }
            if (end - start > bestLength) {
                bestStart = start;
                bestLength = end - start;
            }
        }
        var text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
            } else {
                if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                    text.append(':');
                }
                text.append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }
}
