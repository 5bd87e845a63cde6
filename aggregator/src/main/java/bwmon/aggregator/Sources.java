package bwmon.aggregator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.config.Configuration;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.PipeConnection;
import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.monitor.Monitor;
import bwmon.proxy.Pipe;
import bwmon.proxy.Pipes;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Owner;
import bwmon.traffic.Ticker;
import com.codahale.metrics.MetricRegistry;
import org.jspecify.annotations.Nullable;

/** What a configuration asks to look at, opened: the monitor of this host, if any, and the pipes. One thread. */
final class Sources implements AutoCloseable, PipeSet {
    private final MetricRegistry registry;
    private final Ticker ticker;
    private @Nullable SourceThread<Monitor> monitor;
    private @Nullable Pipes pipes;
    private List<Pipe> reporting = List.of();

    private Sources(MetricRegistry registry, Ticker ticker) {
        this.registry = registry;
        this.ticker = ticker;
    }

    /**
     * Opens all, or nothing.
     *
     * @param registry for the pipes' metrics
     * @param patience how long an interval waits for the monitor
     * @param abandon as {@link SourceThread#open}
     * @throws ProgramException if something cannot be opened
     */
    static Sources open(Configuration configuration, MonitorOpener opener, MetricRegistry registry, Duration patience,
            Runnable abandon, Ticker ticker) throws ProgramException {
        var sources = new Sources(registry, ticker);
        try {
            sources.openPipes(configuration);
            if (!configuration.monitors().isEmpty()) {
                sources.monitor = SourceThread.open(() -> opener.open(configuration.general(), ticker),
                        () -> patience, abandon, ticker);
            }
            return sources;
        } catch (ProgramException | RuntimeException e) {
            sources.close();
            throw e;
        }
    }

    private void openPipes(Configuration configuration) throws ProgramException {
        if (!configuration.pipes().isEmpty()) {
            pipes = Pipes.open(configuration.pipes(), Pipes.runtime(configuration.general().threads(), ticker),
                    registry, ticker,
                    (pipe, connection) -> {});
            pipes.pipes().forEach(Pipe::keepEnded);
        }
    }

    /**
     * Opens and ends pipes as another configuration asks for it.
     *
     * @param before what is in force
     * @throws ProgramException if that cannot be done; all is as it was then
     */
    void change(Configuration before, Configuration after) throws ProgramException {
        boolean sameMonitor = before.monitors().isEmpty() == after.monitors().isEmpty()
                && before.general().source() == after.general().source()
                && before.general().setup() == after.general().setup();
        if (!sameMonitor) {
            // No byte would be lost or counted twice only if both looked at the same instant.
            throw new ProgramException(Kind.CONFIGURATION,
                    "what the monitor reads (source, setup, or whether there is a"
                            + " monitor) cannot be changed while the program runs: start it anew");
        }
        if (pipes != null && before.general().threads() != after.general().threads()) {
            throw new ProgramException(Kind.CONFIGURATION,
                    "how many threads forward (threads) cannot be changed while the program runs: start it anew");
        }
        if (pipes == null) {
            openPipes(after);
        } else {
            pipes.change(after.pipes());
            pipes.pipes().forEach(Pipe::keepEnded);
        }
    }

    /** The monitor; none or one. */
    List<SourceThread<Monitor>> monitors() {
        return monitor == null ? List.of() : List.of(monitor);
    }

    /** What there is to see figures of, in a few words each. */
    List<String> names() {
        var names = new ArrayList<String>();
        if (monitor != null) {
            names.add(monitor.name());
        }
        int count = pipes == null ? 0 : pipes.pipes().size();
        if (count > 0) {
            names.add(count == 1 ? "1 pipe" : count + " pipes");
        }
        return names;
    }

    /** What a person should know of the monitor's limits on this host, and of the pipes'. */
    List<String> notices() {
        var notices = new ArrayList<String>();
        if (pipes != null && pipes.remark() != null) {
            notices.add(pipes.remark());
        }
        if (monitor == null) {
            return notices;
        }
        notices.addAll(monitor.source().notices());
        if (!monitor.source().tellsIpBytes() && pipes != null) {
            notices.add("IP bytes are unknown here: what is shown and compared is payload, as the pipes count it");
        }
        return notices;
    }

    /** Which bytes the monitor knows best; pipes alone know payload. */
    Layer layer() {
        return monitor != null && monitor.source().tellsIpBytes() ? Layer.IP : Layer.PAYLOAD;
    }

    /** Stops to forward, so that the last interval has every byte. */
    void drain() {
        if (pipes != null) {
            pipes.drain(Duration.ZERO);
        }
    }

    @Override
    public List<Pipe> sources() {
        reporting = pipes == null ? List.of() : pipes.all();
        return reporting;
    }

    @Override
    public Map<Endpoint, Owner.Pipe> listeners() {
        var listeners = new HashMap<Endpoint, Owner.Pipe>();
        // Those that take connections come first, and an address may have been another's before.
        reporting.forEach(pipe -> pipe.listeners().forEach(at -> listeners.putIfAbsent(at, pipe.owner())));
        return listeners;
    }

    @Override
    public List<PipeConnection> connections() {
        var connections = new ArrayList<PipeConnection>();
        for (Pipe pipe : reporting) {
            pipe.takeConnections().forEach(connection -> connections
                    .add(new PipeConnection(pipe.owner(), connection.client(), connection.upstream())));
        }
        return connections;
    }

    @Override
    public void close() {
        try {
            if (monitor != null) {
                monitor.close();
            }
        } finally {
            if (pipes != null) {
                pipes.close();
            }
        }
    }
}
