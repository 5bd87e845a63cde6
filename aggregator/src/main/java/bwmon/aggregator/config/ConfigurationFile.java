package bwmon.aggregator.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.cli.ProgramException;
import bwmon.cli.Settings;
import bwmon.proxy.PipeSpec;
import bwmon.proxy.relay.RelayRuntime;

/** Reads runaggregator's HOCON file. Anything in it that is not understood is an error. */
public final class ConfigurationFile {
    private static final int MAX_ROWS = 1_000_000;

    private ConfigurationFile() {}

    /**
     * Reads a file, {@code conf.d/*.conf} beside it, and what the environment of this program overrides.
     *
     * @param autoGroup by what to group, whatever the file says; NONE to do as it says
     * @throws ProgramException of kind CONFIGURATION, naming file and line of the first thing that is wrong
     */
    public static Configuration read(Path path, AutoGroup autoGroup) throws ProgramException {
        return read(Settings.loadAll(path, System.getenv()), autoGroup, Set.of()).orHost();
    }

    /**
     * Reads what was loaded.
     *
     * @param others names of applications and pipes that are not of this file
     */
    static Configuration read(Settings file, AutoGroup autoGroup, Set<String> others) throws ProgramException {
        var monitors = new ArrayList<MonitorFilter.Selection>();
        var pipes = new ArrayList<PipeSpec>();
        for (Map.Entry<String, Settings> source : file.sections("sources").entrySet()) {
            Settings section = source.getValue();
            Text.check(section, source.getKey());
            String type = section.requiredText("type");
            switch (type) {
                case "monitor" -> monitors.add(monitor(source.getKey(), section));
                case "pipe" -> pipes.add(PipeSpec.read(source.getKey(), section));
                default -> throw section.error("type", "'" + type + "' is no source: expected monitor or pipe");
            }
            section.end();
        }
        AutoGroup grouping = file.parsed("auto-group", ConfigurationFile::autoGroup).orElse(AutoGroup.NONE);
        if (autoGroup != AutoGroup.NONE) {
            grouping = autoGroup;
        }
        var names = new TreeSet<String>();
        pipes.forEach(pipe -> names.add(pipe.owner().name()));
        List<ApplicationRules> applications = applications(file, Set.copyOf(names));
        applications.forEach(application -> names.add(application.name()));
        names.addAll(others);
        // Grouped automatically, any name may come up; else a name that is none is most often misspelt.
        List<Notification> notifications = NotificationSection.readAll(file, grouping == AutoGroup.NONE ? names : null);
        General general = general(file);
        file.end();
        return new Configuration(monitors, pipes, applications, grouping, notifications, general);
    }

    private static AutoGroup autoGroup(String text) {
        return switch (text) {
            case "true", "yes", "on", "executable" -> AutoGroup.EXECUTABLE;
            case "false", "no", "off" -> AutoGroup.NONE;
            case "unit" -> AutoGroup.UNIT;
            case "container" -> AutoGroup.CONTAINER;
            default -> throw new IllegalArgumentException(
                    "'" + text + "': expected true, false, executable, unit or container");
        };
    }

    private static General general(Settings file) throws ProgramException {
        General otherwise = General.DEFAULT;
        return new General(file.parsed("source", General::source).orElse(otherwise.source()),
                file.bool("setup").orElse(otherwise.setup()),
                file.integer("max-rows", 1, MAX_ROWS).orElse(otherwise.maxRows()),
                file.parsed("state-file", ConfigurationFile::path).orElse(otherwise.stateFile()),
                file.duration("health-every").orElse(otherwise.healthEvery()),
                file.integer("threads", 0, RelayRuntime.MAX_THREADS).orElse(otherwise.threads()));
    }

    private static Path path(String text) {
        // A path of NUL is an IllegalArgumentException of Path's own.
        Path path = Path.of(text);
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("'" + text + "' is no path from the root: expected one such as "
                    + General.DEFAULT.stateFile());
        }
        return path;
    }

    private static MonitorFilter.Selection monitor(String name, Settings section) throws ProgramException {
        return new MonitorFilter.Selection(name, owners(section, "include"), owners(section, "exclude"),
                section.bool("ignore-local").orElse(false));
    }

    private static List<Match> owners(Settings section, String key) throws ProgramException {
        var rules = new ArrayList<Match>();
        for (Settings rule : section.objects(key, "command")) {
            rules.add(RuleSection.owners(rule));
        }
        return rules;
    }

    /** A name for a pipe too would make one notification watch both, and two lines of one name. */
    private static List<ApplicationRules> applications(Settings file, Set<String> pipes) throws ProgramException {
        var applications = new ArrayList<ApplicationRules>();
        for (Map.Entry<String, Settings> entry : file.sections("applications").entrySet()) {
            Settings section = entry.getValue();
            Text.check(section, entry.getKey());
            if (pipes.contains(entry.getKey())) {
                throw section.error("is the name of a pipe too: expected different names");
            }
            var rules = new ArrayList<Match>();
            for (Settings rule : section.objects("match", "command")) {
                rules.add(RuleSection.read(rule));
            }
            if (rules.isEmpty()) {
                throw section.error("match", "is missing or empty: expected regular expressions, such as [\"nginx\"]");
            }
            section.end();
            applications.add(new ApplicationRules(entry.getKey(), rules));
        }
        return applications;
    }
}
