package bwmon.monitor;

import java.io.IOException;
import java.nio.file.Path;

import bwmon.monitor.conntrack.Connection;
import bwmon.monitor.conntrack.ConntrackFlows;
import bwmon.monitor.conntrack.ConntrackText;

/** The connection table by its text file. Ends are not told: what a connection moved after its last look is missed. */
final class TextFlowTable implements FlowTable {
    private final Path procRoot;
    private final ConntrackFlows flows = new ConntrackFlows(ConntrackFlows.USUAL_LIMIT);

    /** The table of the calling thread's network namespace. */
    TextFlowTable(Path procRoot) {
        this.procRoot = procRoot;
    }

    @Override
    public Look look() throws IOException {
        ConntrackText.Table table = ConntrackText.read(procRoot)
                .orElseThrow(() -> new IOException(procRoot + "/net/nf_conntrack is not there any more"));
        flows.dumped(table.connections());
        ConntrackFlows.Interval interval = flows.interval();
        return new Look(interval.differences().stream().map(ConntrackFlows.Difference::tracked).toList(),
                interval.uncounted().stream().map(Connection::ends).toList(), table.malformed());
    }

    @Override
    public void close() {
        // Nothing is open between two looks.
    }
}
