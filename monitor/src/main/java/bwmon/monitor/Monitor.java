package bwmon.monitor;

import java.io.IOException;
import java.util.List;

import bwmon.traffic.SocketStates;
import bwmon.traffic.TrafficSource;
import bwmon.traffic.Usage;

/**
 * A source that looks at this host's processes. All calls are from the thread that opened it, whose network namespace it is
 * about; {@link #close} may come from any.
 */
public interface Monitor extends TrafficSource {

    /** What was switched on, and what a person should know of the limits on this host: a sentence each, for standard error. */
    List<String> notices();

    /** Whether it knows IP bytes; if not, they are absent in all its usages, and payload is all there is. */
    boolean tellsIpBytes();

    /**
     * What had moved before the opening, as far as the kernel still knew: of connections that were open or not long over.
     * It is in no report.
     */
    List<Usage> before();

    /**
     * The sockets as of the last {@link #collect}, or as of now.
     *
     * @throws IOException if the kernel does not tell now
     */
    SocketStates sockets() throws IOException;
}
