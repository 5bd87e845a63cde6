package bwmon.monitor;

import bwmon.cli.ProgramException;

/** Opens the source that runmonitor shows. */
@FunctionalInterface
interface RunMonitorOpener {
    /**
     * Opens it, on the thread that will ask it, in that thread's network namespace.
     *
     * @throws ProgramException if this host does not have or allow what it needs
     */
    Monitor open(MonitorOptions options) throws ProgramException;
}
