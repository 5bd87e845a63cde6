package bwmon.aggregator.grouping;

import java.util.List;
import java.util.Set;
import java.util.function.Function;

import bwmon.traffic.Flow;

/** One rule over where bytes went or came from. */
public sealed interface FlowRule {

    /**
     * Whether the flow matches.
     *
     * @param classOf the class of a flow, asked only by a rule over classes
     */
    boolean matches(Flow flow, Function<Flow, TrafficClass> classOf);

    /** The remote address is in one of these networks. */
    record Remote(List<Network> networks) implements FlowRule {
        public Remote {
            networks = List.copyOf(networks);
        }

        @Override
        public boolean matches(Flow flow, Function<Flow, TrafficClass> classOf) {
            for (Network network : networks) {
                if (network.contains(flow.remote())) {
                    return true;
                }
            }
            return false;
        }
    }

    /** The local or the remote port is one of these: that of a service, whichever end serves. */
    record Port(List<PortRange> ranges) implements FlowRule {
        public Port {
            ranges = List.copyOf(ranges);
        }

        @Override
        public boolean matches(Flow flow, Function<Flow, TrafficClass> classOf) {
            for (PortRange range : ranges) {
                if (range.contains(flow.local().port()) || range.contains(flow.remote().port())) {
                    return true;
                }
            }
            return false;
        }
    }

    /** The traffic is of one of these classes. */
    record OfClass(Set<TrafficClass> classes) implements FlowRule {
        public OfClass {
            classes = Set.copyOf(classes);
        }

        @Override
        public boolean matches(Flow flow, Function<Flow, TrafficClass> classOf) {
            return classes.contains(classOf.apply(flow));
        }
    }
}
