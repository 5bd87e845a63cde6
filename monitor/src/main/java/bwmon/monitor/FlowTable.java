package bwmon.monitor;

import java.io.IOException;
import java.util.List;

import bwmon.monitor.attribution.FlowEnds;
import bwmon.monitor.attribution.TrackedFlow;

/** The connection table of a network namespace. For one thread at a time. */
interface FlowTable extends AutoCloseable {

    /**
     * What happened since the last look.
     *
     * @param flows what each connection moved
     * @param uncounted connections that are there without counters, because they began before counting was on
     * @param lost events that are known to be missing
     */
    record Look(List<TrackedFlow> flows, List<FlowEnds> uncounted, long lost) {}

    /**
     * Looks.
     *
     * @throws IOException if the table cannot be read now; then nothing was taken out
     */
    Look look() throws IOException;

    @Override
    void close();
}
