package bwmon.monitor;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;

import bwmon.cli.IntervalLoop;
import bwmon.cli.OptionTypes;
import bwmon.cli.Order;
import bwmon.cli.Program;
import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.cli.ReportOptions;
import bwmon.cli.Rule;
import bwmon.cli.Signals;
import bwmon.cli.StandardOutput;
import bwmon.cli.Terminal;
import bwmon.cli.View;
import bwmon.monitor.RunMonitorSession.NamespaceWatch;
import bwmon.monitor.conntrack.EnabledConntrack;
import bwmon.monitor.console.ConnectionsView;
import bwmon.monitor.console.Grouping;
import bwmon.monitor.console.JsonView;
import bwmon.monitor.console.Layout;
import bwmon.monitor.console.Listing.Amount;
import bwmon.monitor.console.LiveFrame;
import bwmon.monitor.console.LiveView;
import bwmon.monitor.console.Look;
import bwmon.monitor.console.Model;
import bwmon.monitor.console.Names;
import bwmon.monitor.console.Picture;
import bwmon.monitor.console.PlainView;
import bwmon.monitor.console.RemoteNames;
import bwmon.monitor.console.Selection;
import bwmon.monitor.procfs.ProcFs;
import bwmon.monitor.procfs.Users;
import bwmon.traffic.ByteQuantity.Style;
import bwmon.traffic.Owner;
import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program {@code runmonitor}. */
@Command(name = "runmonitor", mixinStandardHelpOptions = true, versionProvider = Program.Version.class, sortOptions = false, description = {
        "Shows which process of this host moves how many bytes through the network (IP bytes: what the network"
                + " carried, headers included), and whether that is all that the interfaces carried. On a terminal this is"
                + " drawn in place, and keys change it: h shows them.",
        ""}, footer = {"", "Examples:",
                "  runmonitor                         what each process moved, lately and before",
                "  runmonitor --bandwidth --sort=total --units=si",
                "  runmonitor --by=remote --include=nginx",
                "  runmonitor --connections --once    sockets with state, process, round-trip time",
                "  runmonitor --json --once | jq ."}, exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
                        "0:ended by a signal, or because nobody reads its output", "1:failed while running",
                        "2:wrong command line", "69:something needed is missing", "77:not permitted"})
public final class RunMonitor implements Callable<Integer> {
    private static final Path PROC = Path.of("/proc");
    private static final Path PASSWD = Path.of("/etc/passwd");
    /** Who looks at a screen is to see the first rates within a second, the start of the JVM included. */
    private static final Duration FIRST_LIVE_INTERVAL = Duration.ofMillis(300);

    /** What {@code --source} may be. */
    static final class SourceKinds extends OptionTypes.Choice<MonitorOptions.Kind> {
        SourceKinds() {
            super(MonitorOptions.Kind.class);
        }
    }

    /** What {@code --by} may be. */
    static final class Groupings extends OptionTypes.Choice<Grouping> {
        Groupings() {
            super(Grouping.class);
        }
    }

    /** What {@code --sort} may be. */
    static final class Orders extends OptionTypes.Choice<Order> {
        Orders() {
            super(Order.class);
        }
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--bandwidth", description = "Show bytes a second in place of totals.")
    private boolean bandwidth;

    @Option(names = "--no-lookback", description = "Count only what moves after the start.")
    private boolean noLookback;

    @Option(names = "--ignore-local", description = "Leave out flows whose both ends are loopback addresses.")
    private boolean ignoreLocal;

    @Option(names = "--include", paramLabel = "REGEX", converter = OptionTypes.CommandRule.class, description = "Show only processes whose command line has a match (RE2 syntax, arguments joined by single spaces). May be"
            + " given more than once; any match will do.")
    private List<Rule.Command> include = new ArrayList<>();

    @Option(names = "--exclude", paramLabel = "REGEX", converter = OptionTypes.CommandRule.class, description = "Leave out processes whose command line has a match; wins over --include.")
    private List<Rule.Command> exclude = new ArrayList<>();

    @Option(names = "--pid", paramLabel = "PID", split = ",", description = "Show only these processes: 4711,4712, or the option more than once.")
    private List<Integer> pids = new ArrayList<>();

    @Option(names = "--user", paramLabel = "USER", split = ",", description = "Show only processes of these users, by name or number.")
    private List<String> users = new ArrayList<>();

    @Option(names = "--by", paramLabel = "WHAT", converter = Groupings.class, completionCandidates = Groupings.class, description = "Sum by ${COMPLETION-CANDIDATES}. Default: process.")
    private @Nullable Grouping by;

    @Option(names = "--sort", paramLabel = "WHAT", converter = Orders.class, completionCandidates = Orders.class, description = "Sort by ${COMPLETION-CANDIDATES}; most first. Default of plain lines: what was received, least first, as"
            + " bwmon 1.x; else total.")
    private @Nullable Order order;

    @Option(names = "--top", paramLabel = "N", description = "Show N rows and sum up the others. What is unattributed is always shown.")
    private @Nullable Integer top;

    @Option(names = "--units", paramLabel = "UNITS", converter = OptionTypes.Units.class, completionCandidates = OptionTypes.Units.class, description = "Write amounts with units, ${COMPLETION-CANDIDATES}, and the balance below. Default of plain lines: bytes as"
            + " integers.")
    private @Nullable Style units;

    @Option(names = "--connections", description = "Show each socket with its state, process, round-trip time and retransmitted segments, and how many TCP"
            + " sockets are in each state.")
    private boolean connections;

    @Option(names = "--numeric", description = "Do not look up the names of remote hosts.")
    private boolean numeric;

    @Option(names = "--source", paramLabel = "SOURCE", converter = SourceKinds.class, completionCandidates = SourceKinds.class, description = "Where to look: ${COMPLETION-CANDIDATES}. Default: auto, the first of these that this host allows. ebpf: programs in the"
            + " kernel count every process's IP bytes and payload in all network namespaces, also of one that lives for a"
            + " moment (Linux 6.3, CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN). conntrack: the connection table and the sockets,"
            + " forwarded traffic too (CAP_NET_ADMIN). sock_diag: TCP sockets alone (anybody). proc: the text files of"
            + " /proc.")
    private MonitorOptions.Kind source = MonitorOptions.Kind.AUTO;

    @Option(names = "--netns", paramLabel = "NAME|PID", description = "Look at another network namespace alone: one of 'ip netns list', or that of a process (a container's). Ends when that is gone.")
    private @Nullable String namespace;

    @Option(names = "--no-setup", description = "Leave the host as it is: do not switch on tracking and counting of connections where they are off.")
    private boolean noSetup;

    @Mixin
    private ReportOptions report = new ReportOptions();

    private final RunMonitorOpener opener;

    /** The program with the monitor of this host. */
    public RunMonitor() {
        this(Monitors::open);
    }

    /** The program with a monitor of one's own, for tests. */
    RunMonitor(RunMonitorOpener opener) {
        this.opener = opener;
    }

    /** Runs the program. */
    public static void main(String[] args) {
        Program.main(new RunMonitor(), args);
    }

    @Override
    public Integer call() throws ProgramException {
        Layout layout = layout();
        Selection selection = selection();
        NamespaceOption elsewhere = namespace == null ? null : NamespaceOption.of(namespace);
        Terminal terminal = report.terminal();
        boolean isLive = terminal.isInteractive() && !report.isJson() && !report.isOnce();
        var loop = isLive
                ? new IntervalLoop(Ticker.SYSTEM, shorter(FIRST_LIVE_INTERVAL, report.interval()), report.interval())
                : new IntervalLoop(Ticker.SYSTEM, report.interval());
        var out = new StandardOutput();
        // Names are looked up from here, whatever namespace is looked at.
        try (RemoteNames resolver = numeric ? null : RemoteNames.ofHost(Ticker.SYSTEM);
                NamespaceOption.Entered entered = elsewhere == null ? null : elsewhere.enter()) {
            NamespaceWatch watch = entered == null ? NamespaceWatch.OWN : entered::whyGone;
            Names names = resolver == null ? Names.NUMERIC : resolver;
            if (isLive) {
                runLive(layout, selection, terminal, names, watch, loop, out.stream());
            } else {
                Signals.onStop(_ -> loop.stop(), EnabledConntrack::abandonAll);
                Signals.onReload(loop::stop);
                session(opener, EnumSet.of(layout.by()), selection, view(out.stream(), layout, names),
                        () -> connections,
                        watch, loop).run(report.isOnce(), report.isJson() || !report.isOnce());
            }
        } catch (IOException e) {
            throw new ProgramException(Kind.FAILURE, "--netns=" + namespace + ": " + e.getMessage(), e);
        }
        out.check();
        return 0;
    }

    private void runLive(Layout layout, Selection selection, Terminal terminal, Names names, NamespaceWatch watch,
            IntervalLoop loop,
            PrintStream out) throws ProgramException {
        var frame = new LiveFrame(ZoneId.systemDefault(), terminal.hasColour(), filter(), layout.top(), names);
        try (var live = new LiveView(frame, Look.of(layout, numeric, connections), terminal, loop::stop,
                loop::isStopping)) {
            Runnable restoreTerminal = live::close;
            Signals.onStop(_ -> loop.stop(), () -> {
                // The host first: a terminal may take nothing.
                EnabledConntrack.abandonAll();
                restoreTerminal.run();
            });
            // SIGHUP: the terminal has gone. What was switched on is to be put back all the same.
            Signals.onReload(loop::stop);
            // What cannot be opened is said on a terminal that nobody has drawn on.
            RunMonitorOpener drawing = options -> {
                Monitor monitor = opener.open(options);
                live.open(out, System.err);
                return monitor;
            };
            // Each grouping is a key away, also while paused.
            session(drawing, EnumSet.allOf(Grouping.class), selection, live, live::wantsConnections, watch, loop)
                    .run(false, true);
        }
    }

    private RunMonitorSession session(RunMonitorOpener from, Set<Grouping> groupings, Selection selection,
            View<Picture> view, BooleanSupplier withSockets, NamespaceWatch watch, IntervalLoop loop) {
        var options = new MonitorOptions(source, PROC, Path.of("/run/bwmon"), Ticker.SYSTEM, !noSetup, lookback(),
                namespace != null);
        var proc = new ProcFs(PROC);
        var model = new Model(groupings, selection, id -> lives(proc, id));
        return new RunMonitorSession(from, options, lookback(), model, view, withSockets, watch, loop,
                Clock.systemUTC(),
                System.err);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** What the options leave out, in their own words; empty if nothing. */
    private String filter() {
        var words = new ArrayList<String>();
        pids.forEach(pid -> words.add("--pid=" + pid));
        users.forEach(user -> words.add("--user=" + user));
        include.forEach(rule -> words.add("--include=" + rule.pattern().pattern()));
        exclude.forEach(rule -> words.add("--exclude=" + rule.pattern().pattern()));
        if (ignoreLocal) {
            words.add("--ignore-local");
        }
        return String.join(" ", words);
    }

    private boolean lookback() {
        return !noLookback && !bandwidth;
    }

    private Layout layout() {
        if (top != null && top < 1) {
            throw usage("--top: expected 1 or more, not " + top);
        }
        if (connections && by != null) {
            throw usage("--connections shows each socket by itself: leave out --by");
        }
        Grouping grouping = connections ? Grouping.CONNECTION : by == null ? Grouping.PROCESS : by;
        return new Layout(grouping, order, bandwidth ? Amount.LAST : Amount.TOTAL,
                top == null ? OptionalInt.empty() : OptionalInt.of(top), units);
    }

    private Selection selection() throws ProgramException {
        for (int pid : pids) {
            if (pid < 1) {
                throw usage("--pid: expected the number of a process, not " + pid);
            }
        }
        return new Selection(include, exclude, Set.copyOf(pids), userNames(), ignoreLocal);
    }

    private Set<String> userNames() throws ProgramException {
        var known = new Users(PASSWD);
        var names = new HashSet<String>();
        try {
            for (String user : users) {
                if (user.matches("[0-9]{1,10}")) {
                    names.add(known.name(Long.parseLong(user)));
                } else if (known.has(user)) {
                    names.add(user);
                } else {
                    throw usage("--user: " + PASSWD + " has no user " + user
                            + "; users of a directory service go by number (id -u " + user + ")");
                }
            }
        } catch (IOException e) {
            throw new ProgramException(Kind.FAILURE, PASSWD + " cannot be read: " + e.getMessage(), e);
        }
        return names;
    }

    private View<Picture> view(PrintStream out, Layout layout, Names names) {
        if (report.isJson()) {
            return new JsonView(out, layout, names);
        }
        return connections ? new ConnectionsView(out, layout, names) : new PlainView(out, layout, names);
    }

    private static boolean lives(ProcFs proc, Owner.ProcessId id) {
        try {
            return proc.stat(id.pid()).filter(stat -> stat.startTicks() == id.startTicks()).isPresent();
        } catch (IOException e) {
            // It is there, and may not be looked at.
            return true;
        }
    }

    private ParameterException usage(String message) {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return new ParameterException(spec.commandLine(), message);
    }
}
