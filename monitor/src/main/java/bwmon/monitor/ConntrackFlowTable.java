package bwmon.monitor;

import java.io.IOException;

import bwmon.ffi.ErrnoException;
import bwmon.monitor.conntrack.Connection;
import bwmon.monitor.conntrack.ConntrackEvents;
import bwmon.monitor.conntrack.ConntrackEvents.Delivery;
import bwmon.monitor.conntrack.ConntrackFlows;
import bwmon.monitor.conntrack.ConntrackTable;

/**
 * The connection table by ctnetlink: listed at each look, with the ends that were told in between.
 *
 * <p>Ends are dropped and counted where there is no room for them, instead of being kept until there is
 * ({@link Delivery#RELIABLE}): a monitor that is stopped for a while (Ctrl-Z, a debugger, a frozen cgroup) would let ended
 * connections fill the host's table until it accepts no new ones. What is dropped costs the bytes that a connection moved
 * after the last look, if it was thrown out of the table at once; the kernel keeps those that end by themselves for 10 s or
 * longer.
 */
final class ConntrackFlowTable implements FlowTable {
    /** Ends taken at most at one look; the others wait for the next one. */
    private static final int ENDS_LIMIT = 262_144;

    private final ConntrackTable table;
    private final ConntrackEvents ends;
    private final ConntrackFlows flows = new ConntrackFlows(ConntrackFlows.USUAL_LIMIT);
    private long lost;

    private ConntrackFlowTable(ConntrackTable table, ConntrackEvents ends) {
        this.table = table;
        this.ends = ends;
    }

    /**
     * Of the calling thread's network namespace.
     *
     * @throws ErrnoException if the kernel refuses
     */
    static ConntrackFlowTable open() throws ErrnoException {
        ConntrackTable table = ConntrackTable.open();
        boolean opened = false;
        try {
            var result = new ConntrackFlowTable(table, ConntrackEvents.ended(Delivery.COUNTED));
            opened = true;
            return result;
        } finally {
            if (!opened) {
                table.close();
            }
        }
    }

    @Override
    public Look look() throws IOException {
        flows.dumped(table.dump());
        // After the list: so that a connection which ended before it was listed is not missed until the next look.
        ConntrackEvents.Events told = ends.take(ENDS_LIMIT);
        flows.ended(told.connections());
        lost += told.lost();
        ConntrackFlows.Interval interval = flows.interval();
        var look = new Look(interval.differences().stream().map(ConntrackFlows.Difference::tracked).toList(),
                interval.uncounted().stream().map(Connection::ends).toList(), lost);
        lost = 0;
        return look;
    }

    @Override
    public void close() {
        ends.close();
        table.close();
    }
}
