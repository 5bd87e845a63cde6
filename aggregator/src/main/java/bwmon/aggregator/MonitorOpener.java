package bwmon.aggregator;

import java.util.List;

import bwmon.cli.ProgramException;
import bwmon.traffic.Ticker;
import bwmon.traffic.TrafficSource;

/** Opens the source that looks at this host's processes. */
@FunctionalInterface
interface MonitorOpener {
    /**
     * A source that is open, for whoever asked to close.
     *
     * @param notices what a person should know of its limits on this host, a sentence each
     */
    record Monitor(TrafficSource source, List<String> notices) implements AutoCloseable {
        public Monitor {
            notices = List.copyOf(notices);
        }

        @Override
        public void close() {
            source.close();
        }
    }

    /**
     * Opens it; what moved before is in none of its reports.
     *
     * @throws ProgramException if this host does not have or allow what it needs
     */
    Monitor open(Ticker ticker) throws ProgramException;
}
