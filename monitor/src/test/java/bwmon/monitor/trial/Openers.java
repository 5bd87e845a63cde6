package bwmon.monitor.trial;

import bwmon.cli.ProgramException;
import bwmon.monitor.Monitor;
import bwmon.monitor.MonitorOptions;
import bwmon.monitor.Monitors;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Report;

/** The one place that knows which monitor is tried. */
final class Openers {
    private Openers() {}

    static Monitor open(MonitorOptions options) throws ProgramException {
        return Monitors.open(options);
    }

    /** How much of what a report charges moved in other network namespaces than the monitor's own. */
    static ByteCounts elsewhere(Report report) {
        return report.elsewhere();
    }
}
