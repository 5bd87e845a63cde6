package bwmon.aggregator;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.concurrent.Callable;

import bwmon.aggregator.config.Configuration;
import bwmon.aggregator.config.ConfigurationFile;
import bwmon.aggregator.console.JsonView;
import bwmon.aggregator.console.PlainView;
import bwmon.aggregator.console.TerminalView;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.cli.IntervalLoop;
import bwmon.cli.JsonLines;
import bwmon.cli.Program;
import bwmon.cli.ProgramException;
import bwmon.cli.ReportOptions;
import bwmon.cli.Signals;
import bwmon.cli.StandardOutput;
import bwmon.cli.Terminal;
import bwmon.cli.View;
import bwmon.monitor.conntrack.EnabledConntrack;
import bwmon.proxy.Pipes;
import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The program {@code runaggregator}. */
@Command(name = "runaggregator", mixinStandardHelpOptions = true, versionProvider = Program.Version.class, sortOptions = false, description = {
        "Joins this host's monitor and pipes, groups processes into applications, prints what each application received"
                + " and transmitted (payload bytes), and runs a command when an average is over its threshold.",
        ""}, footer = {"", "Examples:",
                "  runaggregator                      every process, once a second",
                "  runaggregator --auto-group         summed by name of the executable",
                "  runaggregator --config=bwmon.conf --json | jq ."}, exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
                        "0:ended by a signal, or because nobody reads its output", "1:failed while running",
                        "2:wrong command line", "69:something needed is missing", "77:not permitted",
                        "78:wrong configuration file"})
public final class RunAggregator implements Callable<Integer> {
    /** STDOUT_FILENO (unistd.h). */
    static final Path DEFAULT_CONFIG = Path.of("/etc/bwmon/bwmon.conf");

    @Option(names = "--config", paramLabel = "FILE", description = "Read sources, applications and notifications from a HOCON file. Default: /etc/bwmon/bwmon.conf,"
            + " if it is there; else one monitor of this host.")
    private @Nullable Path config;

    @Option(names = "--auto-group", description = "Sum processes that are in no application by the name of their executable.")
    private boolean autoGroup;

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
        Configuration configuration = configuration();
        var loop = new IntervalLoop(Ticker.SYSTEM, report.interval());
        Signals.onStop(_ -> loop.stop(), EnabledConntrack::abandonAll);
        ZoneId zone = ZoneId.systemDefault();
        var reload = new Reload(() -> {
            Configuration read = configuration();
            // Here and not between two intervals: it may take seconds.
            Pipes.checkResolves(read.pipes());
            return read;
        });
        Signals.onReload(reload::request);
        var out = new StandardOutput();
        new Session(configuration, opener, loop, report.interval(), view(out.stream(), zone,
                Session.layer(configuration)), reload, System.err, zone).run(report.isOnce());
        out.check();
        return 0;
    }

    private Configuration configuration() throws ProgramException {
        // One that cannot be looked at is read, so that the reason is told.
        Path file = config != null || Files.notExists(DEFAULT_CONFIG) ? config : DEFAULT_CONFIG;
        return file == null ? Configuration.ofHost(grouping()) : ConfigurationFile.read(file, grouping());
    }

    private AutoGroup grouping() {
        return autoGroup ? AutoGroup.EXECUTABLE : AutoGroup.NONE;
    }

    private View<Picture> view(PrintStream out, ZoneId zone, Layer layer) {
        if (report.isJson()) {
            return new JsonView(new JsonLines(out));
        }
        Terminal terminal = report.terminal();
        return terminal.isInteractive()
                ? new TerminalView(out, layer, zone, terminal)
                : new PlainView(out, layer);
    }
}
