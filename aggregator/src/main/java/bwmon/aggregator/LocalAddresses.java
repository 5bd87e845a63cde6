package bwmon.aggregator;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The addresses of this host's interfaces, without scopes, read anew when they are some seconds old. One thread. */
final class LocalAddresses implements Supplier<Set<InetAddress>>, Predicate<Endpoint> {
    private static final long MAX_AGE_NANOS = Duration.ofSeconds(5).toNanos();
    private static final Logger LOG = LoggerFactory.getLogger(LocalAddresses.class);

    private final Ticker ticker;
    private @Nullable Set<Endpoint> known;
    private Set<InetAddress> addresses = Set.of();
    private long readNanos;

    LocalAddresses(Ticker ticker) {
        this.ticker = ticker;
    }

    @Override
    public Set<InetAddress> get() {
        known();
        return addresses;
    }

    /** Whether the address, whatever the port, is one of them. */
    @Override
    public boolean test(Endpoint endpoint) {
        return known().contains(endpoint.withoutPort());
    }

    private Set<Endpoint> known() {
        long now = ticker.nanos();
        Set<Endpoint> last = known;
        if (last != null && now - readNanos < MAX_AGE_NANOS) {
            return last;
        }
        readNanos = now;
        try {
            var read = new HashSet<Endpoint>();
            NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                    .forEach(address -> read.add(new Endpoint(address, 0)));
            addresses = read.stream().map(Endpoint::address).collect(Collectors.toUnmodifiableSet());
            known = read;
            return read;
        } catch (SocketException e) {
            // Those of before: they seldom change.
            LOG.warn("the addresses of this host's interfaces cannot be read: {}", e.getMessage());
            return last == null ? Set.of() : last;
        }
    }
}
