package bwmon.aggregator.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.cli.ProgramException;
import bwmon.cli.Settings;
import org.jspecify.annotations.Nullable;

/**
 * The files that a command line names.
 *
 * @param config the HOCON file, {@code conf.d/*.conf} beside it included; null for none
 * @param monitors of bwmon 1.x: monitors and pipes; null for none
 * @param applications of bwmon 1.x: applications; null for none
 * @param notifications of bwmon 1.x: notifications; null for none
 * @param autoGroup by what to group, whatever the files say; NONE to do as they say
 */
public record ConfigurationFiles(@Nullable Path config, @Nullable Path monitors, @Nullable Path applications,
        @Nullable Path notifications, AutoGroup autoGroup) {

    /**
     * What the files say.
     *
     * @param configuration what to do
     * @param warnings what is no error, but most likely not meant; each begins with its place
     */
    public record Loaded(Configuration configuration, List<String> warnings) {
        public Loaded {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Reads them all; what the files of bwmon 1.x say comes behind what the HOCON file says. Without a source in any of them
     * there is one monitor that shows everything.
     *
     * @param environment what HOCON's substitutions and {@code CONFIG_FORCE_...} are looked up in
     * @throws ProgramException of kind CONFIGURATION, naming file and line of the first thing that is wrong
     */
    public Loaded read(Map<String, String> environment) throws ProgramException {
        Configuration none = OldFiles.nothing(autoGroup);
        OldFiles old = old(none);
        if (config != null) {
            // A notification of the HOCON file may watch an application of the other files, so that these come first;
            // then again, because a name that both have is an error at its place in the other files.
            Set<String> names = names(old.behind(none));
            none = ConfigurationFile.read(Settings.loadAll(config, environment), autoGroup, names);
            old = old(none);
        }
        Configuration all = old.behind(none).orHost();
        var warnings = new ArrayList<>(old.warnings());
        warnings.addAll(warnings(all));
        return new Loaded(all, warnings);
    }

    private OldFiles old(Configuration first) throws ProgramException {
        var old = new OldFiles();
        old.reserve(first);
        if (monitors != null) {
            old.addMonitors(IniFile.read(monitors));
        }
        if (applications != null) {
            old.addApplications(IniFile.read(applications));
        }
        if (notifications != null) {
            old.addNotifications(IniFile.read(notifications));
        }
        return old;
    }

    private static Set<String> names(Configuration configuration) {
        var names = new HashSet<String>();
        configuration.applications().forEach(application -> names.add(application.name()));
        configuration.pipes().forEach(pipe -> names.add(pipe.owner().name()));
        return names;
    }

    /**
     * Reads files of bwmon 1.x whose kinds their content tells.
     *
     * @param autoGroup what bwmon 1.x was told by an option
     * @throws ProgramException naming file and line of what is wrong; also for a file of no kind
     */
    public static Loaded convert(List<Path> files, AutoGroup autoGroup) throws ProgramException {
        var old = new OldFiles();
        for (Path file : files) {
            old.add(IniFile.read(file));
        }
        return new Loaded(old.behind(OldFiles.nothing(autoGroup)), old.warnings());
    }

    /** Programs that are not there now; they may come later. */
    private static List<String> warnings(Configuration configuration) {
        var warnings = new ArrayList<String>();
        for (Notification notification : configuration.notifications()) {
            List<String> command = notification.delivery().command();
            if (!command.isEmpty() && command.getFirst().startsWith("/")
                    && !Files.isExecutable(Path.of(command.getFirst()))) {
                warnings.add("notification " + notification.label() + ": " + command.getFirst()
                        + (Files.exists(Path.of(command.getFirst())) ? " may not be executed" : " is not there"));
            }
        }
        return warnings;
    }
}
