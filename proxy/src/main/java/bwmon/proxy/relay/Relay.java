package bwmon.proxy.relay;

import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.meter.ConnectionMeter;
import bwmon.proxy.socket.Addresses;
import bwmon.proxy.socket.StreamSocket;
import bwmon.proxy.socket.SystemErrors;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection through a pipe, from accept to end, on one event loop.
 *
 * <p>It ends <em>in order</em> when both sides have said all and been told all; <em>broken</em> when a side resets, or
 * takes no more and has said all: what that side sent before is delivered to the other side first, which is then reset;
 * or by a timeout or a shutdown, which reset both sides, so that neither takes a cut stream for a whole one.
 */
final class Relay implements Runnable {
    private static final long NEVER = -1;
    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    /** How long to wait before asking again whether a side that is to be reset has got everything. */
    private static final long FIRST_DELIVERY_CHECK_MILLIS = 2;
    private static final long MAX_DELIVERY_CHECK_MILLIS = 250;
    /** A side that takes nothing for so long, after the other one broke off, is not waited for any longer. */
    private static final long DELIVERY_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Forwarder forwarder;
    private final RelayLoop loop;
    private final StreamSocket client;
    private final @Nullable Flow flow;
    private final ConnectionMeter meter = new ConnectionMeter();
    /** By the wall clock, in milliseconds since 1970. */
    private final long startMillis = System.currentTimeMillis();
    private final long startNanos;
    private long lastActiveNanos;
    // Since the start, or NEVER.
    private long connectNanos = NEVER;
    private long firstByteNanos = NEVER;
    private @Nullable StreamSocket upstream;
    private @Nullable SocketAddress upstreamAddress;
    /** Read by other threads. */
    private volatile @Nullable Flow upstreamFlow;
    private @Nullable OneWay toUpstream;
    private @Nullable OneWay toClient;
    /** How it will end, once what is on the way to the other side is delivered; null while nothing is broken. */
    private @Nullable ConnectionEnd breaking;
    private @Nullable IOException breakCause;
    private @Nullable Future<?> idleCheck;
    private @Nullable Future<?> deliveryCheck;
    private boolean over;

    /**
     * A connection that was accepted.
     *
     * @param flow its ends as this host sees them, the listening one being the local; null for UNIX sockets
     */
    Relay(Forwarder forwarder, RelayLoop loop, StreamSocket client, @Nullable Flow flow) {
        this.forwarder = forwarder;
        this.loop = loop;
        this.client = client;
        this.flow = flow;
        this.startNanos = forwarder.ticker().nanos();
        this.lastActiveNanos = startNanos;
    }

    private String clientText() {
        return flow == null ? "unix" : flow.remote().toString();
    }

    ConnectionMeter meter() {
        return meter;
    }

    @Nullable
    Flow flow() {
        return flow;
    }

    /** Our connection to the upstream, our end being the local one; null before there is one, and for UNIX sockets. */
    @Nullable
    Flow upstreamFlow() {
        return upstreamFlow;
    }

    /** Connects to the upstream; the client is not read before that. On the event loop. */
    void start() {
        guarded(() -> {
            boolean speaksFirst = client.hasInput() || forwarder.options().proxyProtocol() != ProxyProtocol.NONE;
            Connector.connect(forwarder, loop.eventLoop(), speaksFirst)
                    .addListener((FutureListener<Connector.Connected>) attempt -> guarded(() -> connected(attempt)));
        });
    }

    /** Whatever goes wrong inside ends this connection, and neither the others nor in silence. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("forwarding for {} failed", clientText(), e);
            end(ConnectionEnd.INTERNAL_ERROR, e);
        }
    }

    private void connected(Future<Connector.Connected> attempt) {
        if (!attempt.isSuccess()) {
            end(Connector.classify(attempt.cause()), attempt.cause());
            return;
        }
        StreamSocket socket = attempt.getNow().socket();
        upstream = socket;
        upstreamAddress = attempt.getNow().address();
        if (over) {
            reset(socket);
            return;
        }
        upstreamFlow = flow(socket, upstreamAddress);
        connectNanos = sinceStart();
        forwarder.meter().connected(connectNanos);
        toUpstream = new OneWay(this, client, socket, Direction.TX, forwarder.limiter(Direction.TX));
        toClient = new OneWay(this, socket, client, Direction.RX, forwarder.limiter(Direction.RX));
        if (attempt.getNow().cut()) {
            toClient.cutSource();
        }
        toUpstream.sayFirst(forwarder.options().proxyProtocol().header(flow));
        socket.listener(this);
        try {
            client.register(loop.eventLoop(), this);
        } catch (IOException e) {
            end(ConnectionEnd.INTERNAL_ERROR, e);
            return;
        }
        lastActiveNanos = forwarder.ticker().nanos();
        if (!forwarder.options().idleTimeout().isZero()) {
            checkIdle();
        }
        pump();
    }

    private @Nullable Flow flow(StreamSocket socket, SocketAddress address) {
        Endpoint local = socket.isTcp() ? Addresses.endpoint(socket.localAddress()) : null;
        Endpoint remote = forwarder.endpoint(address);
        return local == null || remote == null ? null : new Flow(Protocol.TCP, local, remote);
    }

    private long sinceStart() {
        return forwarder.ticker().nanos() - startNanos;
    }

    private static @Nullable Duration duration(long nanos) {
        return nanos == NEVER ? null : Duration.ofNanos(nanos);
    }

    /** One of the sockets has changed. */
    @Override
    public void run() {
        pump();
    }

    /** Moves what can be moved, both ways. On the event loop. */
    void pump() {
        guarded(() -> {
            if (toUpstream != null && !over) {
                toUpstream.pump();
            }
            if (toClient != null && !over) {
                toClient.pump();
            }
        });
    }

    private void checkIdle() {
        long quiet = forwarder.ticker().nanos() - lastActiveNanos;
        long left = forwarder.options().idleTimeout().toNanos() - quiet;
        if (left <= 0) {
            end(ConnectionEnd.IDLE_TIMEOUT, null);
        } else if (!over) {
            idleCheck = loop.eventLoop().schedule(this::checkIdle, left, TimeUnit.NANOSECONDS);
        }
    }

    /** Does something on the event loop, unless that has ended, and the connection with it. */
    void execute(Runnable task) {
        try {
            loop.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("too late for {}", clientText(), e);
        }
    }

    RelayLoop loop() {
        return loop;
    }

    boolean isOver() {
        return over;
    }

    void read(Direction direction, int bytes) {
        lastActiveNanos = forwarder.ticker().nanos();
        if (direction == Direction.RX && firstByteNanos == NEVER) {
            firstByteNanos = lastActiveNanos - startNanos;
            forwarder.meter().firstByte(firstByteNanos);
        }
        meter.read(direction, bytes);
        forwarder.meter().read(direction, bytes);
    }

    void forwarded(Direction direction, int bytes) {
        lastActiveNanos = forwarder.ticker().nanos();
        meter.forwarded(direction, bytes);
        forwarder.meter().forwarded(direction, bytes);
    }

    private OneWay reverse(OneWay way) {
        OneWay reverse = way == toUpstream ? toClient : toUpstream;
        if (reverse == null) {
            throw new IllegalStateException("a relay without a second direction");
        }
        return reverse;
    }

    /**
     * A socket takes no more; what it sent before is still to be delivered.
     *
     * @param cut whether what it sent is cut short, as far as writing could tell
     */
    void sinkFailed(OneWay way, IOException cause, boolean cut) {
        noteBreak(cause);
        if (cut) {
            reverse(way).cutSource();
        }
        // Once neither takes more, nothing is read either that would tell of the end.
        if (reverse(way).isSourceEnded() || reverse(way).isAbandoned()) {
            breakOff(way.to());
        }
    }

    /** Whether a stream that seems to have come to its end was cut by a reset, of which splicing to its socket was told. */
    boolean isCut(OneWay way, Direction direction) {
        try {
            return reverse(way).hasFallenShort() && !way.from().hasEnded(meter.read(direction));
        } catch (IOException e) {
            LOG.debug("asking for the end of {}", clientText(), e);
            return true;
        }
    }

    /** A socket's stream came to its end. */
    void sourceEnded(OneWay way) {
        if (reverse(way).isAbandoned()) {
            breakOff(way.from());
        }
    }

    /** A socket was reset by its peer. */
    void sourceFailed(OneWay way, @Nullable IOException cause) {
        noteBreak(cause);
        reverse(way).abandon();
        breakOff(way.from());
    }

    /** A direction is through, its end passed on. */
    void finished() {
        if (toUpstream != null && toClient != null && toUpstream.isFinished() && toClient.isFinished()) {
            end(ConnectionEnd.CLOSED, null);
        }
    }

    /** Keeps what the system said first: what follows from it says less. */
    private void noteBreak(@Nullable IOException cause) {
        breakCause = breakCause == null ? cause : breakCause;
    }

    /** Begins the end: the side that is left gets what the broken one had sent, and is then reset. */
    private void breakOff(StreamSocket broken) {
        if (breaking != null || toUpstream == null || toClient == null) {
            return;
        }
        breaking = broken.equals(client) ? ConnectionEnd.CLIENT_RESET : ConnectionEnd.UPSTREAM_RESET;
        checkDelivery(breaking, breaking == ConnectionEnd.CLIENT_RESET ? toUpstream : toClient,
                FIRST_DELIVERY_CHECK_MILLIS, Long.MAX_VALUE, forwarder.ticker().nanos());
    }

    /**
     * Ends the connection once the last direction has delivered all, or delivers no more.
     *
     * @param undelivered what was left when something last moved, at {@code movedNanos}
     */
    private void checkDelivery(ConnectionEnd end, OneWay last, long delayMillis, long undelivered, long movedNanos) {
        if (over) {
            return;
        }
        long left;
        try {
            left = last.isAbandoned() ? 0 : last.to().undelivered() + last.pendingBytes();
        } catch (IOException e) {
            noteBreak(e);
            left = 0;
        }
        long now = forwarder.ticker().nanos();
        long moved = left < undelivered ? now : movedNanos;
        if (left == 0 || now - moved > DELIVERY_PATIENCE_NANOS) {
            end(end, breakCause);
            return;
        }
        long least = Math.min(left, undelivered);
        long next = Math.min(2 * delayMillis, MAX_DELIVERY_CHECK_MILLIS);
        deliveryCheck = loop.eventLoop().schedule(() -> checkDelivery(end, last, next, least, moved),
                delayMillis,
                TimeUnit.MILLISECONDS);
    }

    /** Ends the connection because the program ends; any thread. */
    void shutDown() {
        loop.eventLoop().execute(() -> end(ConnectionEnd.SHUTDOWN, null));
    }

    private void end(ConnectionEnd end, @Nullable Throwable cause) {
        if (over) {
            return;
        }
        over = true;
        cancel(idleCheck);
        cancel(deliveryCheck);
        if (toUpstream != null && toClient != null) {
            toUpstream.abandon();
            toClient.abandon();
        }
        if (end == ConnectionEnd.CLOSED) {
            close(client);
            close(upstream);
        } else {
            reset(client);
            reset(upstream);
        }
        forwarder.ended(this,
                new FinishedConnection(Instant.ofEpochMilli(startMillis), Duration.ofNanos(sinceStart()), clientText(),
                        upstreamAddress == null ? null : Addresses.text(upstreamAddress), upstreamFlow,
                        duration(connectNanos),
                        duration(firstByteNanos), meter,
                        end,
                        cause == null ? null : SystemErrors.text(cause)));
    }

    private static void cancel(@Nullable Future<?> task) {
        if (task != null) {
            task.cancel(false);
        }
    }

    private static void close(@Nullable StreamSocket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            LOG.debug("closing", e);
        }
    }

    /** Breaks a socket off, if there is one. */
    static void reset(@Nullable StreamSocket socket) {
        try {
            if (socket != null) {
                socket.reset();
            }
        } catch (IOException e) {
            // The peer was faster: there is nothing left to reset.
            close(socket);
        }
    }
}
