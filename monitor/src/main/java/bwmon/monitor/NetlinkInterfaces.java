package bwmon.monitor;

import java.io.IOException;
import java.util.List;
import java.util.Map;

import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.rtnetlink.Addresses;
import bwmon.monitor.rtnetlink.IpTraffic;
import bwmon.monitor.rtnetlink.Link;
import bwmon.monitor.rtnetlink.Links;
import bwmon.traffic.ByteCounts;

/** Interfaces by rtnetlink. */
final class NetlinkInterfaces implements Interfaces {
    private final Links links;

    NetlinkInterfaces(Links links) {
        this.links = links;
    }

    private record LinkLook(List<Link> links, LocalAddresses addresses) implements Look {
        @Override
        public Map<String, ByteCounts> since(Look earlier) {
            return IpTraffic.between(earlier instanceof LinkLook before ? before.links : List.of(), links);
        }
    }

    @Override
    public Look look() throws IOException {
        Addresses addresses = links.addresses();
        return new LinkLook(links.dump(), new LocalAddresses(addresses.unicast(), addresses.broadcast()));
    }

    @Override
    public void close() {
        links.close();
    }
}
