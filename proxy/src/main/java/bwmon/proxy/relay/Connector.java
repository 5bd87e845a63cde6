package bwmon.proxy.relay;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.socket.StreamSocket;
import bwmon.proxy.socket.SystemErrors;
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

    /** How soon to try again where the kernel says that it has no room just now. */
    private static final long RETRY_MILLIS = 20;

    private final Forwarder forwarder;
    private final IoEventLoop loop;
    private final boolean speaksFirst;
    private final Promise<Connected> result;
    private final List<StreamSocket> pending = new ArrayList<>();
    private final Deque<SocketAddress> untried = new ArrayDeque<>();
    private @Nullable Future<?> nextAttempt;
    private @Nullable Throwable failure;

    /**
     * A connection that was reached.
     *
     * @param address which of the target's addresses answered
     * @param cut whether the upstream has reset it meanwhile; what it sent before that can still be read
     */
    record Connected(StreamSocket socket, SocketAddress address, boolean cut) {}

    private Connector(Forwarder forwarder, IoEventLoop loop, boolean speaksFirst) {
        this.forwarder = forwarder;
        this.loop = loop;
        this.speaksFirst = speaksFirst;
        this.result = loop.newPromise();
    }

    /**
     * Connects to a pipe's target. Where this process has no descriptor left the forwarder is told, and the attempt goes on
     * until the timeout.
     *
     * @param loop the event loop on which this is called, and on which the new socket will be
     * @param speaksFirst as {@link StreamSocket#beginConnect}
     * @return the socket, registered; or why there is none
     */
    static Future<Connected> connect(Forwarder forwarder, IoEventLoop loop, boolean speaksFirst) {
        var connector = new Connector(forwarder, loop, speaksFirst);
        PipeOptions options = forwarder.options();
        Duration timeout = options.connectTimeout();
        Future<?> deadline = loop.schedule(
                () -> connector.timedOut(timeout),
                timeout.toMillis(), TimeUnit.MILLISECONDS);
        connector.result.addListener(_ -> deadline.cancel(false));
        forwarder.resolve(loop)
                .addListener((FutureListener<List<SocketAddress>>) resolved -> {
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
                if (isForNow(e, address)) {
                    untried.addFirst(address);
                    nextAttempt = loop.schedule(this::tryNext, RETRY_MILLIS, TimeUnit.MILLISECONDS);
                    return;
                }
            }
        }
        if (pending.isEmpty() && !result.isDone()) {
            fail(failure == null ? new IOException("the name has no address") : failure);
        }
    }

    /** Whether trying again may help: descriptors come back, and so does room in the queue of a UNIX listener. */
    private boolean isForNow(IOException e, SocketAddress address) {
        if (classify(e) == ConnectionEnd.CONNECT_DESCRIPTORS) {
            forwarder.descriptorsShort();
            return true;
        }
        return address instanceof UnixDomainSocketAddress && SystemErrors.number(e) == SystemErrors.EAGAIN;
    }

    /** Begins to connect; false if that failed or succeeded at once, so that nothing is pending. */
    private boolean attempt(SocketAddress address) throws IOException {
        StreamSocket socket = forwarder.transport().socket(address);
        boolean connected;
        try {
            socket.tune();
            connected = socket.beginConnect(address, speaksFirst);
            // The first event of a connecting socket tells that it is connected, or that it failed.
            socket.register(loop, () -> finish(socket, address));
        } catch (IOException e) {
            close(socket);
            throw e;
        }
        if (connected) {
            socket.listener(() -> {});
            succeed(socket, address, false);
            return false;
        }
        pending.add(socket);
        if (!untried.isEmpty()) {
            nextAttempt = loop.schedule(this::tryNext, ATTEMPT_DELAY_MILLIS, TimeUnit.MILLISECONDS);
        }
        return true;
    }

    private void finish(StreamSocket socket, SocketAddress address) {
        try {
            if (socket.mayWrite() && socket.isConnected()) {
                connected(socket, address, false);
            }
        } catch (IOException e) {
            int number = SystemErrors.number(e);
            if (number == SystemErrors.ECONNRESET || number == SystemErrors.EPIPE) {
                // It was connected, and is reset already: before its end (ECONNRESET), or behind it.
                connected(socket, address, number == SystemErrors.ECONNRESET);
                return;
            }
            pending.remove(socket);
            close(socket);
            note(e);
            tryNext();
        }
    }

    private void connected(StreamSocket socket, SocketAddress address, boolean cut) {
        pending.remove(socket);
        socket.listener(() -> {});
        succeed(socket, address, cut);
    }

    private void note(IOException e) {
        // The first cause is kept: what the preferred address said tells more than the last resort.
        failure = failure == null ? e : failure;
    }

    private void succeed(StreamSocket socket, SocketAddress address, boolean cut) {
        if (result.trySuccess(new Connected(socket, address, cut))) {
            abandonOthers();
        } else {
            close(socket);
        }
    }

    private void timedOut(Duration timeout) {
        boolean shortage = failure != null && classify(failure) == ConnectionEnd.CONNECT_DESCRIPTORS;
        fail(shortage && failure != null
                ? failure
                : new SocketTimeoutException("no answer within " + timeout.toMillis() + " ms"));
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
        return switch (cause) {
            case UnknownHostException _ -> ConnectionEnd.CONNECT_RESOLVE;
            case SocketTimeoutException _ -> ConnectionEnd.CONNECT_TIMEOUT;
            default -> switch (SystemErrors.number(cause)) {
                // A UNIX socket without a listener is a file that is not there, or that nobody holds open.
                case SystemErrors.ECONNREFUSED, SystemErrors.ENOENT -> ConnectionEnd.CONNECT_REFUSED;
                case SystemErrors.ETIMEDOUT -> ConnectionEnd.CONNECT_TIMEOUT;
                case SystemErrors.ENETUNREACH, SystemErrors.EHOSTUNREACH -> ConnectionEnd.CONNECT_UNREACHABLE;
                case SystemErrors.EMFILE, SystemErrors.ENFILE -> ConnectionEnd.CONNECT_DESCRIPTORS;
                default -> ConnectionEnd.CONNECT_OTHER;
            };
        };
    }
}
