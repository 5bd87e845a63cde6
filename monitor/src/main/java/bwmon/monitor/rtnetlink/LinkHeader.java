package bwmon.monitor.rtnetlink;

/**
 * How many bytes beside the IP packet an interface counts in each packet. Drivers differ, and count their two directions
 * differently. Measured on Linux 6.18 with datagrams of a known size: loopback, veth, bridge, macvlan, tun, tap, vxlan; the
 * rest is from the sources and the documentation of struct rtnl_link_stats64.
 *
 * <p><b>Not known</b> to anybody who reads these counters: the frames that are no IP (ARP, LLDP, spanning tree), whose
 * payload shows as IP bytes; whether a driver of a card also counts the frame's checksum (4 bytes; it should not) and
 * the padding to 60 bytes; the tag of a VLAN (4 bytes), which the parent's driver may or may not count; and how
 * many headers a packet of segmentation offload stands for: software devices count it as one packet with one header.
 * WireGuard counts what it receives encrypted: 32 bytes and padding more for each packet, and its handshakes.
 *
 * @param rx in each received packet, 0 or more
 * @param tx in each transmitted packet, 0 or more
 */
public record LinkHeader(int rx, int tx) {
    /** ETH_HLEN, linux/if_ether.h: destination, source, type. */
    static final int ETH_HLEN = 14;
    /** IPOIB_ENCAP_LEN of the InfiniBand driver. */
    private static final int IPOIB_ENCAP_LEN = 4;

    /** ARPHRD_ETHER and ARPHRD_INFINIBAND, linux/if_arp.h. */
    private static final int ARPHRD_ETHER = 1;
    private static final int ARPHRD_INFINIBAND = 32;

    private static final LinkHeader NONE = new LinkHeader(0, 0);
    private static final LinkHeader ETHERNET = new LinkHeader(ETH_HLEN, ETH_HLEN);
    /** These count a received frame when its header is off already, and a transmitted one while it is still on. */
    private static final LinkHeader TRANSMITTED = new LinkHeader(0, ETH_HLEN);
    private static final LinkHeader INFINIBAND = new LinkHeader(IPOIB_ENCAP_LEN, IPOIB_ENCAP_LEN);

    /**
     * Of an interface: Ethernet's, but for what is known to be different; for point-to-point links, tunnels that bear
     * IP itself, and loopback none.
     */
    public static LinkHeader of(Link link) {
        return switch (link.type()) {
            case ARPHRD_ETHER -> switch (link.kind()) {
                case "bridge", "vlan", "team" -> TRANSMITTED;
                // What udp_tunnel and ip_tunnel count begins with the inner IP header.
                case "vxlan", "geneve", "gretap", "ip6gretap", "erspan", "ip6erspan" -> NONE;
                default -> ETHERNET;
            };
            case ARPHRD_INFINIBAND -> INFINIBAND;
            default -> NONE;
        };
    }
}
