package bwmon.aggregator;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.config.Configuration;
import bwmon.aggregator.config.ConfigurationFiles;
import bwmon.aggregator.config.ConfigurationFiles.Loaded;
import bwmon.aggregator.config.ConfigurationText;
import bwmon.aggregator.config.General;
import bwmon.aggregator.console.JsonView;
import bwmon.aggregator.console.LiveFrame;
import bwmon.aggregator.console.LiveView;
import bwmon.aggregator.console.Model;
import bwmon.aggregator.console.PlainView;
import bwmon.aggregator.delivery.TestNotification;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.cli.IntervalLoop;
import bwmon.cli.JsonLines;
import bwmon.cli.OptionTypes;
import bwmon.cli.Program;
import bwmon.cli.ProgramException;
import bwmon.cli.ReportOptions;
import bwmon.cli.Signals;
import bwmon.cli.StandardOutput;
import bwmon.cli.Terminal;
import bwmon.monitor.MonitorOptions;
import bwmon.monitor.conntrack.EnabledConntrack;
import bwmon.proxy.Pipes;
import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program {@code runaggregator}. */
@Command(name = "runaggregator", mixinStandardHelpOptions = true, versionProvider = Program.Version.class, sortOptions = false, description = {
        "Joins this host's monitor and pipes, groups processes into applications, shows what each application receives and"
                + " transmits, and runs a command, posts to a webhook or writes to the system's log when an average, a volume or"
                + " a silence is too much. On a terminal this is drawn in place, and keys change it: h shows them.",
        ""}, footer = {"", "SIGHUP reads the configuration again: no byte, average or alert is lost.", "", "Examples:",
                "  runaggregator                      every process, once a second",
                "  runaggregator --auto-group         summed by name of the executable",
                "  runaggregator --config=bwmon.conf --check",
                "  runaggregator --config=bwmon.conf --json | jq .",
                "  runaggregator --convert monitors.conf apps.conf notify.conf > bwmon.conf"}, exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
                        "0:ended by a signal, or because nobody reads its output",
                        "1:failed while running, or a test notification did not arrive", "2:wrong command line",
                        "69:something needed is missing", "77:not permitted", "78:wrong configuration file"})
public final class RunAggregator implements Callable<Integer> {
    static final Path DEFAULT_CONFIG = Path.of("/etc/bwmon/bwmon.conf");
    /** Who looks at a screen is to see the first rates within a second, the start of the JVM included. */
    private static final Duration FIRST_LIVE_INTERVAL = Duration.ofMillis(300);

    /** What {@code --source} may be. */
    static final class SourceKinds extends OptionTypes.Choice<MonitorOptions.Kind> {
        SourceKinds() {
            super(MonitorOptions.Kind.class);
        }
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE", description = "Read everything from a HOCON file, and from conf.d/*.conf beside it. Default: /etc/bwmon/bwmon.conf,"
            + " if it is there and no file of bwmon 1.x is named; else one monitor of this host.")
    private @Nullable Path config;

    @Option(names = "--app-config", paramLabel = "FILE", description = "Read applications from a file of bwmon 1.x.")
    private @Nullable Path appConfig;

    @Option(names = "--monitor-config", paramLabel = "FILE", description = "Read monitors and pipes from a file of bwmon 1.x.")
    private @Nullable Path monitorConfig;

    @Option(names = "--notification-config", paramLabel = "FILE", description = "Read notifications from a file of bwmon 1.x.")
    private @Nullable Path notificationConfig;

    @Option(names = "--auto-group", description = "Sum processes that are in no application by the name of their executable.")
    private boolean autoGroup;

    @Option(names = "--source", paramLabel = "SOURCE", converter = SourceKinds.class, completionCandidates = SourceKinds.class, description = "Where the monitor looks: ${COMPLETION-CANDIDATES}. Default: as the configuration says, else auto, the"
            + " best that this host allows.")
    private MonitorOptions.@Nullable Kind source;

    @Option(names = "--no-setup", description = "Leave the host as it is: do not switch on tracking and counting of connections where they are off.")
    private boolean noSetup;

    @Option(names = "--check", description = "Read all files, print what would be in force as HOCON, and end.")
    private boolean check;

    @Option(names = "--convert", paramLabel = "FILE", arity = "1..*", description = "Print files of bwmon 1.x as HOCON, and end; what kind of file each is, its content tells.")
    private List<Path> convert = new ArrayList<>();

    @Option(names = "--test-notification", paramLabel = "NAME", description = "Tell of a notification once, with example figures, by all its ways; print what happened, and end.")
    private @Nullable String testNotification;

    @Mixin
    private ReportOptions report = new ReportOptions();

    private final MonitorOpener opener;

    /** The program with the monitor of this host. */
    public RunAggregator() {
        this(MonitorOpener.HOST);
    }

    /** The program with a monitor of one's own, for tests. */
    RunAggregator(MonitorOpener opener) {
        this.opener = opener;
    }

    /** Runs the program. */
    public static void main(String[] args) {
        Program.main(new RunAggregator(), args);
    }

    @Override
    public Integer call() throws ProgramException {
        var out = new StandardOutput();
        int exitCode = 0;
        if (!convert.isEmpty()) {
            refuseBesideConvert();
            print(withOptions(ConfigurationFiles.convert(convert, autoGroup())), out.stream());
        } else if (check) {
            print(load(), out.stream());
        } else if (testNotification != null) {
            exitCode = test(load().configuration(), testNotification, out.stream()) ? 0 : 1;
        } else {
            run(out.stream());
        }
        out.check();
        return exitCode;
    }

    private static void print(Loaded loaded, PrintStream out) {
        loaded.warnings().forEach(warning -> System.err.println("runaggregator: " + warning));
        out.print(ConfigurationText.of(loaded.configuration()));
    }

    /** What would say something else, or nothing that is printed. */
    private void refuseBesideConvert() {
        for (String other : List.of("--config", "--app-config", "--monitor-config", "--notification-config", "--check",
                "--test-notification")) {
            if (commandLine().getParseResult().hasMatchedOption(other)) {
                throw new ParameterException(commandLine(), "--convert does not go with " + other
                        + ": it reads files of bwmon 1.x that stand behind it, whatever kind each is");
            }
        }
    }

    private AutoGroup autoGroup() {
        return autoGroup ? AutoGroup.EXECUTABLE : AutoGroup.NONE;
    }

    /** What the files say, and the options that are about the same. */
    private Loaded load() throws ProgramException {
        boolean hasOldFiles = appConfig != null || monitorConfig != null || notificationConfig != null;
        if (config == null && !hasOldFiles && !Files.notExists(DEFAULT_CONFIG)) {
            // From now on it is asked for: at a reload one that has gone is an error, and not an empty configuration. One
            // that cannot be looked at is read, so that the reason is told.
            config = DEFAULT_CONFIG;
        }
        return withOptions(new ConfigurationFiles(config, monitorConfig, appConfig, notificationConfig, autoGroup())
                .read(System.getenv()));
    }

    private Loaded withOptions(Loaded loaded) {
        Configuration read = loaded.configuration();
        General general = read.general();
        return new Loaded(new Configuration(read.monitors(), read.pipes(), read.applications(), read.autoGroup(),
                read.notifications(), new General(source == null ? general.source() : source,
                        general.setup() && !noSetup, general.maxRows(), general.stateFile(), general.healthEvery(),
                        general.threads())),
                loaded.warnings());
    }

    private boolean test(Configuration configuration, String label, PrintStream out) throws ProgramException {
        for (Notification notification : configuration.notifications()) {
            if (notification.label().equals(label)) {
                try {
                    return new TestNotification(ZoneId.systemDefault(), out).run(notification,
                            Session.layer(configuration), Instant.now());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
        }
        List<String> known = configuration.notifications().stream().map(Notification::label).toList();
        throw new ParameterException(commandLine(), "--test-notification: no notification is called '" + label
                + "'; known: " + (known.isEmpty() ? "none" : String.join(", ", known)));
    }

    private CommandLine commandLine() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return spec.commandLine();
    }

    private void run(PrintStream out) throws ProgramException {
        Loaded loaded = load();
        loaded.warnings().forEach(warning -> System.err.println("runaggregator: " + warning));
        Terminal terminal = report.terminal();
        boolean isLive = terminal.isInteractive() && !report.isJson() && !report.isOnce();
        var loop = new IntervalLoop(Ticker.SYSTEM,
                isLive && report.interval().compareTo(FIRST_LIVE_INTERVAL) > 0
                        ? FIRST_LIVE_INTERVAL
                        : report.interval(),
                report.interval());
        var reload = new Reload(() -> {
            Loaded again = load();
            // Here and not between two intervals: it may take seconds.
            Pipes.checkResolves(again.configuration().pipes());
            return again;
        });
        Signals.onReload(reload::request);
        ZoneId zone = ZoneId.systemDefault();
        var session = new Session(loaded.configuration(), opener, loop, report.interval(), reload, System.err, zone);
        if (isLive) {
            runLive(session, terminal, loop, zone, out);
        } else {
            Signals.onStop(_ -> loop.stop(), EnabledConntrack::abandonAll);
            session.run(report.isOnce(), (layer, _, notices) -> {
                notices.forEach(notice -> System.err.println("runaggregator: " + notice));
                return report.isJson() ? new JsonView(new JsonLines(out)) : new PlainView(out, layer);
            });
        }
    }

    private static void runLive(Session session, Terminal terminal, IntervalLoop loop, ZoneId zone, PrintStream out)
            throws ProgramException {
        var restoreTerminal = new AtomicReference<Runnable>(() -> {});
        Signals.onStop(_ -> loop.stop(), () -> {
            // The host first: a terminal may take nothing.
            EnabledConntrack.abandonAll();
            restoreTerminal.get().run();
        });
        try {
            // What cannot be opened is said on a terminal that nobody has drawn on.
            session.run(false, (layer, sources, _) -> {
                var frame = new LiveFrame(zone, terminal.hasColour(), Terminal.isUtf8(), layer, sources);
                var live = new LiveView(frame, new Model(layer), terminal, loop::stop, loop::isStopping);
                restoreTerminal.set(live::close);
                live.open(out, System.err);
                return live;
            });
        } finally {
            restoreTerminal.get().run();
        }
    }
}
