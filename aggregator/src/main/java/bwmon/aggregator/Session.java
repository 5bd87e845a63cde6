package bwmon.aggregator;

import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.alert.Alerts;
import bwmon.aggregator.config.Configuration;
import bwmon.aggregator.delivery.CommandRunner;
import bwmon.aggregator.grouping.Grouper;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.aggregator.usage.Joiner;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.IntervalLoop;
import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.cli.View;
import bwmon.cli.ViewThread;
import bwmon.proxy.Pipe;
import bwmon.proxy.Pipes;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Ticker;
import com.codahale.metrics.MetricRegistry;
import org.jspecify.annotations.Nullable;

/**
 * One run: opens what the configuration asks for, makes a snapshot each interval, and hands it to alerts and the view. The
 * thread that runs it makes the snapshots and compares averages, which takes no time to speak of; the view, the pipes
 * and the commands have threads of their own.
 */
final class Session {
    /** Which bytes are shown and compared: the one layer that both pipes and sockets know. */
    static final Layer LAYER = Layer.PAYLOAD;
    /** How long the end waits for a standard output that takes nothing. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Configuration configuration;
    private final MonitorOpener opener;
    private final IntervalLoop loop;
    private final View<Picture> view;
    private final PrintStream err;
    private final ZoneId zone;

    Session(Configuration configuration, MonitorOpener opener, IntervalLoop loop, View<Picture> view, PrintStream err,
            ZoneId zone) {
        this.configuration = configuration;
        this.opener = opener;
        this.loop = loop;
        this.view = view;
        this.err = err;
        this.zone = zone;
    }

    /**
     * Runs until the loop is stopped or nobody reads the view.
     *
     * @param once whether to end after one interval
     * @throws ProgramException if something cannot be opened
     */
    void run(boolean once) throws ProgramException {
        try (Pipes pipes = configuration.pipes().isEmpty()
                ? null
                : Pipes.open(configuration.pipes(), new MetricRegistry(), Ticker.SYSTEM, (pipe, connection) -> {});
                MonitorOpener.Monitor monitor = configuration.monitors().isEmpty()
                        ? null
                        : opener.open(Ticker.SYSTEM);
                CommandRunner commands = new CommandRunner(Ticker.SYSTEM)) {
            Aggregator aggregator = aggregator(pipes == null ? List.of() : pipes.pipes(), monitor);
            if (monitor != null) {
                monitor.notices().forEach(notice -> err.println("runaggregator: " + notice));
            }
            var alerts = new Alerts(configuration.notifications(), LAYER, Ticker.SYSTEM.nanos());
            var views = new ViewThread<>(view, Picture::then, err, loop::stop);
            try {
                loop.run(() -> {
                    boolean last = once || loop.isStopping();
                    if (last && pipes != null) {
                        // Nothing is forwarded after this, so that the last interval has every byte.
                        pipes.drain(Duration.ZERO);
                    }
                    Snapshot snapshot = aggregator.pass(last);
                    List<AlertEvent> events = alerts.next(snapshot);
                    events.forEach(commands::run);
                    views.show(new Picture(snapshot, List.of(), events.stream().map(AlertEvent::alert).toList()),
                            events.stream().map(event -> event.line(zone)).toList());
                    return !last;
                });
            } finally {
                finish(views);
            }
        }
    }

    private Aggregator aggregator(List<Pipe> pipes, MonitorOpener.@Nullable Monitor monitor) {
        Set<Endpoint> listeners = pipes.stream().flatMap(pipe -> pipe.listeners().stream())
                .collect(Collectors.toUnmodifiableSet());
        var joiner = new Joiner((int) ProcessHandle.current().pid(), new MonitorFilter(configuration.monitors()),
                new Grouper(configuration.applications(), configuration.autoGroup()));
        return new Aggregator(monitor == null ? List.of() : List.of(monitor.source()), pipes, listeners,
                () -> pipes.stream().flatMap(pipe -> pipe.takeUpstreams().stream()).collect(Collectors.toSet()),
                new LocalAddresses(), joiner, monitor == null ? List.of() : monitor.notices(), Ticker.SYSTEM,
                Clock.systemUTC());
    }

    private static void finish(ViewThread<Picture> views) throws ProgramException {
        try {
            if (!views.finish(PATIENCE)) {
                throw new ProgramException(Kind.FAILURE, "standard output took nothing for " + PATIENCE.toSeconds()
                        + " s: the last intervals were not shown");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (views.hasFailed()) {
            throw new ProgramException(Kind.FAILURE, "the view failed; the log says why");
        }
    }
}
