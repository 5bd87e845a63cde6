package bwmon.monitor.attribution;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Set;

/**
 * Which addresses are this host's: those of its interfaces, and what is every host's own (loopback).
 *
 * @param unicast addresses of the interfaces, IPv4 and IPv6
 * @param broadcast broadcast addresses of the interfaces' networks
 */
public record LocalAddresses(Set<InetAddress> unicast, Set<InetAddress> broadcast) {

    public LocalAddresses {
        unicast = Set.copyOf(unicast);
        broadcast = Set.copyOf(broadcast);
    }

    /** Whether a socket of this host can send from that address. */
    boolean sends(InetAddress address) {
        return address.isLoopbackAddress() || unicast.contains(address);
    }

    /** Whether what is sent to that address reaches this host: also multicast (if at all, then here too) and broadcast. */
    boolean receives(InetAddress address) {
        return sends(address) || address.isMulticastAddress() || broadcast.contains(address) || isLimited(address);
    }

    /** 255.255.255.255, RFC 919. */
    private static boolean isLimited(InetAddress address) {
        if (!(address instanceof Inet4Address)) {
            return false;
        }
        for (byte b : address.getAddress()) {
            if (b != -1) {
                return false;
            }
        }
        return true;
    }
}
