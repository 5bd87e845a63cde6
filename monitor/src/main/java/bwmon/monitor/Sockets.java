package bwmon.monitor;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.function.Predicate;

import bwmon.monitor.attribution.SocketSample;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.SocketState;
import org.jspecify.annotations.Nullable;

/** The sockets of a network namespace. For one thread at a time. */
interface Sockets extends AutoCloseable {

    /** Whether TCP sockets tell what they moved. */
    boolean hasCounters();

    /** Whether the end of every TCP socket is told. */
    boolean tellsEnds();

    /** Every open socket of every protocol, listening ones included, with what it moved so far. */
    List<SocketSample> open() throws IOException;

    /** Those TCP sockets that are there now, of the flows that were not in the last list. */
    List<SocketSample> find(List<Flow> flows) throws IOException;

    /**
     * What has ended.
     *
     * @param sockets with their final counters
     * @param lost how many ends are known to be missing
     */
    record Ended(List<SocketSample> sockets, long lost) {}

    /**
     * What ended since the last call of {@link #done}.
     *
     * @param told whether to tell of a socket that ended after the call of {@link #open}; it is told the next time if not
     */
    Ended ended(Predicate<Flow> told) throws IOException;

    /** What was told has been handed out: a look that fails before this loses nothing. */
    void done();

    /** Which of these inodes belong to a socket that is open now. */
    Set<Long> stillOpen(Set<Long> inodes) throws IOException;

    /**
     * The sockets of the last list as ss(8) tells them.
     *
     * @param owners by the cookie; null for one that is gone
     * @param uncounted flows that the connection table has without counters
     */
    List<SocketState> states(LongFunction<@Nullable Owner> owners, Set<Flow> uncounted);

    /** How many TCP sockets are in each state now, remnants included. */
    Map<String, Integer> tcpStates() throws IOException;

    @Override
    void close();
}
