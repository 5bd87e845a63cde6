package bwmon.aggregator;

import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.alert.Alerts;
import bwmon.aggregator.config.Configuration;
import bwmon.aggregator.delivery.Deliveries;
import bwmon.aggregator.delivery.Way;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.Grouper;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.aggregator.grouping.RowBound;
import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Joiner;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.IntervalLoop;
import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.cli.View;
import bwmon.cli.ViewThread;
import bwmon.monitor.conntrack.EnabledConntrack;
import bwmon.traffic.Ticker;
import com.codahale.metrics.MetricRegistry;

/**
 * One run: opens what the configuration asks for, makes a snapshot each interval, and hands it to alerts and the view. The
 * thread that runs it makes the snapshots and compares averages, which takes no time to speak of; the monitor, the view,
 * the pipes and the ways of telling people have threads of their own.
 */
final class Session {
    /** How long the end waits for a standard output that takes nothing. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** An interval waits for its monitor half as long as it is, but at least so long. */
    private static final Duration LEAST_PATIENCE = Duration.ofMillis(250);

    private final MonitorOpener opener;
    private final IntervalLoop loop;
    private final Duration interval;
    private final View<Picture> view;
    private final Reload reload;
    private final PrintStream err;
    private final ZoneId zone;
    private final MetricRegistry registry = new MetricRegistry();
    private Configuration configuration;

    Session(Configuration configuration, MonitorOpener opener, IntervalLoop loop, Duration interval,
            View<Picture> view, Reload reload, PrintStream err, ZoneId zone) {
        this.configuration = configuration;
        this.opener = opener;
        this.loop = loop;
        this.interval = interval;
        this.view = view;
        this.reload = reload;
        this.err = err;
        this.zone = zone;
    }

    /** Which bytes are shown and compared: IP bytes where there is a monitor, as pipes do not know theirs. */
    static Layer layer(Configuration configuration) {
        return configuration.monitors().isEmpty() ? Layer.PAYLOAD : Layer.IP;
    }

    /**
     * Runs until the loop is stopped or nobody reads the view.
     *
     * @param once whether to end after one interval
     * @param names is told what the sources are called, first and whenever they are others
     * @param onOpen is called when all is open, before the first interval
     * @throws ProgramException if something cannot be opened
     */
    void run(boolean once, Consumer<List<String>> names, Runnable onOpen) throws ProgramException {
        Duration patience = interval.dividedBy(2).compareTo(LEAST_PATIENCE) > 0
                ? interval.dividedBy(2)
                : LEAST_PATIENCE;
        try (Sources sources = Sources.open(configuration, opener, registry, patience, EnabledConntrack::abandonAll,
                Ticker.SYSTEM);
                Deliveries deliveries = new Deliveries(zone)) {
            var addresses = new LocalAddresses(Ticker.SYSTEM);
            var joiner = new Joiner((int) ProcessHandle.current().pid(), !sources.monitors().isEmpty(),
                    new MonitorFilter(configuration.monitors()),
                    grouper(configuration, addresses));
            var aggregator = new Aggregator(sources.monitors(), sources, addresses, joiner,
                    sources.notices(), Ticker.SYSTEM, Clock.systemUTC());
            names.accept(sources.names());
            onOpen.run();
            sources.notices().forEach(this::say);
            var alerts = new Alerts(configuration.notifications(), names(configuration), layer(configuration), zone,
                    Ticker.SYSTEM.nanos());
            gauges(alerts, deliveries);
            var quotas = new QuotaKeeper(alerts, Ticker.SYSTEM, reload::say);
            quotas.restore(configuration.general().stateFile());
            var health = new Health(registry, configuration.general().healthEvery(), Ticker.SYSTEM.nanos());
            var views = new ViewThread<>(view, Picture::then, err, loop::stop);
            try {
                loop.run(() -> {
                    boolean last = once || loop.isStopping();
                    if (last) {
                        sources.drain();
                    } else {
                        change(sources, joiner, addresses, alerts, health, names);
                    }
                    long begin = Ticker.SYSTEM.nanos();
                    Snapshot snapshot = aggregator.pass(last);
                    List<AlertEvent> events = alerts.next(snapshot);
                    quotas.keep(configuration.general().stateFile(), last);
                    events.stream().filter(AlertEvent::isDelivered).forEach(deliveries::deliver);
                    List<String> messages = new ArrayList<>(reload.takeMessages());
                    events.forEach(event -> messages.add(event.line(zone)));
                    // Only what is shown is bounded: a row that is not told apart is none that is silent.
                    Snapshot shown = snapshot
                            .with(RowBound.fold(snapshot.charges(), configuration.general().maxRows()));
                    views.show(new Picture(shown, alerts.inForce(), events.stream()
                            .filter(event -> !event.isRepeated()).map(AlertEvent::alert).toList()), messages);
                    health.passed(snapshot, Ticker.SYSTEM.nanos() - begin);
                    return !last;
                });
            } finally {
                finish(views);
            }
        }
    }

    /** Puts a configuration into force that was read since the last pass, between two intervals. */
    private void change(Sources sources, Joiner joiner, LocalAddresses addresses, Alerts alerts, Health health,
            Consumer<List<String>> names) {
        Configuration next = reload.take();
        if (next == null) {
            return;
        }
        try {
            sources.change(configuration, next);
            joiner.change(new MonitorFilter(next.monitors()), grouper(next, addresses));
            for (Alert dropped : alerts.reload(next.notifications(), names(next), layer(next))) {
                reload.say("no longer watched: " + dropped.label() + " (" + dropped.subject() + "), which was firing");
            }
            health.change(next.general().healthEvery(), Ticker.SYSTEM.nanos());
            names.accept(sources.names());
            configuration = next;
            reload.say("configuration reloaded");
        } catch (ProgramException e) {
            reload.say("not reloaded, what was in force stays so: " + e.getMessage());
        }
    }

    private static Grouper grouper(Configuration configuration, LocalAddresses addresses) {
        return new Grouper(configuration.applications(), configuration.autoGroup(), addresses);
    }

    private void say(String message) {
        if (!view.note(message)) {
            err.println("runaggregator: " + message);
        }
    }

    private static Set<String> names(Configuration configuration) {
        return configuration.applications().stream().map(ApplicationRules::name).collect(Collectors.toSet());
    }

    private void gauges(Alerts alerts, Deliveries deliveries) {
        registry.gauge("alerts.unwatched", () -> alerts::unwatched);
        for (Way way : Way.values()) {
            String name = MetricRegistry.name("delivery", way.name().toLowerCase(Locale.ROOT).replace('_', '-'));
            registry.gauge(name + ".waiting", () -> () -> deliveries.counts(way).waiting());
            registry.gauge(name + ".running", () -> () -> deliveries.counts(way).running());
            registry.gauge(name + ".refused", () -> () -> deliveries.counts(way).refused());
            registry.gauge(name + ".failed", () -> () -> deliveries.counts(way).failed());
        }
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
