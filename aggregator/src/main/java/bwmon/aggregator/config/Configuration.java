package bwmon.aggregator.config;

import java.util.List;

import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.proxy.PipeSpec;

/**
 * What runaggregator is to do.
 *
 * @param monitors what the monitors of this host show; empty for no monitor
 * @param pipes the pipes to open
 * @param applications in the order in which they are tried
 * @param autoGroup whether a process that no application takes goes by the name of its executable
 * @param notifications what to tell of
 */
public record Configuration(List<MonitorFilter.Selection> monitors, List<PipeSpec> pipes,
        List<ApplicationRules> applications, boolean autoGroup, List<Notification> notifications) {

    static final MonitorFilter.Selection EVERYTHING = new MonitorFilter.Selection("host", List.of(), List.of(), false);

    public Configuration {
        monitors = List.copyOf(monitors);
        pipes = List.copyOf(pipes);
        applications = List.copyOf(applications);
        notifications = List.copyOf(notifications);
    }

    /** Without a file: one monitor that shows everything. */
    public static Configuration ofHost(boolean autoGroup) {
        return new Configuration(List.of(EVERYTHING), List.of(), List.of(), autoGroup, List.of());
    }
}
