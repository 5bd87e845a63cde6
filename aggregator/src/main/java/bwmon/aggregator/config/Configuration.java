package bwmon.aggregator.config;

import java.util.List;

import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.proxy.PipeSpec;

/**
 * What runaggregator is to do.
 *
 * @param monitors what the monitors of this host show; empty for no monitor
 * @param pipes the pipes to open
 * @param applications in the order in which they are tried
 * @param autoGroup by what processes are grouped that no application takes
 * @param notifications what to tell of
 * @param general what holds for the whole program
 */
public record Configuration(List<MonitorFilter.Selection> monitors, List<PipeSpec> pipes,
        List<ApplicationRules> applications, AutoGroup autoGroup, List<Notification> notifications, General general) {

    static final MonitorFilter.Selection EVERYTHING = new MonitorFilter.Selection("host", List.of(), List.of(), false);

    public Configuration {
        monitors = List.copyOf(monitors);
        pipes = List.copyOf(pipes);
        applications = List.copyOf(applications);
        notifications = List.copyOf(notifications);
    }

    /** The same; without any source, with one monitor that shows everything. */
    Configuration orHost() {
        return monitors.isEmpty() && pipes.isEmpty()
                ? new Configuration(List.of(EVERYTHING), pipes, applications, autoGroup, notifications, general)
                : this;
    }

    /** Without a file: one monitor that shows everything. */
    public static Configuration ofHost(AutoGroup autoGroup) {
        return new Configuration(List.of(EVERYTHING), List.of(), List.of(), autoGroup, List.of(), General.DEFAULT);
    }
}
