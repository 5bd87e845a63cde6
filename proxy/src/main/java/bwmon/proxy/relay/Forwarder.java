package bwmon.proxy.relay;

import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

import bwmon.proxy.meter.ConnectionMeter;
import bwmon.proxy.meter.PipeMeter;
import bwmon.proxy.socket.Addresses;
import bwmon.proxy.socket.DescriptorBudget;
import bwmon.proxy.socket.ListeningSocket;
import bwmon.proxy.socket.StreamSocket;
import bwmon.proxy.socket.Transport;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Ticker;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The forwarding of one pipe: its listening sockets, its limits, and the connections that are open. */
public final class Forwarder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Forwarder.class);
    private static final long WARNING_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final RelayRuntime runtime;
    private final PipeOptions options;
    /** The target's addresses, where they are not to be looked up for each connection. */
    private final @Nullable List<SocketAddress> knownAddresses;
    private volatile @Nullable Upstream lastUpstream;
    private final PipeMeter meter;
    private final BiConsumer<@Nullable Flow, FinishedConnection> onEnd;
    private final @Nullable RateLimiter txLimiter;
    private final @Nullable RateLimiter rxLimiter;
    private final AtomicLong lastWarningNanos = new AtomicLong();
    /** Addresses taken, where nobody answers yet. */
    private final Deque<ListeningSocket> bound = new ArrayDeque<>();
    /** Event loops look through it. */
    private final List<Acceptor> acceptors = new CopyOnWriteArrayList<>();
    /** Bounded by {@link PipeOptions#maxConnections}. */
    private final Set<Relay> relays = Collections.newSetFromMap(new ConcurrentHashMap<>());

    private record Upstream(SocketAddress address, Endpoint endpoint) {}

    /**
     * A pipe that does not listen yet.
     *
     * @param onEnd is told of every connection that ended, on an event loop, with its flow (null for UNIX sockets)
     */
    public Forwarder(RelayRuntime runtime, PipeOptions options, PipeMeter meter,
            BiConsumer<@Nullable Flow, FinishedConnection> onEnd) {
        this.runtime = runtime;
        this.options = options;
        this.knownAddresses = Resolver.known(options.target());
        this.meter = meter;
        this.onEnd = onEnd;
        this.txLimiter = limiter();
        this.rxLimiter = limiter();
    }

    private @Nullable RateLimiter limiter() {
        return options.bytesPerSecond().isPresent()
                ? new RateLimiter(options.bytesPerSecond().getAsLong(), runtime.ticker(),
                        runtime.nextLoop().eventLoop())
                : null;
    }

    /**
     * Takes an address, without answering there yet.
     *
     * @return the endpoint that was taken, with the port that the kernel chose for port 0; null for a UNIX socket
     * @throws IOException with what the kernel said
     */
    public @Nullable Endpoint bind(SocketAddress address) throws IOException {
        ListeningSocket socket = runtime.transport().bind(address);
        bound.add(socket);
        return Addresses.endpoint(socket.localAddress());
    }

    /**
     * Answers on all addresses taken.
     *
     * @throws IOException with what the kernel said
     */
    public void start() throws IOException {
        while (!bound.isEmpty()) {
            ListeningSocket socket = bound.getFirst();
            socket.listen();
            // From here on the acceptor closes it.
            bound.removeFirst();
            RelayLoop first = runtime.nextLoop();
            accept(first, socket);
            if (socket.isTcp() && runtime.loops().size() > 1) {
                // Not before it listens: two pipes, or two programs of one user, would share a port without a word.
                socket.share();
                for (RelayLoop loop : runtime.loops()) {
                    if (!loop.equals(first)) {
                        accept(loop, runtime.transport().join(socket));
                    }
                }
            }
        }
    }

    private void accept(RelayLoop loop, ListeningSocket socket) throws IOException {
        var acceptor = new Acceptor(this, loop, socket);
        acceptors.add(acceptor);
        runtime.descriptors().keep(1);
        acceptor.start();
    }

    /**
     * A connection that is open.
     *
     * @param flow its client's end; null for UNIX sockets
     * @param upstreamFlow its upstream's; null for UNIX sockets and where there is none yet
     */
    public record Open(@Nullable Flow flow, @Nullable Flow upstreamFlow, ConnectionMeter meter) {}

    /** The connections that are open now. */
    public Collection<Open> open() {
        return relays.stream().map(relay -> new Open(relay.flow(), relay.upstreamFlow(), relay.meter())).toList();
    }

    /**
     * Forwards for a client, unless there are too many.
     *
     * @param loop the one that accepted it, on which this is called
     */
    void accepted(StreamSocket client, @Nullable Flow flow, RelayLoop loop) {
        if (!meter.tryOpen(options.maxConnections())) {
            Relay.reset(client);
            runtime.descriptors().giveBack();
            return;
        }
        RelayLoop serving = runtime.balanced(loop);
        serving.connectionBegins();
        var relay = new Relay(this, serving, client, flow);
        relays.add(relay);
        if (serving.equals(loop)) {
            relay.start();
        } else {
            serving.eventLoop().execute(relay::start);
        }
    }

    void acceptFailed(IOException e) {
        meter.acceptFailed();
        warn(e.getMessage());
    }

    /** No descriptor is left for an upstream's socket: nobody is let in until some have come back. */
    void descriptorsShort() {
        acceptors.forEach(Acceptor::pause);
        warn("Too many open files");
    }

    private void warn(@Nullable String what) {
        long now = runtime.ticker().nanos();
        long last = lastWarningNanos.get();
        if ((last == 0 || now - last > WARNING_INTERVAL_NANOS) && lastWarningNanos.compareAndSet(last, now)) {
            LOG.warn(
                    "clients have to wait: {}. Each connection takes two descriptors: raise LimitNOFILE= of the service, or"
                            + " ulimit -n, or lower --max-connections",
                    what);
        }
    }

    void ended(Relay relay, FinishedConnection connection) {
        // Told before it leaves the open ones, so that at no moment its bytes are in neither place.
        onEnd.accept(relay.flow(), connection);
        relays.remove(relay);
        relay.loop().connectionEnds();
        runtime.descriptors().giveBack();
        meter.ended(connection.end(), connection.duration());
    }

    PipeOptions options() {
        return options;
    }

    PipeMeter meter() {
        return meter;
    }

    Ticker ticker() {
        return runtime.ticker();
    }

    DescriptorBudget descriptors() {
        return runtime.descriptors();
    }

    Transport transport() {
        return runtime.transport();
    }

    /**
     * An upstream's address as an endpoint; the same object as the last time where it is the same address, as it is for most
     * connections of a pipe. Null for UNIX sockets.
     */
    @Nullable
    Endpoint endpoint(SocketAddress upstream) {
        Upstream last = lastUpstream;
        if (last == null || !last.address().equals(upstream)) {
            Endpoint endpoint = Addresses.endpoint(upstream);
            if (endpoint == null) {
                return null;
            }
            last = new Upstream(upstream, endpoint);
            lastUpstream = last;
        }
        return last.endpoint();
    }

    /** The target's addresses, in the order in which they are to be tried; on that loop. */
    Future<List<SocketAddress>> resolve(IoEventLoop loop) {
        return knownAddresses == null
                ? runtime.resolver().resolve(options.target(), loop)
                : loop.newSucceededFuture(knownAddresses);
    }

    @Nullable
    RateLimiter limiter(Direction direction) {
        return direction == Direction.TX ? txLimiter : rxLimiter;
    }

    /**
     * Stops to accept and gives the addresses back; connections that are open go on. Nobody is let in any more when this
     * returns, until addresses are taken anew.
     */
    public void stopAccepting() {
        acceptors.forEach(Acceptor::close);
        runtime.descriptors().keep(-acceptors.size());
        acceptors.clear();
        bound.forEach(Forwarder::close);
        bound.clear();
    }

    private static void close(ListeningSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("closing a listening socket", e);
        }
    }

    /** Resets all connections that are open. */
    public void shutDown() {
        relays.forEach(Relay::shutDown);
    }

    @Override
    public void close() {
        stopAccepting();
        shutDown();
    }
}
