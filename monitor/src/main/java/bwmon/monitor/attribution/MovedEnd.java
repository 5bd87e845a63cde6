package bwmon.monitor.attribution;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import bwmon.monitor.attribution.LocalView.End;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Owner.Cause;
import bwmon.traffic.Usage;

/** What the connection table counted in an interval at one end that is on this host: all connections with these ends. */
final class MovedEnd {
    final boolean isBeginner;
    long rxBytes;
    long rxPackets;
    long txBytes;
    long txPackets;
    boolean hasEnded;
    int icmpId;

    private MovedEnd(boolean isBeginner) {
        this.isBeginner = isBeginner;
    }

    /**
     * Finds the ends on this host.
     *
     * @param forwarded gets what is passed on for others, which has none
     * @return by the flow as the end's socket has it
     */
    static Map<Flow, MovedEnd> of(List<TrackedFlow> flows, LocalAddresses addresses, List<Usage> forwarded) {
        var ends = new LinkedHashMap<Flow, MovedEnd>();
        for (TrackedFlow flow : flows) {
            distribute(flow, addresses, ends, forwarded);
        }
        return ends;
    }

    private static void distribute(TrackedFlow flow, LocalAddresses addresses, Map<Flow, MovedEnd> ends,
            List<Usage> forwarded) {
        switch (LocalView.of(flow.ends(), addresses)) {
            case LocalView.Outgoing(End beginner) -> add(flow, beginner, true, ends);
            case LocalView.Incoming(End answerer) -> add(flow, answerer, false, ends);
            case LocalView.Internal(End beginner, End answerer) -> {
                add(flow, beginner, true, ends);
                add(flow, answerer, false, ends);
            }
            case LocalView.Forwarded(End host, boolean isBeginner) -> {
                ByteCounts original = ByteCounts.ofIp(flow.replyBytes(), flow.originalBytes(), flow.replyPackets(),
                        flow.originalPackets());
                ByteCounts turned = ByteCounts.ofIp(flow.originalBytes(), flow.replyBytes(), flow.originalPackets(),
                        flow.replyPackets());
                if (!original.isNothing()) {
                    var seen = new Flow(flow.protocol(), host.local(), host.remote());
                    forwarded.add(
                            new Usage(new Owner.Host(host.local().address()), seen, isBeginner ? original : turned));
                    forwarded.add(
                            new Usage(new Owner.Unattributed(Cause.FORWARDED), seen, isBeginner ? turned : original));
                }
            }
        }
    }

    private static void add(TrackedFlow flow, End end, boolean isBeginner, Map<Flow, MovedEnd> ends) {
        MovedEnd moved = ends.computeIfAbsent(new Flow(flow.protocol(), end.local(), end.remote()),
                _ -> new MovedEnd(isBeginner));
        moved.rxBytes += isBeginner ? flow.replyBytes() : flow.originalBytes();
        moved.rxPackets += isBeginner ? flow.replyPackets() : flow.originalPackets();
        moved.txBytes += isBeginner ? flow.originalBytes() : flow.replyBytes();
        moved.txPackets += isBeginner ? flow.originalPackets() : flow.replyPackets();
        moved.hasEnded |= flow.hasEnded();
        moved.icmpId = flow.icmpId();
    }
}
