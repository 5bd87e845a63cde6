package bwmon.aggregator;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

import bwmon.traffic.Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The addresses of this host's interfaces, as they are now, without scopes. */
final class LocalAddresses implements Supplier<Set<InetAddress>> {
    private static final Logger LOG = LoggerFactory.getLogger(LocalAddresses.class);
    private Set<InetAddress> last = Set.of();

    @Override
    public Set<InetAddress> get() {
        var addresses = new HashSet<InetAddress>();
        try {
            NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                    .forEach(address -> addresses.add(new Endpoint(address, 0).address()));
            last = addresses;
        } catch (SocketException e) {
            // Those of the last interval: they seldom change.
            LOG.warn("the addresses of this host's interfaces cannot be read: {}", e.getMessage());
        }
        return last;
    }
}
