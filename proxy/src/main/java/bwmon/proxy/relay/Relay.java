package bwmon.proxy.relay;

import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.meter.ConnectionMeter;
import bwmon.traffic.Direction;
import bwmon.traffic.Flow;
import io.netty.channel.IoEventLoop;
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
final class Relay {
    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    /** How long to wait before asking again whether a side that is to be reset has got everything. */
    private static final long FIRST_DELIVERY_CHECK_MILLIS = 2;
    private static final long MAX_DELIVERY_CHECK_MILLIS = 250;

    private final Forwarder forwarder;
    private final IoEventLoop loop;
    private final StreamSocket client;
    private final String clientText;
    private final @Nullable Flow flow;
    private final ConnectionMeter meter = new ConnectionMeter();
    private final Instant startTime = Instant.now();
    private final long startNanos;
    private long lastActiveNanos;
    private @Nullable Duration connectTime;
    private @Nullable Duration firstByteTime;
    private @Nullable StreamSocket upstream;
    private @Nullable SocketAddress upstreamAddress;
    private @Nullable OneWay toUpstream;
    private @Nullable OneWay toClient;
    /** How it will end, once what is on the way to the other side is delivered; null while nothing is broken. */
    private @Nullable ConnectionEnd breaking;
    private @Nullable Future<?> idleCheck;
    private @Nullable Future<?> deliveryCheck;
    private boolean over;

    /**
     * A connection that was accepted.
     *
     * @param flow its ends as this host sees them, the listening one being the local; null for UNIX sockets
     */
    Relay(Forwarder forwarder, IoEventLoop loop, StreamSocket client, @Nullable Flow flow) {
        this.forwarder = forwarder;
        this.loop = loop;
        this.client = client;
        this.clientText = flow == null ? "unix" : flow.remote().toString();
        this.flow = flow;
        this.startNanos = forwarder.ticker().nanos();
        this.lastActiveNanos = startNanos;
    }

    ConnectionMeter meter() {
        return meter;
    }

    @Nullable
    Flow flow() {
        return flow;
    }

    /** Connects to the upstream; the client is not read before that. On the event loop. */
    void start() {
        PipeOptions options = forwarder.options();
        guarded(() -> Connector.connect(loop, forwarder.resolver(), options.target(), options.connectTimeout())
                .addListener((FutureListener<Connector.Connected>) attempt -> guarded(() -> connected(attempt))));
    }

    /** Whatever goes wrong inside ends this connection, and neither the others nor in silence. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("forwarding for {} failed", clientText, e);
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
        connectTime = sinceStart();
        forwarder.meter().connected(connectTime);
        toUpstream = new OneWay(this, client, socket, Direction.TX, forwarder.limiter(Direction.TX));
        toClient = new OneWay(this, socket, client, Direction.RX, forwarder.limiter(Direction.RX));
        toUpstream.sayFirst(forwarder.options().proxyProtocol().header(flow));
        socket.listener(this::pump);
        client.register(loop, this::pump);
        lastActiveNanos = forwarder.ticker().nanos();
        if (!forwarder.options().idleTimeout().isZero()) {
            checkIdle();
        }
        pump();
    }

    private Duration sinceStart() {
        return Duration.ofNanos(forwarder.ticker().nanos() - startNanos);
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
            if (breaking != null) {
                deliver();
            }
        });
    }

    private void checkIdle() {
        long quiet = forwarder.ticker().nanos() - lastActiveNanos;
        long left = forwarder.options().idleTimeout().toNanos() - quiet;
        if (left <= 0) {
            end(ConnectionEnd.IDLE_TIMEOUT, null);
        } else if (!over) {
            idleCheck = loop.schedule(this::checkIdle, left, TimeUnit.NANOSECONDS);
        }
    }

    /** Does something on the event loop, unless the connection is over by then. */
    void execute(Runnable task) {
        loop.execute(task);
    }

    boolean isOver() {
        return over;
    }

    void read(Direction direction, int bytes) {
        lastActiveNanos = forwarder.ticker().nanos();
        if (direction == Direction.RX && firstByteTime == null) {
            firstByteTime = sinceStart();
            forwarder.meter().firstByte(firstByteTime);
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

    /** A socket takes no more; what it sent before is still to be delivered. */
    void sinkFailed(OneWay way) {
        if (reverse(way).isSourceEnded()) {
            breakOff(way.to());
        }
    }

    /** A socket's stream came to its end. */
    void sourceEnded(OneWay way) {
        if (reverse(way).isAbandoned()) {
            breakOff(way.from());
        }
    }

    /** A socket was reset by its peer. */
    void sourceFailed(OneWay way) {
        reverse(way).abandon();
        breakOff(way.from());
    }

    /** A direction is through, its end passed on. */
    void finished() {
        if (toUpstream != null && toClient != null && toUpstream.isFinished() && toClient.isFinished()) {
            end(ConnectionEnd.CLOSED, null);
        }
    }

    private void breakOff(StreamSocket broken) {
        if (breaking == null) {
            breaking = broken.equals(client) ? ConnectionEnd.CLIENT_RESET : ConnectionEnd.UPSTREAM_RESET;
            deliver();
        }
    }

    /** Resets the side that is left, once it has all that the broken side had sent. */
    private void deliver() {
        if (over || breaking == null || deliveryCheck != null || toUpstream == null || toClient == null) {
            return;
        }
        OneWay last = breaking == ConnectionEnd.CLIENT_RESET ? toUpstream : toClient;
        if (last.isFlushed()) {
            checkDelivery(last, FIRST_DELIVERY_CHECK_MILLIS);
        }
        // Else the next pump brings us back here.
    }

    private void checkDelivery(OneWay last, long delayMillis) {
        if (over || breaking == null) {
            return;
        }
        try {
            if (last.isAbandoned() || last.to().isDelivered()) {
                end(breaking, null);
                return;
            }
        } catch (IOException e) {
            end(breaking, e);
            return;
        }
        // A peer that never takes it ends by the kernel's own retransmission timeout, or by ours for idleness.
        deliveryCheck = loop.schedule(
                () -> checkDelivery(last, Math.min(2 * delayMillis, MAX_DELIVERY_CHECK_MILLIS)), delayMillis,
                TimeUnit.MILLISECONDS);
    }

    /** Ends the connection because the program ends; any thread. */
    void shutDown() {
        loop.execute(() -> end(ConnectionEnd.SHUTDOWN, null));
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
        forwarder.ended(this, new FinishedConnection(startTime, sinceStart(), clientText,
                upstreamAddress == null ? null : Addresses.text(upstreamAddress), connectTime, firstByteTime, meter,
                end,
                cause == null ? null : String.valueOf(cause.getMessage())));
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

    private static void reset(@Nullable StreamSocket socket) {
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
