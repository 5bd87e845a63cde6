package bwmon.aggregator.grouping;

import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;

/** How far bytes went, or from how far they came, by the addresses of the flow's ends. */
public enum TrafficClass {
    /** Within this host: to a loopback address, or from an address of this host to one of its own. */
    LOOPBACK,
    /** To or from an address that is not routed in the internet. */
    LAN,
    /** All others. */
    INTERNET;

    /**
     * What the IANA IPv4 Special-Purpose Address Registry (RFC 6890, 2.2.2) calls not globally reachable, and multicast.
     * The relays of 6to4 (192.88.99.0/24) and the anycast services of 192.31.196.0/24, 192.52.193.0/24 and 192.175.48.0/24
     * are reached through the internet.
     */
    private static final List<Network> NOT_ROUTED_IPV4 = List.of(
            ipv4(0, 0, 0, 8), // this network, RFC 791
            ipv4(10, 0, 0, 8), // private use, RFC 1918
            ipv4(100, 64, 0, 10), // shared between carrier and customers, RFC 6598
            ipv4(169, 254, 0, 16), // link-local, RFC 3927
            ipv4(172, 16, 0, 12), // private use, RFC 1918
            ipv4(192, 0, 0, 24), // protocol assignments, RFC 6890; PCP and TURN anycast end at the next translator
            ipv4(192, 0, 2, 24), // documentation, RFC 5737
            ipv4(192, 168, 0, 16), // private use, RFC 1918
            ipv4(198, 18, 0, 15), // benchmarking, RFC 2544
            ipv4(198, 51, 100, 24), // documentation, RFC 5737
            ipv4(203, 0, 113, 24), // documentation, RFC 5737
            ipv4(224, 0, 0, 3)); // multicast, RFC 5771; reserved, RFC 1112; limited broadcast, RFC 919

    /** What lies in the networks below and is globally reachable all the same. */
    private static final List<Network> ROUTED_IPV6 = List.of(
            ipv6(0x2001_0000_0000_0000L, 32), // Teredo, RFC 4380
            ipv6(0x2001_0003_0000_0000L, 32), // AMT, RFC 7450
            ipv6(0x2001_0004_0112_0000L, 48), // AS112, RFC 7535
            ipv6(0x2001_0020_0000_0000L, 28), // ORCHIDv2, RFC 7343
            ipv6(0x2001_0030_0000_0000L, 28)); // drone remote identification, RFC 9374

    /** The same of the IANA IPv6 Special-Purpose Address Registry (RFC 6890, 2.2.3), and multicast. */
    private static final List<Network> NOT_ROUTED_IPV6 = List.of(
            new Network(Endpoint.ofIpv6(0, 0, 0), 128), // unspecified, RFC 4291
            ipv6(0x0064_ff9b_0001_0000L, 48), // translation within a network, RFC 8215
            ipv6(0x0100_0000_0000_0000L, 63), // discard, RFC 6666; dummy prefix, RFC 9780
            ipv6(0x2001_0000_0000_0000L, 23), // protocol assignments, RFC 2928
            ipv6(0x2001_0db8_0000_0000L, 32), // documentation, RFC 3849
            ipv6(0x3fff_0000_0000_0000L, 20), // documentation, RFC 9637
            ipv6(0x5f00_0000_0000_0000L, 16), // segment routing, RFC 9602
            ipv6(0xfc00_0000_0000_0000L, 7), // unique local, RFC 4193
            ipv6(0xfe80_0000_0000_0000L, 10), // link-local, RFC 4291
            ipv6(0xfec0_0000_0000_0000L, 10), // site-local, RFC 3879
            ipv6(0xff00_0000_0000_0000L, 8)); // multicast, RFC 4291

    private static Network ipv4(int first, int second, int third, int prefixLength) {
        return new Network(Endpoint.ofIpv4(first << 24 | second << 16 | third << 8, 0), prefixLength);
    }

    private static Network ipv6(long high, int prefixLength) {
        return new Network(Endpoint.ofIpv6(high, 0, 0), prefixLength);
    }

    /** The word in configurations. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The class of a flow.
     *
     * @param isOwn whether an address is one of this host's
     */
    public static TrafficClass of(Flow flow, Predicate<Endpoint> isOwn) {
        Endpoint remote = flow.remote();
        // A host talks to itself from the very address that it talks to, unless a program binds another one.
        if (remote.isLoopback() || flow.local().isWithin(remote, remote.isIpv6() ? 128 : 32)
                || (isOwn.test(remote) && isOwn.test(flow.local()))) {
            return LOOPBACK;
        }
        return isRouted(remote) ? INTERNET : LAN;
    }

    private static boolean isRouted(Endpoint address) {
        return address.isIpv6()
                ? !isIn(NOT_ROUTED_IPV6, address) || isIn(ROUTED_IPV6, address)
                : !isIn(NOT_ROUTED_IPV4, address);
    }

    private static boolean isIn(List<Network> networks, Endpoint address) {
        for (int i = 0; i < networks.size(); i++) {
            if (networks.get(i).contains(address)) {
                return true;
            }
        }
        return false;
    }
}
