package bwmon.aggregator;

import bwmon.aggregator.config.General;
import bwmon.cli.ProgramException;
import bwmon.monitor.Monitor;
import bwmon.monitor.MonitorOptions;
import bwmon.monitor.Monitors;
import bwmon.traffic.Ticker;

/** Opens the source that looks at this host's processes. */
@FunctionalInterface
interface MonitorOpener {
    /** The monitor of this host. */
    MonitorOpener HOST = (general, ticker) -> Monitors
            .open(MonitorOptions.of(ticker).with(general.source()).settingUp(general.setup()).lookingBack(false));

    /**
     * Opens it; what moved before is in none of its reports.
     *
     * @throws ProgramException if this host does not have or allow what it needs
     */
    Monitor open(General general, Ticker ticker) throws ProgramException;
}
