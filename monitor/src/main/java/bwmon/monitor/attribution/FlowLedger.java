package bwmon.monitor.attribution;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

import bwmon.monitor.attribution.FlowMemory.Remembered;
import bwmon.monitor.attribution.LocalView.End;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Owner.Cause;
import bwmon.traffic.Protocol;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Joins what the connection table counted with the sockets at the connections' ends: whose IP bytes they are. Pure. For one
 * thread at a time.
 *
 * <p><b>Whose.</b> An end that is on this host ({@link LocalView}) belongs to the owner of its socket: for TCP the one with
 * just these ends, for others see {@link BoundSockets}. Who owned a flow is remembered until the connection table lets it go,
 * because it goes on counting for a socket that is closed (the last acknowledgements, TIME_WAIT). An end without a socket
 * belongs to who listens there; else it is unattributed: KERNEL for what the kernel answers itself (ICMP, tunnels), EXITED
 * for a connection begun here, whose socket was gone before it was looked at, NO_SOCKET for one that came in to nobody. What
 * is passed on for others belongs to the host that it is done for, and, since it passes the interfaces twice, once in and
 * once out, its other passage is FORWARDED.
 *
 * <p><b>How much.</b> IP bytes and packets are the connection table's, with what {@link Segmentation} adds for TCP. Of a TCP
 * connection that the table does not count they are worked out from its socket: payload, retransmissions, and a header for
 * each segment; what was received twice is not in it. Payload is the socket's for TCP; for other protocols what remains of
 * the IP bytes without the headers of IP and UDP, whether a program has read it or not.
 */
public final class FlowLedger {
    private static final int UDP_HEADER = 8;

    private final FlowMemory memory = new FlowMemory();

    /**
     * What the interval came to.
     *
     * @param usages each with its flow
     * @param segmentation what of them was added because the connection table counts several segments as one packet
     */
    public record Settled(List<Usage> usages, ByteCounts segmentation) {}

    /**
     * What is known beside connections and sockets.
     *
     * @param addresses this host's
     * @param listener who listens at an endpoint by TCP; null if nobody
     * @param prompt who held the socket of a flow when it was made; null if that is not known
     * @param hasPayload whether the TCP sockets tell their payload
     * @param isIncomplete whether the kernel lost notices in the interval, so that an owner may be missing for that reason
     * @param isOpening whether this is the first look, at what moved before anybody looked
     */
    public record Circumstances(LocalAddresses addresses, Function<Endpoint, @Nullable Owner> listener,
            Function<Flow, @Nullable Owner> prompt, boolean hasPayload, boolean isIncomplete,
            boolean isOpening) {}

    /** Of these, the TCP flows that are open, have an end on this host, and were never told before; in that order. */
    public Set<Flow> firstTold(List<TrackedFlow> flows, LocalAddresses addresses) {
        var first = new LinkedHashSet<Flow>();
        for (TrackedFlow flow : flows) {
            if (flow.protocol() != Protocol.TCP || flow.hasEnded()) {
                continue;
            }
            switch (LocalView.of(flow.ends(), addresses)) {
                case LocalView.Outgoing(End beginner) -> addUntold(beginner, first);
                case LocalView.Incoming(End answerer) -> addUntold(answerer, first);
                case LocalView.Internal(End beginner, End answerer) -> {
                    addUntold(beginner, first);
                    addUntold(answerer, first);
                }
                case LocalView.Forwarded(var _, var _) -> {
                }
            }
        }
        return first;
    }

    private void addUntold(End end, Set<Flow> first) {
        var flow = new Flow(Protocol.TCP, end.local(), end.remote());
        if (!memory.knows(flow)) {
            first.add(flow);
        }
    }

    /**
     * Makes up the books of an interval.
     *
     * @param sockets all that do not listen, with what they moved
     * @param flows what the connection table counted, looked at after the sockets; null if there is no such table
     */
    public Settled settle(List<SettledSocket> sockets, @Nullable List<TrackedFlow> flows,
            Circumstances circumstances) {
        var usages = new ArrayList<Usage>();
        Map<Flow, MovedEnd> ends = flows == null ? Map.of() : MovedEnd.of(flows, circumstances.addresses(), usages);
        var tcp = new HashMap<Flow, SettledSocket>(sockets.size() * 2);
        var bound = new BoundSockets();
        ByteCounts segmentation = ByteCounts.ZERO;
        for (SettledSocket socket : sockets) {
            if (socket.sample().isConnectionless()) {
                bound.add(socket.sample(), socket.owner());
                continue;
            }
            // The ended ones come first: where two had the same ends, the one that is open settles last.
            SettledSocket earlier = tcp.put(socket.sample().flow(), socket);
            if (earlier != null) {
                segmentation = segmentation.plus(alone(earlier, usages));
            }
        }
        for (Map.Entry<Flow, MovedEnd> end : ends.entrySet()) {
            SettledSocket socket = tcp.remove(end.getKey());
            segmentation = segmentation
                    .plus(settle(end.getKey(), end.getValue(), socket, bound, circumstances, usages));
        }
        for (SettledSocket socket : tcp.values()) {
            segmentation = segmentation.plus(alone(socket, usages));
        }
        memory.settled();
        return new Settled(usages, segmentation);
    }

    private ByteCounts settle(Flow flow, MovedEnd moved, @Nullable SettledSocket socket, BoundSockets bound,
            Circumstances circumstances, List<Usage> usages) {
        Remembered known = memory.remember(flow, moved.hasEnded);
        Owner owner = owner(flow, moved, socket, bound, known, circumstances);
        ByteCounts counts = ByteCounts.ofIp(moved.rxBytes, moved.txBytes, moved.rxPackets, moved.txPackets);
        ByteCounts missing = ByteCounts.ZERO;
        if (known != null) {
            known.owner = owner;
        }
        Segments segments = socket == null ? null : socket.sample().segments();
        if (flow.protocol() != Protocol.TCP) {
            counts = withPayload(flow, counts, moved);
        } else if (socket != null && segments != null) {
            counts = counts.withPayload(socket.rxPayload(), socket.txPayload());
            missing = missing(known, socket, segments, moved.rxPackets, moved.txPackets, circumstances.isOpening());
            counts = counts.plus(missing);
        } else if (circumstances.hasPayload() && !(owner instanceof Owner.Unattributed)) {
            // Its socket has told of its last byte, or will tell of the first at its first sight.
            counts = counts.withPayload(0, 0);
        }
        if (socket == null && known != null) {
            known.rxEarlier += moved.rxPackets;
            known.txEarlier += moved.txPackets;
        }
        if (!counts.isNothing()) {
            usages.add(new Usage(owner, flow, counts));
        }
        return missing;
    }

    private static ByteCounts missing(@Nullable Remembered known, SettledSocket socket, Segments now, long rxPackets,
            long txPackets, boolean isOpening) {
        // What was before the table looked is not missing in it: all of it at the opening, later what was before this
        // interval, since the table began to look at the opening.
        long cookie = socket.sample().cookie();
        boolean isFollowed = known != null && known.segmentation != null && known.cookie == cookie;
        var segmentation = known != null && known.segmentation != null && isFollowed
                ? known.segmentation
                : new Segmentation(isOpening ? now : now.before(socket.rxSegments(), socket.txSegments()));
        long rxEarlier = 0;
        long txEarlier = 0;
        if (known != null) {
            if (isFollowed || socket.isNew()) {
                rxEarlier = known.rxEarlier;
                txEarlier = known.txEarlier;
            }
            known.segmentation = segmentation;
            known.cookie = cookie;
            known.rxEarlier = 0;
            known.txEarlier = 0;
        }
        return isOpening
                ? ByteCounts.ZERO
                : segmentation.missing(now, rxPackets + rxEarlier, txPackets + txEarlier);
    }

    private static Owner owner(Flow flow, MovedEnd moved, @Nullable SettledSocket socket, BoundSockets bound,
            @Nullable Remembered known, Circumstances circumstances) {
        Owner now = flow.protocol() == Protocol.TCP
                ? socket == null ? null : socket.owner()
                : bound(flow, moved, bound);
        if (now != null && !(now instanceof Owner.Unattributed)) {
            return now;
        }
        if (known != null && known.owner != null && !(known.owner instanceof Owner.Unattributed)) {
            return known.owner;
        }
        Owner prompt = circumstances.prompt().apply(flow);
        if (prompt != null) {
            return prompt;
        }
        if (now != null) {
            return now;
        }
        Owner listener = flow.protocol() == Protocol.TCP && !moved.isBeginner
                ? circumstances.listener().apply(flow.local())
                : null;
        return listener == null ? new Owner.Unattributed(cause(flow, moved, circumstances)) : listener;
    }

    private static Cause cause(Flow flow, MovedEnd moved, Circumstances circumstances) {
        return switch (flow.protocol()) {
            case TCP, UDP, UDPLITE, DCCP, SCTP, OTHER -> !moved.isBeginner
                    ? Cause.NO_SOCKET
                    : circumstances.isIncomplete() ? Cause.LOST_EVENTS : Cause.EXITED;
            case ICMP, ICMPV6 -> moved.isBeginner ? Cause.EXITED : Cause.KERNEL;
            case GRE, ESP -> Cause.KERNEL;
        };
    }

    /** A ping socket is bound to the identifier (ICMP sockets, since Linux 3.0); a raw one to no port at all. */
    private static @Nullable Owner bound(Flow flow, MovedEnd moved, BoundSockets bound) {
        if (flow.protocol() == Protocol.ICMP || flow.protocol() == Protocol.ICMPV6) {
            if (!moved.isBeginner) {
                return null; // The kernel answers; a raw socket only listens.
            }
            var local = new Endpoint(flow.local().address(), moved.icmpId);
            Owner ping = bound.of(new Flow(flow.protocol(), local, flow.remote()));
            if (ping != null) {
                return ping;
            }
        }
        return bound.of(flow);
    }

    private static ByteCounts withPayload(Flow flow, ByteCounts counts, MovedEnd moved) {
        int headers = Segments.ipHeader(flow.local().isIpv6())
                + (flow.protocol() == Protocol.UDP || flow.protocol() == Protocol.UDPLITE ? UDP_HEADER : 0);
        return counts.withPayload(Math.max(0, moved.rxBytes - moved.rxPackets * headers),
                Math.max(0, moved.txBytes - moved.txPackets * headers));
    }

    /**
     * What a socket moved of which the connection table did not tell in this interval.
     *
     * @return what was added for segments
     */
    private ByteCounts alone(SettledSocket socket, List<Usage> usages) {
        Flow flow = socket.sample().flow();
        Segments segments = socket.sample().segments();
        if (segments == null || !socket.hasMoved()) {
            return ByteCounts.ZERO;
        }
        Remembered known = memory.of(flow);
        ByteCounts added = ByteCounts.ZERO;
        ByteCounts ip;
        if (known == null && !memory.isFull()) {
            ip = ByteCounts.ofIp(socket.rxPayload() + socket.rxSegments() * segments.headerBytes(),
                    socket.txPayload() + socket.retransmittedBytes() + socket.txSegments() * segments.headerBytes(),
                    socket.rxSegments(), socket.txSegments()).withPayload(0, 0);
        } else {
            // The table has told of these bytes before; or will, if not all that it tells can be remembered.
            added = known == null ? ByteCounts.ZERO : missing(known, socket, segments, 0, 0, false);
            ip = added;
        }
        ByteCounts counts = ip.plus(ByteCounts.ZERO.withPayload(socket.rxPayload(), socket.txPayload()));
        if (!counts.isNothing()) {
            usages.add(new Usage(socket.owner(), flow, counts));
        }
        return added;
    }

    /** Whether the connection table has told of that flow. */
    public boolean isTold(Flow flow) {
        return memory.knows(flow);
    }

    /** How many flows are remembered. */
    int size() {
        return memory.size();
    }
}
