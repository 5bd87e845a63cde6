package bwmon.monitor;

import java.io.IOException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.procfs.FibTrie;
import bwmon.monitor.procfs.ProcFs;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * Interfaces by /proc/net/dev. It does not tell their kind: the ports of a bridge count beside it, and all but those with a
 * name that the kernel gives to others are taken for Ethernet's, which counts 14 bytes of header with each packet.
 */
final class ProcInterfaces implements Interfaces {
    /** ETH_HLEN, linux/if_ether.h. */
    private static final int ETHERNET_HEADER = 14;

    /** Loopback, tunnels of IP in something, and links between two points. */
    private static final Pattern WITHOUT_HEADER = Pattern
            .compile("lo|(?:tun|wg|ppp|sit|ip6tnl|tunl|gre|ip6gre|vti|ip6_vti|wwan|slip)[0-9]+");

    private final ProcFs proc;

    ProcInterfaces(ProcFs proc) {
        this.proc = proc;
    }

    private record DevLook(Map<String, ByteCounts> counters, LocalAddresses addresses) implements Look {
        @Override
        public Map<String, ByteCounts> since(Look earlier) {
            var gains = new HashMap<>(InterfaceTraffic
                    .between(earlier instanceof DevLook before ? before.counters : Map.of(), counters));
            gains.replaceAll((name, gain) -> WITHOUT_HEADER.matcher(name).matches() ? gain : withoutHeaders(gain));
            return gains;
        }

        private static ByteCounts withoutHeaders(ByteCounts gain) {
            long rxPackets = gain.packets(Direction.RX).orElse(0);
            long txPackets = gain.packets(Direction.TX).orElse(0);
            return ByteCounts.ofIp(Math.max(0, gain.bytes(Direction.RX).orElse(0) - ETHERNET_HEADER * rxPackets),
                    Math.max(0, gain.bytes(Direction.TX).orElse(0) - ETHERNET_HEADER * txPackets), rxPackets,
                    txPackets);
        }
    }

    @Override
    public Look look() throws IOException {
        FibTrie ipv4 = proc.ipv4Addresses();
        Set<InetAddress> unicast = new HashSet<>(proc.ipv6Addresses());
        unicast.addAll(ipv4.local());
        return new DevLook(proc.netDev(), new LocalAddresses(unicast, ipv4.broadcast()));
    }

    @Override
    public void close() {
        // Nothing is open between two looks.
    }
}
