package bwmon.traffic;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * One end of a flow: an IP address and a port. An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) is held, compared and
 * shown as the IPv4 address that it carries, so that both sides of a dual-stack socket name the same endpoint.
 *
 * @param address an IPv4 or IPv6 address, never IPv4-mapped
 * @param port 0 to 65535; 0 where the protocol has no ports or none was chosen
 */
public record Endpoint(InetAddress address, int port) {

    public Endpoint {
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException("port " + port + " is not between 0 and 65535");
        }
        // A name that came along with the address would make equal endpoints print differently; so would a scope.
        address = ofBytes(address.getAddress());
    }

    /**
     * The endpoint of an address in network byte order.
     *
     * @param address 4 or 16 bytes
     * @param port 0 to 65535
     * @throws IllegalArgumentException for another length or a port out of range
     */
    public static Endpoint of(byte[] address, int port) {
        return new Endpoint(ofBytes(address), port);
    }

    private static InetAddress ofBytes(byte[] address) {
        try {
            // InetAddress turns ::ffff:a.b.c.d into an Inet4Address by itself.
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + address.length, e);
        }
    }

    /** Whether the address is of the loopback network (127.0.0.0/8 or ::1). */
    public boolean isLoopback() {
        return address.isLoopbackAddress();
    }

    /** Whether the address is the wildcard (0.0.0.0 or ::), as a listening socket may have. */
    public boolean isWildcard() {
        return address.isAnyLocalAddress();
    }

    /** The address alone: dotted decimal, or RFC 5952's canonical text for IPv6. */
    public String host() {
        return address instanceof Inet6Address ? canonical(address.getAddress()) : address.getHostAddress();
    }

    /** {@code 192.0.2.1:80} or {@code [2001:db8::1]:80}. */
    @Override
    public String toString() {
        return address instanceof Inet6Address ? "[" + host() + "]:" + port : host() + ":" + port;
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
