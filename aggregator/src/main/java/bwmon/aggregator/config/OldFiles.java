package bwmon.aggregator.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.cli.ProgramException;
import bwmon.proxy.PipeSpec;

/** Gathers what bwmon 1.x's files say. Sections of the same name in several files are an error. */
final class OldFiles {
    private static final String MONITORS_KEY = "type";
    private static final String NOTIFICATIONS_KEY = "process_filter";

    private final List<MonitorFilter.Selection> monitors = new ArrayList<>();
    private final List<PipeSpec> pipes = new ArrayList<>();
    private final List<ApplicationRules> applications = new ArrayList<>();
    private final List<Notification> notifications = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final Set<String> sources = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    private final Set<String> labels = new HashSet<>();

    void addMonitors(IniFile file) throws ProgramException {
        for (IniSection section : file.sections()) {
            unique(sources, section.name(), section, "a source");
            String type = section.required(MONITORS_KEY, text -> text, "monitor or pipe");
            switch (type) {
                case "monitor" -> monitors.add(OldFormat.monitor(section));
                case "pipe" -> pipes.add(OldFormat.pipe(section));
                default -> throw section.error(MONITORS_KEY, "'" + type + "': expected monitor or pipe");
            }
            warnings.addAll(section.unknown());
        }
    }

    void addApplications(IniFile file) throws ProgramException {
        for (IniSection section : file.sections()) {
            unique(names, section.name(), section, "an application, or of a pipe of another file,");
            applications.add(OldFormat.application(section));
        }
    }

    void addNotifications(IniFile file) throws ProgramException {
        for (IniSection section : file.sections()) {
            List<Notification> read = OldFormat.notifications(section);
            warnings.addAll(section.unknown());
            if (read.isEmpty()) {
                warnings.add(section.at("has no threshold, and is left out"));
            }
            for (Notification notification : read) {
                unique(labels, notification.label(), section, "a notification");
                notifications.add(notification);
            }
        }
    }

    private static void unique(Set<String> taken, String name, IniSection section, String what)
            throws ProgramException {
        if (!taken.add(name)) {
            throw section.error("'" + name + "' is the name of " + what + " already: expected another name");
        }
    }

    /**
     * Adds a file whose kind its content tells.
     *
     * @throws ProgramException also if it is of no kind, saying what was looked for
     */
    void add(IniFile file) throws ProgramException {
        List<IniSection> sections = file.sections();
        long monitorLike = sections.stream().filter(section -> section.has(MONITORS_KEY)).count();
        long notificationLike = sections.stream().filter(section -> section.has(NOTIFICATIONS_KEY)).count();
        boolean hasRules = sections.stream().noneMatch(section -> section.keys().isEmpty());
        if (!sections.isEmpty() && monitorLike == sections.size() && notificationLike == 0) {
            addMonitors(file);
        } else if (!sections.isEmpty() && notificationLike == sections.size() && monitorLike == 0) {
            addNotifications(file);
        } else if (!sections.isEmpty() && monitorLike == 0 && notificationLike == 0 && hasRules) {
            addApplications(file);
        } else {
            throw file.fault("is no file of bwmon 1.x: looked for sections that all have " + MONITORS_KEY
                    + " (monitors), sections that all have " + NOTIFICATIONS_KEY
                    + " (notifications), or sections that have neither, but one or more name=regular expression"
                    + " (applications)");
        }
    }

    /** Reserves the names that another configuration has. */
    void reserve(Configuration other) {
        other.monitors().forEach(monitor -> sources.add(monitor.name()));
        other.pipes().forEach(pipe -> {
            sources.add(pipe.owner().name());
            names.add(pipe.owner().name());
        });
        other.applications().forEach(application -> names.add(application.name()));
        other.notifications().forEach(notification -> labels.add(notification.label()));
    }

    /** What was left out, and where. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** All of it, behind what another configuration has. */
    Configuration behind(Configuration first) {
        List<ApplicationRules> all = joined(first.applications(), applications);
        return new Configuration(joined(first.monitors(), monitors), joined(first.pipes(), named(all)), all,
                first.autoGroup(),
                joined(first.notifications(), notifications), first.general());
    }

    /** In bwmon 1.x a section of a pipe could have an application's name; such a pipe goes by what bwmon 1.x showed it as. */
    private List<PipeSpec> named(List<ApplicationRules> all) {
        return pipes.stream()
                .map(pipe -> all.stream().noneMatch(application -> application.name().equals(pipe.name()))
                        ? pipe
                        : new PipeSpec(pipe.owner().command(), pipe.listen(), pipe.options()))
                .toList();
    }

    private static <T> List<T> joined(List<T> first, List<T> then) {
        var all = new ArrayList<>(first);
        all.addAll(then);
        return all;
    }

    /** A configuration that has nothing yet. */
    static Configuration nothing(AutoGroup autoGroup) {
        return new Configuration(List.of(), List.of(), List.of(), autoGroup, List.of(), General.DEFAULT);
    }
}
