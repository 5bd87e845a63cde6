package bwmon.aggregator.grouping;

import bwmon.traffic.Endpoint;

/**
 * An IP network.
 *
 * @param address one of its addresses
 * @param prefixLength how many bits its addresses share, 0 to 32 (IPv4) or 128
 */
public record Network(Endpoint address, int prefixLength) {
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    public Network {
        if (prefixLength < 0 || prefixLength > bits(address)) {
            throw new IllegalArgumentException("a prefix of " + address.host() + " has 0 to " + bits(address)
                    + " bits, not " + prefixLength);
        }
    }

    private static int bits(Endpoint address) {
        return address.isIpv6() ? IPV6_BITS : IPV4_BITS;
    }

    /** Whether an address is in it. */
    public boolean contains(Endpoint endpoint) {
        return endpoint.isWithin(address, prefixLength);
    }

    @Override
    public String toString() {
        return address.host() + "/" + prefixLength;
    }
}
