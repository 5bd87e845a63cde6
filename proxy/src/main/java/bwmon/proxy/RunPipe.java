package bwmon.proxy;

import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

import bwmon.cli.IntervalLoop;
import bwmon.cli.IntervalOption;
import bwmon.cli.OptionTypes;
import bwmon.cli.Program;
import bwmon.cli.ProgramException;
import bwmon.cli.Settings;
import bwmon.cli.Signals;
import bwmon.cli.StandardOutput;
import bwmon.cli.Terminal;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import bwmon.proxy.relay.RelayRuntime;
import bwmon.proxy.relay.Target;
import bwmon.traffic.Ticker;
import com.codahale.metrics.MetricRegistry;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The program {@code runpipe}. */
@Command(name = "runpipe", mixinStandardHelpOptions = true, versionProvider = Program.Version.class, sortOptions = false, customSynopsis = {
        "runpipe [OPTIONS] PORT HOST", "runpipe [OPTIONS] LOCAL-PORT HOST REMOTE-PORT",
        "runpipe [OPTIONS] --config=FILE"}, description = {
                "Forwards TCP connections from a local port to a remote host, and counts every byte.", ""}, footer = {
                        "", "Examples:",
                        "  runpipe 2222 example.org 22        localhost:2222 leads to ssh on example.org",
                        "  runpipe 8080 example.org           the same port there as here",
                        "  runpipe --limit=500kB/s --bind=0.0.0.0 80 10.0.0.7 8080",
                        "  runpipe unix:/run/db.sock db.example.org 5432"}, exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
                                "0:ended by a signal, or because nobody reads its output",
                                "1:failed while running, port in use",
                                "2:wrong command line", "69:something needed is missing, name does not resolve",
                                "77:not permitted",
                                "78:wrong configuration file"})
public final class RunPipe implements Callable<Integer> {
    /** What a pipe of a file says for itself. */
    private static final List<String> PIPE_OPTIONS = List.of("--bind", "--max-connections", "--connect-timeout",
            "--idle-timeout", "--limit", "--send-proxy");
    private static final Duration LAST_WORDS = Duration.ofSeconds(3);

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "PORT", description = "Local port to listen on, or unix:/PATH for a UNIX-domain socket.")
    private @Nullable String listen;

    @Parameters(index = "1", arity = "0..1", paramLabel = "HOST", description = "Remote host, a name or an address; HOST:PORT, or unix:/PATH.")
    private @Nullable String host;

    @Parameters(index = "2", arity = "0..1", paramLabel = "REMOTE-PORT", description = "Remote port; the same as the local one if left out.")
    private @Nullable String remotePort;

    @Option(names = "--config", paramLabel = "FILE", description = "Read pipes from a HOCON file: pipes { NAME { listen = 2222, to = \"HOST:22\" } }. Each may have"
            + " bind, limit, max-connections, connect-timeout, idle-timeout and send-proxy; the file may have threads.")
    private @Nullable Path config;

    @Option(names = "--bind", paramLabel = "ADDRESS", description = "Address of this host to listen on; 0.0.0.0 or :: for all. Default: loopback only.")
    private @Nullable String bind;

    @Option(names = "--max-connections", paramLabel = "N", defaultValue = ""
            + PipeSpec.DEFAULT_MAX_CONNECTIONS, description = "Connections open at once; more are reset and counted as refused. Default: ${DEFAULT-VALUE}.")
    private int maxConnections;

    @Option(names = "--connect-timeout", paramLabel = "SECONDS", defaultValue = "10", converter = OptionTypes.Seconds.class, description = "How long to try to reach the remote host, all its addresses together. Default: ${DEFAULT-VALUE}.")
    private Duration connectTimeout = PipeSpec.DEFAULT_CONNECT_TIMEOUT;

    @Option(names = "--idle-timeout", paramLabel = "SECONDS", defaultValue = "0", converter = OptionTypes.Seconds.class, description = "Reset a connection after so long without a byte either way. Default: 0, never.")
    private Duration idleTimeout = Duration.ZERO;

    @Option(names = "--limit", paramLabel = "RATE", converter = OptionTypes.Rate.class, description = "Hold each direction to that rate, all connections together: 500kB/s, 10MiB/s, 100Mbit/s."
            + " Default: no limit.")
    private @Nullable Long limit;

    @Option(names = "--send-proxy", paramLabel = "v1|v2", description = "Tell the remote host the client's address by the PROXY protocol.")
    private @Nullable String sendProxy;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that forward, 1 to "
            + RelayRuntime.MAX_THREADS
            + "; 0 for as many as serve best on this host. Default: as --config says, else 0.")
    private @Nullable Integer threads;

    @Option(names = "--drain", paramLabel = "SECONDS", defaultValue = "10", converter = OptionTypes.Seconds.class, description = "At SIGTERM or SIGINT let open connections go on for up to so long; a second signal ends at once."
            + " Default: ${DEFAULT-VALUE}.")
    private Duration drain = Duration.ofSeconds(10);

    @Option(names = "--access-log", paramLabel = "FILE", description = "Append one JSON line for each connection that has ended; opened anew at SIGHUP.")
    private @Nullable Path accessLog;

    @Mixin
    private IntervalOption interval = new IntervalOption();

    @Option(names = "--json", description = "Print JSON lines: each pipe's bytes of the interval, and its totals.")
    private boolean json;

    @Option(names = "--quiet", description = "Print errors only.")
    private boolean quiet;

    /** Runs the program. */
    public static void main(String[] args) {
        Program.main(new RunPipe(), args);
    }

    @Override
    public Integer call() throws ProgramException {
        if (threads != null && (threads < 0 || threads > RelayRuntime.MAX_THREADS)) {
            throw usage("--threads: expected 0 to " + RelayRuntime.MAX_THREADS + ", not " + threads);
        }
        List<PipeSpec> specs = config == null ? List.of(fromArguments()) : fromFile(config);
        var loop = new IntervalLoop(Ticker.SYSTEM, interval.interval());
        var opened = new CompletableFuture<Pipes>();
        // Before anything is opened that has to be given back: a signal that comes meanwhile is answered right after.
        Signals.onStop(_ -> Thread.ofPlatform().name("drain").daemon().start(() -> drain(opened.join(), loop)),
                // Else the kernel would end open connections in order, as if what was forwarded were all there was.
                () -> Optional.ofNullable(opened.getNow(null)).ifPresent(Pipes::reset));
        try (AccessLog log = accessLog == null ? null : new AccessLog(accessLog);
                Pipes pipes = Pipes.open(specs, Pipes.runtime(threads == null ? 0 : threads, Ticker.SYSTEM),
                        new MetricRegistry(), Ticker.SYSTEM,
                        log == null ? (_, _) -> {} : log)) {
            opened.complete(pipes);
            run(pipes, loop, log);
        }
        return 0;
    }

    private List<PipeSpec> fromFile(Path file) throws ProgramException {
        for (String option : PIPE_OPTIONS) {
            if (listen != null || commandLine().getParseResult().hasMatchedOption(option)) {
                throw usage("--config says all of its pipes: leave out ports and hosts, and "
                        + String.join(", ", PIPE_OPTIONS));
            }
        }
        Settings settings = Settings.load(file);
        int threadsOfFile = settings.integer("threads", 0, RelayRuntime.MAX_THREADS).orElse(0);
        threads = threads == null ? threadsOfFile : threads;
        return PipeSpec.readAll(settings);
    }

    private PipeSpec fromArguments() {
        if (listen == null || host == null) {
            throw usage("expected PORT HOST, LOCAL-PORT HOST REMOTE-PORT, or --config=FILE");
        }
        if (maxConnections < 1) {
            throw usage("--max-connections: expected 1 or more, not " + maxConnections);
        }
        if (connectTimeout.isZero()) {
            throw usage("--connect-timeout: has to be longer than 0");
        }
        try {
            InetAddress address = bind == null ? null : PipeSpec.bindAddress(bind);
            PipeSpec.Listen local = PipeSpec.Listen.parse(listen, address);
            Target target = remotePort == null
                    ? PipeSpec.target(host, local)
                    : PipeSpec.tcpTarget(host, PipeSpec.port(remotePort));
            return new PipeSpec(null, local,
                    new PipeOptions(target, maxConnections, connectTimeout, idleTimeout,
                            limit == null ? OptionalLong.empty() : OptionalLong.of(limit),
                            sendProxy == null ? ProxyProtocol.NONE : ProxyProtocol.parse(sendProxy)));
        } catch (IllegalArgumentException e) {
            throw usage(String.valueOf(e.getMessage()));
        }
    }

    private CommandLine commandLine() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return spec.commandLine();
    }

    private ParameterException usage(String message) {
        return new ParameterException(commandLine(), message);
    }

    private void run(Pipes pipes, IntervalLoop loop, @Nullable AccessLog log) throws ProgramException {
        var output = new StandardOutput();
        PrintStream out = output.stream();
        PrintStream err = System.err;
        Signals.onReload(() -> {
            if (log != null) {
                log.reopen();
            }
        });
        if (pipes.remark() != null && !quiet) {
            err.println("runpipe: " + pipes.remark());
        }
        pipes.pipes().forEach(pipe -> announce(pipe, err));
        PipeView view = json
                ? new JsonView(out)
                : new TextView(out, Terminal.ofStandardOutput(), ZoneId.systemDefault());
        loop.run(() -> {
            boolean read = show(pipes, quiet ? null : view);
            if (!read) {
                // Nobody reads: an ordinary end, with connections drained as at a signal, but without a word.
                pipes.drain(drain);
            }
            return read;
        });
        if (!quiet && !json) {
            pipes.pipes().forEach(pipe -> out.println(TextView.total(pipe)));
        }
        out.flush();
        output.check();
        if (log != null && log.lost() > 0) {
            err.println("runpipe: " + log.lost() + " lines of the access log could not be written");
        }
    }

    private void announce(Pipe pipe, PrintStream err) {
        if (quiet) {
            return;
        }
        boolean open = pipe.listeners().stream().anyMatch(l -> !l.isLoopback());
        String where = pipe.listeners().isEmpty()
                ? pipe.spec().listen().toString()
                : String.join(" and ", pipe.listeners().stream().map(Object::toString).sorted().toList());
        err.println("runpipe: listening on " + where + " for " + pipe.spec().options().target()
                + (open ? "; open to other hosts" : ""));
    }

    private void drain(Pipes pipes, IntervalLoop loop) {
        PrintStream err = System.err;
        long open = pipes.open();
        if (open > 0 && !drain.isZero() && !quiet) {
            err.println("runpipe: waiting up to " + drain.toSeconds() + " s for " + open
                    + " connections to end; a second signal ends at once");
        }
        long cut = pipes.drain(drain);
        if (cut > 0) {
            err.println("runpipe: " + cut + " connections were cut off");
        }
        loop.stop();
        Signals.endWithin(LAST_WORDS);
    }

    private static boolean show(Pipes pipes, @Nullable PipeView view) {
        var intervals = new ArrayList<PipeView.PipeInterval>();
        for (Pipe pipe : pipes.pipes()) {
            Pipe.Total total = pipe.takeTotal();
            intervals.add(new PipeView.PipeInterval(pipe, Duration.ofNanos(total.nanos()), total.tx(), total.rx()));
        }
        Instant now = Clock.systemUTC().instant();
        return view == null || view.show(now, intervals);
    }
}
