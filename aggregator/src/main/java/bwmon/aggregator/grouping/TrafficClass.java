package bwmon.aggregator.grouping;

import java.util.List;
import java.util.Locale;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;

/** How far bytes went, or from how far they came, by the addresses of the flow's ends. */
public enum TrafficClass {
    /** Within this host: between loopback addresses, or from an address of this host to itself. */
    LOOPBACK,
    /** To or from an address that is not routed in the internet. */
    LAN,
    /** All others. */
    INTERNET;

    /** RFC 1918 (private), RFC 3927 and RFC 4291 (link-local), RFC 4193 (unique local), RFC 5771 and RFC 4291 (multicast), RFC 919. */
    private static final List<Network> NOT_ROUTED = List.of(ipv4(10, 0, 8), ipv4(172, 16, 12), ipv4(192, 168, 16),
            ipv4(169, 254, 16), ipv4(224, 0, 4), new Network(Endpoint.ofIpv4(0xffff_ffff, 0), 32), ipv6(0xfe80, 10),
            ipv6(0xfc00, 7), ipv6(0xff00, 8));

    private static Network ipv4(int first, int second, int prefixLength) {
        return new Network(Endpoint.ofIpv4(first << 24 | second << 16, 0), prefixLength);
    }

    private static Network ipv6(int first, int prefixLength) {
        return new Network(Endpoint.ofIpv6((long) first << 48, 0, 0), prefixLength);
    }

    /** The word in configurations. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The class of a flow. */
    public static TrafficClass of(Flow flow) {
        // A host talks to itself from the very address that it talks to, unless a program binds another one.
        if (flow.isLoopback() || flow.local().isWithin(flow.remote(), flow.remote().isIpv6() ? 128 : 32)) {
            return LOOPBACK;
        }
        for (Network network : NOT_ROUTED) {
            if (network.contains(flow.remote())) {
                return LAN;
            }
        }
        return INTERNET;
    }
}
