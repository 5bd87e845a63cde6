package bwmon.aggregator.usage;

import java.net.InetAddress;
import java.util.Map;
import java.util.Set;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * Where pipes take connections. One that listens on the wildcard address is met at every address of this host, but a
 * connection to the same port of another host is none of its.
 *
 * @param listeners as bound, and whose they are
 * @param localAddresses addresses of this host's interfaces; only looked at for wildcards
 */
public record PipeEndpoints(Map<Endpoint, Owner.Pipe> listeners, Set<InetAddress> localAddresses) {
    public PipeEndpoints {
        listeners = Map.copyOf(listeners);
        localAddresses = Set.copyOf(localAddresses);
    }

    /** The pipe that takes connections there; null if none does. */
    public Owner.@Nullable Pipe at(Endpoint endpoint) {
        Owner.Pipe pipe = listeners.get(endpoint);
        if (pipe != null) {
            return pipe;
        }
        for (Map.Entry<Endpoint, Owner.Pipe> listener : listeners.entrySet()) {
            // All of 127.0.0.0/8 is this host, though the interface has but one address of it.
            if (listener.getKey().isWildcard() && listener.getKey().port() == endpoint.port()
                    && (endpoint.isLoopback() || localAddresses.contains(endpoint.address()))) {
                return listener.getValue();
            }
        }
        return null;
    }
}
