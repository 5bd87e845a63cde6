package bwmon.monitor.attribution;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * Who listens where: as of the last look, and, for what was closed since, as of the one before. Immutable.
 *
 * <p>A connection goes to the one bound to its address, else to the one of its family bound to its port alone; one of IPv6
 * bound to a port alone takes IPv4 as well, if it is not for IPv6 only and no IPv4 socket listens at that port.
 */
final class Listeners {
    /** Nobody listens. */
    static final Listeners NONE = new Listeners(new Look(), new Look());

    private final Look last;
    private final Look before;

    private record Wildcard(int port, boolean isIpv6) {}

    /** Those of one look; not changed once it is over. */
    private static final class Look {
        private final Map<Endpoint, Holder> bound = new HashMap<>();
        private final Map<Wildcard, Holder> wildcard = new HashMap<>();
        /** Those of IPv6 that take IPv4, by port. */
        private final Map<Integer, Holder> dualStack = new HashMap<>();

        void add(SocketSample sample, Holder holder) {
            Endpoint local = sample.flow().local();
            if (!local.isWildcard()) {
                bound.merge(local, holder, Listeners::first);
                return;
            }
            wildcard.merge(new Wildcard(local.port(), local.isIpv6()), holder, Listeners::first);
            if (sample.isDualStack()) {
                dualStack.merge(local.port(), holder, Listeners::first);
            }
        }

        @Nullable
        Holder at(Endpoint local) {
            Holder holder = bound.get(local);
            if (holder == null) {
                holder = wildcard.get(new Wildcard(local.port(), local.isIpv6()));
            }
            return holder == null && !local.isIpv6() ? dualStack.get(local.port()) : holder;
        }
    }

    private Listeners(Look last, Look before) {
        this.last = last;
        this.before = before;
    }

    /** These sockets' listeners; those of before are kept for one more look. */
    Listeners next(List<SocketSample> open, Function<SocketSample, @Nullable Holder> holderOf) {
        var now = new Look();
        for (SocketSample sample : open) {
            Holder holder = sample.listening() ? holderOf.apply(sample) : null;
            if (holder != null) {
                now.add(sample, holder);
            }
        }
        return new Listeners(now, last);
    }

    /** Of several on one port (SO_REUSEPORT) the one that started first. */
    private static Holder first(Holder a, Holder b) {
        return a.process().id().startTicks() <= b.process().id().startTicks() ? a : b;
    }

    /** Who listens there, or did until a moment ago. */
    @Nullable
    Holder at(Endpoint local) {
        Holder holder = last.at(local);
        return holder == null ? before.at(local) : holder;
    }
}
