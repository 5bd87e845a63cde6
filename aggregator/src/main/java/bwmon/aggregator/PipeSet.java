package bwmon.aggregator;

import java.util.List;
import java.util.Map;

import bwmon.aggregator.usage.PipeConnection;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Owner;
import bwmon.traffic.TrafficSource;

/** The pipes of this process as one pass sees them. */
public interface PipeSet {
    /** None. */
    PipeSet NONE = new PipeSet() {
        @Override
        public List<TrafficSource> sources() {
            return List.of();
        }

        @Override
        public Map<Endpoint, Owner.Pipe> listeners() {
            return Map.of();
        }

        @Override
        public List<PipeConnection> connections() {
            return List.of();
        }
    };

    /** Each pipe that may have something to report; asked once a pass, first. */
    List<? extends TrafficSource> sources();

    /** Where those take connections. */
    Map<Endpoint, Owner.Pipe> listeners();

    /** Their connections that are open, or have ended since the last call. */
    List<PipeConnection> connections();
}
