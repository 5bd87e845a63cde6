package bwmon.proxy.relay;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

import bwmon.proxy.meter.ConnectionEnd;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to reach an upstream: its name is looked up, its addresses are tried in turn, the next one as soon as the
 * one before failed or has not answered for a quarter of a second (RFC 8305, 5), and the first that answers is taken.
 * Runs on one event loop.
 */
final class Connector {
    /** RFC 8305, 8: Connection Attempt Delay. */
    private static final long ATTEMPT_DELAY_MILLIS = 250;

    private static final Logger LOG = LoggerFactory.getLogger(Connector.class);

    private final IoEventLoop loop;
    private final Promise<Connected> result;
    private final List<StreamSocket> pending = new ArrayList<>();
    private final Queue<SocketAddress> untried = new ArrayDeque<>();
    private @Nullable Future<?> nextAttempt;
    private @Nullable Throwable failure;

    /**
     * A connection that was reached.
     *
     * @param address which of the target's addresses answered
     */
    record Connected(StreamSocket socket, SocketAddress address) {}

    private Connector(IoEventLoop loop) {
        this.loop = loop;
        this.result = loop.newPromise();
    }

    /**
     * Connects.
     *
     * @param loop the event loop on which this is called, and on which the new socket will be
     * @param timeout for everything together, look-up included
     * @return the socket, registered; or why there is none
     */
    static Future<Connected> connect(IoEventLoop loop, Resolver resolver, Target target, Duration timeout) {
        var connector = new Connector(loop);
        Future<?> deadline = loop.schedule(
                () -> connector.fail(new SocketTimeoutException("no answer within " + timeout.toMillis() + " ms")),
                timeout.toMillis(), TimeUnit.MILLISECONDS);
        connector.result.addListener(_ -> deadline.cancel(false));
        resolver.resolve(target, loop).addListener((FutureListener<List<SocketAddress>>) resolved -> {
            if (resolved.isSuccess()) {
                connector.untried.addAll(resolved.getNow());
                connector.tryNext();
            } else {
                connector.fail(resolved.cause());
            }
        });
        return connector.result;
    }

    private void tryNext() {
        cancelNext();
        while (!result.isDone() && !untried.isEmpty()) {
            SocketAddress address = untried.remove();
            try {
                if (attempt(address)) {
                    return;
                }
            } catch (IOException e) {
                note(e);
            }
        }
        if (pending.isEmpty() && !result.isDone()) {
            fail(failure == null ? new IOException("the name has no address") : failure);
        }
    }

    /** Begins to connect; false if that failed or succeeded at once, so that nothing is pending. */
    private boolean attempt(SocketAddress address) throws IOException {
        StreamSocket socket = StreamSocket.forAddress(address);
        boolean connected;
        try {
            socket.tune();
            connected = socket.connect(StreamSocket.nativeAddress(address));
        } catch (IOException e) {
            close(socket);
            throw e;
        }
        if (connected) {
            socket.register(loop, () -> {});
            succeed(socket, address);
            return false;
        }
        pending.add(socket);
        // The first event of a connecting socket tells that it is connected, or that it failed.
        socket.register(loop, () -> finish(socket, address));
        if (!untried.isEmpty()) {
            nextAttempt = loop.schedule(this::tryNext, ATTEMPT_DELAY_MILLIS, TimeUnit.MILLISECONDS);
        }
        return true;
    }

    private void finish(StreamSocket socket, SocketAddress address) {
        try {
            if (socket.finishConnect()) {
                pending.remove(socket);
                socket.listener(() -> {});
                succeed(socket, address);
            }
        } catch (IOException e) {
            pending.remove(socket);
            close(socket);
            note(e);
            tryNext();
        }
    }

    private void note(IOException e) {
        // The first cause is kept: what the preferred address said tells more than the last resort.
        failure = failure == null ? e : failure;
    }

    private void succeed(StreamSocket socket, SocketAddress address) {
        if (result.trySuccess(new Connected(socket, address))) {
            abandonOthers();
        } else {
            close(socket);
        }
    }

    private void fail(Throwable cause) {
        if (result.tryFailure(cause)) {
            abandonOthers();
        }
    }

    private void abandonOthers() {
        cancelNext();
        pending.forEach(Connector::close);
        pending.clear();
    }

    private void cancelNext() {
        if (nextAttempt != null) {
            nextAttempt.cancel(false);
            nextAttempt = null;
        }
    }

    private static void close(StreamSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("closing a socket that did not connect", e);
        }
    }

    /** The label under which a failure is counted. */
    static ConnectionEnd classify(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return switch (cause) {
            case UnknownHostException _ -> ConnectionEnd.CONNECT_RESOLVE;
            case SocketTimeoutException _ -> ConnectionEnd.CONNECT_TIMEOUT;
            case NoRouteToHostException _ -> ConnectionEnd.CONNECT_UNREACHABLE;
            case Exception _ when message.contains("Too many open files") -> ConnectionEnd.CONNECT_DESCRIPTORS;
            case Exception _ when message.contains("unreachable") -> ConnectionEnd.CONNECT_UNREACHABLE;
            case Exception _ when message.contains("timed out") -> ConnectionEnd.CONNECT_TIMEOUT;
            // A UNIX socket without a listener is a file that is not there, or that nobody holds open.
            case Exception _ when message.contains("No such file") -> ConnectionEnd.CONNECT_REFUSED;
            case ConnectException _ -> ConnectionEnd.CONNECT_REFUSED;
            default -> ConnectionEnd.CONNECT_OTHER;
        };
    }
}
