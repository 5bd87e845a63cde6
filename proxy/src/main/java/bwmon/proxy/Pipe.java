package bwmon.proxy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;

import bwmon.proxy.meter.ConnectionMeter;
import bwmon.proxy.meter.PipeMeter;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.Forwarder;
import bwmon.proxy.relay.Target;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.Ticker;
import bwmon.traffic.TrafficSource;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * A pipe as a source of traffic. A report has one usage for each connection that moved bytes (of those that ended, only where
 * {@link #keepEnded} was called): the owner is the pipe, the flow is the client's connection with our end as the local one, and
 * the counts are payload that was forwarded, seen as the client sees it: tx from the client to the upstream, rx from the
 * upstream to the client. A byte is counted when the kernel took it for the other side.
 *
 * <p>The usages of all reports, and of a last one after the pipe has ended, add up to the access log to the byte.
 */
public final class Pipe implements TrafficSource {
    /**
     * Connections that ended since the last report and are kept apart. Beyond that their bytes go into one usage without
     * a flow, as all do that are not kept: nothing is lost but the name of the client's end.
     */
    private static final int MAX_ENDED = 65_536;

    private final PipeSpec spec;
    private final Owner.Pipe owner;
    private final PipeMeter meter;
    private final Ticker ticker;
    private final Forwarder forwarder;
    private final Set<Endpoint> listeners = new CopyOnWriteArraySet<>();
    private final AtomicReference<@Nullable Path> socketFile = new AtomicReference<>();
    private final Object endedLock = new Object();
    // Guarded by endedLock.
    private Queue<Forwarder.Open> ended = new ArrayDeque<>();
    private Set<Connection> endedConnections = new HashSet<>();
    /** Else they would be most of what the heap holds, and of what its collector moves. */
    private boolean keepsEnded;
    private ByteCounts endedBeyond = ByteCounts.ofPayload(0, 0);
    private long lastCollectNanos;
    private Total lastTotal;

    Pipe(PipeSpec spec, PipeMeter meter, Ticker ticker, ForwarderFactory factory) {
        this.spec = spec;
        this.owner = spec.owner();
        this.meter = meter;
        this.ticker = ticker;
        this.forwarder = factory.create(this, this::ended);
        this.lastCollectNanos = ticker.nanos();
        this.lastTotal = new Total(0, 0, lastCollectNanos);
    }

    /** Makes the forwarder that tells this pipe of connections that ended. */
    @FunctionalInterface
    interface ForwarderFactory {
        Forwarder create(Pipe pipe, BiConsumer<@Nullable Flow, FinishedConnection> onEnd);
    }

    private void ended(@Nullable Flow flow, FinishedConnection connection) {
        synchronized (endedLock) {
            if (keepsEnded) {
                add(endedConnections, flow, connection.upstreamFlow());
            }
            if (keepsEnded && ended.size() < MAX_ENDED) {
                ended.add(new Forwarder.Open(flow, connection.upstreamFlow(), connection.meter()));
            } else {
                endedBeyond = endedBeyond.plus(connection.meter().takeForwarded());
            }
        }
    }

    @Override
    public String name() {
        return owner.command();
    }

    /** What was asked of the pipe. */
    public PipeSpec spec() {
        return spec;
    }

    /** To whom its bytes are charged. */
    public Owner.Pipe owner() {
        return owner;
    }

    /** Its counters since it was opened. */
    public PipeMeter meter() {
        return meter;
    }

    Forwarder forwarder() {
        return forwarder;
    }

    void listensOn(Endpoint endpoint) {
        listeners.add(endpoint);
    }

    /** Gives its addresses back; connections that are open go on. */
    void stopListening() {
        forwarder.stopAccepting();
    }

    void madeSocketFile(Path path) {
        socketFile.set(path);
    }

    /** The file of the UNIX socket that the pipe has made; it is given out once, to be removed. */
    Optional<Path> takeSocketFile() {
        return Optional.ofNullable(socketFile.getAndSet(null));
    }

    /**
     * Where it takes connections, or took those that are still open; the address is the wildcard where it takes them on all.
     * Empty for UNIX sockets.
     */
    public Set<Endpoint> listeners() {
        return Set.copyOf(listeners);
    }

    /** Whether a connection to that endpoint of this host comes to this pipe. */
    public boolean listensAt(Endpoint endpoint) {
        return listeners.contains(endpoint)
                || listeners.stream().anyMatch(l -> l.isWildcard() && l.port() == endpoint.port());
    }

    @Override
    public Report collect() {
        var usages = new ArrayList<Usage>();
        Queue<Forwarder.Open> endedSince;
        ByteCounts beyond;
        synchronized (endedLock) {
            endedSince = ended;
            ended = new ArrayDeque<>();
            beyond = endedBeyond;
            endedBeyond = ByteCounts.ofPayload(0, 0);
        }
        endedSince.forEach(connection -> add(usages, connection));
        // One that ends meanwhile may be met here and in the next report's queue: its meter hands each byte out once.
        forwarder.open().forEach(connection -> add(usages, connection));
        if (!beyond.isNothing()) {
            usages.add(new Usage(owner, null, beyond));
        }
        long now = ticker.nanos();
        var report = new Report(name(), Duration.ofNanos(now - lastCollectNanos), usages);
        lastCollectNanos = now;
        return report;
    }

    /**
     * What was forwarded since the last call, or since the pipe was opened, all connections together: for whoever does not want
     * to look at each of them, as {@link #collect} does.
     */
    Total takeTotal() {
        long now = ticker.nanos();
        var total = new Total(meter.forwarded(Direction.TX), meter.forwarded(Direction.RX), now);
        Total since = new Total(total.tx - lastTotal.tx, total.rx - lastTotal.rx, now - lastTotal.nanos);
        lastTotal = total;
        return since;
    }

    /**
     * Payload, and a time.
     *
     * @param tx bytes from clients to the upstream
     * @param rx bytes from the upstream to clients
     */
    record Total(long tx, long rx, long nanos) {}

    private void add(List<Usage> usages, Forwarder.Open connection) {
        ConnectionMeter counters = connection.meter();
        ByteCounts counts = counters.takeForwarded();
        if (!counts.isNothing()) {
            usages.add(new Usage(owner, connection.flow(), counts));
        }
    }

    /**
     * From now on reports and {@link #takeConnections} tell of each connection that ended: for whoever asks for both at every
     * interval. Until then reports have all that ended in one usage without a flow.
     */
    public void keepEnded() {
        synchronized (endedLock) {
            keepsEnded = true;
        }
    }

    /**
     * A connection that the pipe forwards.
     *
     * @param client the client's, our end being the local one; null for UNIX sockets
     * @param upstream our own to the upstream, likewise
     */
    public record Connection(@Nullable Flow client, @Nullable Flow upstream) {}

    /**
     * The connections that have reached their upstream and are open, or have ended since the last call: whoever sees either
     * side of them elsewhere knows that they are counted here. Of those that ended, {@value #MAX_ENDED} at most, and none
     * unless they are {@link #keepEnded kept}.
     */
    public Set<Connection> takeConnections() {
        var connections = new HashSet<Connection>();
        forwarder.open().forEach(open -> add(connections, open.flow(), open.upstreamFlow()));
        synchronized (endedLock) {
            connections.addAll(endedConnections);
            endedConnections = new HashSet<>();
        }
        return connections;
    }

    private void add(Set<Connection> connections, @Nullable Flow client, @Nullable Flow upstream) {
        boolean isReached = upstream != null || spec.options().target() instanceof Target.Unix;
        if (isReached && connections.size() < MAX_ENDED) {
            connections.add(new Connection(client, upstream));
        }
    }

    @Override
    public void close() {
        forwarder.close();
        meter.unregister();
    }
}
