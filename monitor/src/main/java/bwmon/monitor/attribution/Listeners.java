package bwmon.monitor.attribution;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.Endpoint;
import org.jspecify.annotations.Nullable;

/** Who listens where: as of the last look, and, for what was closed since, as of the one before. Immutable. */
final class Listeners {
    /** Nobody listens. */
    static final Listeners NONE = new Listeners(Map.of(), Map.of(), Map.of(), Map.of());

    private final Map<Endpoint, Holder> bound;
    private final Map<Integer, Holder> wildcard;
    private final Map<Endpoint, Holder> boundBefore;
    private final Map<Integer, Holder> wildcardBefore;

    private Listeners(Map<Endpoint, Holder> bound, Map<Integer, Holder> wildcard, Map<Endpoint, Holder> boundBefore,
            Map<Integer, Holder> wildcardBefore) {
        this.bound = bound;
        this.wildcard = wildcard;
        this.boundBefore = boundBefore;
        this.wildcardBefore = wildcardBefore;
    }

    /** These sockets' listeners; those of before are kept for one more look. */
    Listeners next(List<SocketSample> open, Function<SocketSample, @Nullable Holder> holderOf) {
        var nextBound = new HashMap<Endpoint, Holder>();
        var nextWildcard = new HashMap<Integer, Holder>();
        for (SocketSample sample : open) {
            Holder holder = sample.listening() ? holderOf.apply(sample) : null;
            if (holder == null) {
                continue;
            }
            Endpoint local = sample.flow().local();
            if (local.isWildcard()) {
                nextWildcard.merge(local.port(), holder, Listeners::first);
            } else {
                nextBound.merge(local, holder, Listeners::first);
            }
        }
        return new Listeners(nextBound, nextWildcard, bound, wildcard);
    }

    /** Of several on one port (SO_REUSEPORT) the one that started first. */
    private static Holder first(Holder a, Holder b) {
        return a.process().id().startTicks() <= b.process().id().startTicks() ? a : b;
    }

    /** Who listens there, or did until a moment ago. */
    @Nullable
    Holder at(Endpoint local) {
        Holder holder = bound.get(local);
        if (holder == null) {
            holder = wildcard.get(local.port());
        }
        if (holder == null) {
            holder = boundBefore.get(local);
        }
        return holder == null ? wildcardBefore.get(local.port()) : holder;
    }
}
