package bwmon.monitor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.procfs.ProcFs;
import bwmon.traffic.ByteCounts;

/**
 * Interfaces by /proc/net/dev. It does not tell their kind: bytes are those of the link layer, and the ports of a bridge count
 * beside it.
 */
final class ProcInterfaces implements Interfaces {
    private final ProcFs proc;

    ProcInterfaces(ProcFs proc) {
        this.proc = proc;
    }

    private record DevLook(Map<String, ByteCounts> counters, LocalAddresses addresses) implements Look {
        @Override
        public Map<String, ByteCounts> since(Look earlier) {
            return InterfaceTraffic.between(earlier instanceof DevLook before ? before.counters : Map.of(), counters);
        }
    }

    @Override
    public Look look() throws IOException {
        return new DevLook(proc.netDev(), addresses());
    }

    private static LocalAddresses addresses() throws IOException {
        Set<InetAddress> unicast = new HashSet<>();
        Set<InetAddress> broadcast = new HashSet<>();
        for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
            for (InterfaceAddress address : each.getInterfaceAddresses()) {
                unicast.add(address.getAddress());
                if (address.getBroadcast() != null) {
                    broadcast.add(address.getBroadcast());
                }
            }
        }
        return new LocalAddresses(unicast, broadcast);
    }

    @Override
    public void close() {
        // Nothing is open between two looks.
    }
}
