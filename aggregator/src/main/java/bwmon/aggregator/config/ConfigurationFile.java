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
import bwmon.cli.Rule;
import bwmon.cli.Settings;
import bwmon.proxy.PipeSpec;

/** Reads runaggregator's HOCON file. Anything in it that is not understood is an error. */
public final class ConfigurationFile {

    private ConfigurationFile() {}

    /**
     * Reads a file.
     *
     * @param autoGroup by what to group, whatever the file says; NONE to do as it says
     * @throws ProgramException of kind CONFIGURATION, naming file and line of the first thing that is wrong
     */
    public static Configuration read(Path path, AutoGroup autoGroup) throws ProgramException {
        Settings file = Settings.load(path);
        var monitors = new ArrayList<MonitorFilter.Selection>();
        var pipes = new ArrayList<PipeSpec>();
        for (Map.Entry<String, Settings> source : file.sections("sources").entrySet()) {
            Settings section = source.getValue();
            String type = section.requiredText("type");
            switch (type) {
                case "monitor" -> monitors.add(monitor(source.getKey(), section));
                case "pipe" -> pipes.add(PipeSpec.read(source.getKey(), section));
                default -> throw section.error("type", "'" + type + "' is no source: expected monitor or pipe");
            }
            section.end();
        }
        if (monitors.isEmpty() && pipes.isEmpty()) {
            monitors.add(Configuration.EVERYTHING);
        }
        List<ApplicationRules> applications = applications(file);
        AutoGroup grouping = autoGroup == AutoGroup.NONE
                ? file.parsed("auto-group", ConfigurationFile::autoGroup).orElse(AutoGroup.NONE)
                : autoGroup;
        Set<String> names = names(pipes, applications, file);
        // Grouped by executable, any name may come up; else a name that is none is most often misspelt.
        List<Notification> notifications = NotificationSection.readAll(file, grouping == AutoGroup.NONE ? names : null);
        file.end();
        return new Configuration(monitors, pipes, applications, grouping, notifications, General.DEFAULT);
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

    private static MonitorFilter.Selection monitor(String name, Settings section) throws ProgramException {
        return new MonitorFilter.Selection(name, rules(section, "include"), rules(section, "exclude"),
                section.bool("ignore-local").orElse(false));
    }

    private static List<ApplicationRules> applications(Settings file) throws ProgramException {
        var applications = new ArrayList<ApplicationRules>();
        for (Map.Entry<String, Settings> entry : file.sections("applications").entrySet()) {
            Settings section = entry.getValue();
            List<Match> rules = rules(section, "match");
            if (rules.isEmpty()) {
                throw section.error("match", "is missing or empty: expected regular expressions, such as [\"nginx\"]");
            }
            section.end();
            Text.check(section, entry.getKey());
            applications.add(new ApplicationRules(entry.getKey(), rules));
        }
        return applications;
    }

    /** A list of rules: a text is a regular expression over the command line. */
    private static List<Match> rules(Settings section, String key) throws ProgramException {
        var rules = new ArrayList<Match>();
        for (Settings rule : section.objects(key, "command")) {
            var command = rule.parsed("command", Rule::command);
            var name = rule.parsed("name", Rule::pattern);
            rule.end();
            if (command.isPresent() == name.isPresent()) {
                throw rule.error("expected either command = \"REGEX\" or name = \"NAME\"");
            }
            rules.add(Match.of(command.isPresent() ? command.get() : new Rule.Name(name.orElseThrow())));
        }
        return rules;
    }

    /** The names of applications and pipes; one name for both would make a notification for both and a line for each. */
    private static Set<String> names(List<PipeSpec> pipes, List<ApplicationRules> applications, Settings file)
            throws ProgramException {
        var names = new TreeSet<String>();
        applications.forEach(application -> names.add(application.name()));
        for (PipeSpec pipe : pipes) {
            if (!names.add(pipe.owner().name())) {
                throw file.error("applications", "'" + pipe.owner().name()
                        + "' is the name of a pipe too: expected different names");
            }
        }
        return names;
    }
}
