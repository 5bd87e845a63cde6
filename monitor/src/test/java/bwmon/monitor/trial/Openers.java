package bwmon.monitor.trial;

import bwmon.cli.ProgramException;
import bwmon.monitor.Monitor;
import bwmon.monitor.MonitorOptions;
import bwmon.monitor.Monitors;

/** The one place that knows which monitor is tried. */
final class Openers {
    private Openers() {}

    static Monitor open(MonitorOptions options) throws ProgramException {
        return Monitors.open(options);
    }
}
