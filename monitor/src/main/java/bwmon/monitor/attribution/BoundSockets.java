package bwmon.monitor.attribution;

import java.util.HashMap;
import java.util.Map;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * Sockets that may talk to several others (UDP, UDP-Lite, ICMP, raw), by what they are bound to. A packet goes to the one
 * that is connected to its sender, else to the one bound to its address, else to the one bound to its port alone; an IPv6
 * socket bound to a port alone takes IPv4 as well, if it is not for IPv6 only and no IPv4 socket has that port.
 *
 * <p>Of several on the same address (SO_REUSEPORT groups, multicast receivers) the kernel does not tell which one got a
 * packet, and each may have got it: the bytes count once, for the process that started first.
 */
final class BoundSockets {
    private final Map<Flow, Owner> connected = new HashMap<>();
    private final Map<Bound, Owner> bound = new HashMap<>();
    private final Map<Wildcard, Owner> wildcard = new HashMap<>();
    /** Those of IPv6 that take IPv4, under the family that they take beside their own. */
    private final Map<Wildcard, Owner> dualStack = new HashMap<>();

    private record Bound(Protocol protocol, Endpoint local) {}

    private record Wildcard(Protocol protocol, int port, boolean isIpv4) {}

    void add(SocketSample sample, Owner owner) {
        Flow flow = sample.flow();
        if (flow.remote().port() != 0 || !flow.remote().isWildcard()) {
            connected.merge(flow, owner, BoundSockets::first);
        } else if (flow.local().isWildcard()) {
            wildcard.merge(new Wildcard(flow.protocol(), flow.local().port(), isIpv4(flow.local())), owner,
                    BoundSockets::first);
            if (sample.isDualStack()) {
                dualStack.merge(new Wildcard(flow.protocol(), flow.local().port(), true), owner, BoundSockets::first);
            }
        } else {
            bound.merge(new Bound(flow.protocol(), flow.local()), owner, BoundSockets::first);
        }
    }

    private static boolean isIpv4(Endpoint endpoint) {
        return !endpoint.isIpv6();
    }

    /** A process before none, and the one that started first. */
    private static Owner first(Owner a, Owner b) {
        if (!(a instanceof Owner.Process p)) {
            return b;
        }
        return b instanceof Owner.Process q && q.id().startTicks() < p.id().startTicks() ? b : a;
    }

    /** Whose the packets of that flow are; null if there is no socket for it. */
    @Nullable
    Owner of(Flow flow) {
        Owner owner = connected.get(flow);
        if (owner == null) {
            owner = bound.get(new Bound(flow.protocol(), flow.local()));
        }
        if (owner != null) {
            return owner;
        }
        var port = new Wildcard(flow.protocol(), flow.local().port(), isIpv4(flow.local()));
        owner = wildcard.get(port);
        return owner == null ? dualStack.get(port) : owner;
    }
}
