package bwmon.monitor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.procfs.ProcFs;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * Interfaces by /proc/net/dev. It does not tell their kind, so that the ports of a bridge count beside it; those with a hardware
 * address are taken for Ethernet's, which counts 14 bytes of header with each packet.
 */
final class ProcInterfaces implements Interfaces {
    /** ETH_HLEN, linux/if_ether.h. */
    private static final int ETHERNET_HEADER = 14;

    private final ProcFs proc;

    ProcInterfaces(ProcFs proc) {
        this.proc = proc;
    }

    private record DevLook(Map<String, ByteCounts> counters, Set<String> ethernet, LocalAddresses addresses)
            implements
                Look {
        @Override
        public Map<String, ByteCounts> since(Look earlier) {
            var gains = new HashMap<>(InterfaceTraffic
                    .between(earlier instanceof DevLook before ? before.counters : Map.of(), counters));
            gains.replaceAll((name, gain) -> ethernet.contains(name) ? withoutHeaders(gain) : gain);
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
        Set<String> ethernet = new HashSet<>();
        Set<InetAddress> unicast = new HashSet<>(proc.ipv6Addresses());
        Set<InetAddress> broadcast = new HashSet<>();
        for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
            byte[] hardware = each.getHardwareAddress();
            if (hardware != null && !each.isLoopback()) {
                ethernet.add(each.getName());
            }
            for (InterfaceAddress address : each.getInterfaceAddresses()) {
                unicast.add(address.getAddress());
                if (address.getBroadcast() != null) {
                    broadcast.add(address.getBroadcast());
                }
            }
        }
        return new DevLook(proc.netDev(), ethernet, new LocalAddresses(unicast, broadcast));
    }

    @Override
    public void close() {
        // Nothing is open between two looks.
    }
}
