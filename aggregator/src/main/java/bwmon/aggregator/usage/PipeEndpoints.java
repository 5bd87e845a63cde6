package bwmon.aggregator.usage;

import java.net.InetAddress;
import java.util.Set;
import java.util.function.Predicate;

import bwmon.traffic.Endpoint;

/**
 * Where pipes take connections. One that listens on the wildcard address is met at every address of this host, but a
 * connection to the same port of another host is none of its.
 *
 * @param listeners as bound
 * @param localAddresses addresses of this host's interfaces; only looked at for wildcards
 */
public record PipeEndpoints(Set<Endpoint> listeners, Set<InetAddress> localAddresses) implements Predicate<Endpoint> {
    public PipeEndpoints {
        listeners = Set.copyOf(listeners);
        localAddresses = Set.copyOf(localAddresses);
    }

    @Override
    public boolean test(Endpoint endpoint) {
        if (listeners.contains(endpoint)) {
            return true;
        }
        for (Endpoint listener : listeners) {
            // All of 127.0.0.0/8 is this host, though the interface has but one address of it.
            if (listener.isWildcard() && listener.port() == endpoint.port()
                    && (endpoint.isLoopback() || localAddresses.contains(endpoint.address()))) {
                return true;
            }
        }
        return false;
    }
}
