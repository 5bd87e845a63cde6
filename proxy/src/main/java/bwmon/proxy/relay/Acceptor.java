package bwmon.proxy.relay;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

import bwmon.proxy.socket.Addresses;
import bwmon.proxy.socket.ListeningSocket;
import bwmon.proxy.socket.SystemErrors;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One listening socket of a pipe. */
final class Acceptor {
    private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);
    private static final int ACCEPTS_AT_ONCE = 4;
    /** How long to pause when there is no descriptor left. */
    private static final long PAUSE_MILLIS = 100;
    private static final long CLOSE_SECONDS = 2;

    private final Forwarder forwarder;
    private final RelayLoop loop;
    private final ListeningSocket socket;
    /** Where it listens; null for a UNIX socket. */
    private final @Nullable Endpoint own;
    private boolean pausing;
    private boolean closed;

    /**
     * Takes a socket over; accepts only after {@link #start}, so that several can be bound before any of them answers.
     */
    Acceptor(Forwarder forwarder, RelayLoop loop, ListeningSocket socket) {
        this.forwarder = forwarder;
        this.loop = loop;
        this.socket = socket;
        this.own = Addresses.endpoint(socket.localAddress());
    }

    /** Starts to accept. */
    void start() throws IOException {
        Future<?> registered = loop.eventLoop().submit(() -> {
            socket.register(loop.eventLoop(), this::accept);
            return null;
        }).awaitUninterruptibly();
        if (!registered.isSuccess()) {
            throw new IOException("the event loop does not take the socket", registered.cause());
        }
    }

    /** Takes a few: who waits behind them comes after what else there is to do here, or goes to a loop that is free. */
    private void accept() {
        for (int i = 0; i < ACCEPTS_AT_ONCE && acceptOne(); i++) {
            // All is done already.
        }
    }

    /** Takes the next connection; false if there is none, or none can be taken now. */
    private boolean acceptOne() {
        if (closed || pausing) {
            return false;
        }
        if (!forwarder.descriptors().take()) {
            waitForDescriptors();
            return false;
        }
        ListeningSocket.Accepted accepted = null;
        try {
            accepted = socket.accept();
        } catch (IOException e) {
            if (SystemErrors.number(e) == SystemErrors.ECONNABORTED) {
                return true;
            }
            fail(e);
        } finally {
            if (accepted == null) {
                forwarder.descriptors().giveBack();
            }
        }
        if (accepted != null) {
            take(accepted);
        }
        return accepted != null;
    }

    private void take(ListeningSocket.Accepted accepted) {
        Flow flow = null;
        Endpoint remote = Addresses.endpoint(accepted.remote());
        // Where it listens on one address only, the client's connection has that one.
        Endpoint local = own == null || !own.isWildcard() ? own : Addresses.endpoint(accepted.socket().localAddress());
        if (remote != null && local != null) {
            flow = new Flow(Protocol.TCP, local, remote);
        }
        forwarder.accepted(accepted.socket(), flow, loop);
    }

    /** Whoever waits is kept in the kernel's queue, and counted as a failure once for each look; nobody is none. */
    private void waitForDescriptors() {
        try {
            if (socket.hasWaiting()) {
                forwarder.acceptFailed(new IOException("no descriptors left for another connection"));
            }
        } catch (IOException e) {
            LOG.debug("asking a listening socket", e);
        }
        pauseNow();
    }

    private void fail(IOException e) {
        forwarder.acceptFailed(e);
        pauseNow();
    }

    private void pauseNow() {
        if (!pausing && !closed) {
            pausing = true;
            socket.pause();
            var _ = loop.eventLoop().schedule(this::resume, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void resume() {
        pausing = false;
        if (closed) {
            return;
        }
        try {
            socket.resume();
        } catch (IOException e) {
            fail(e);
        }
    }

    /** Lets nobody in for a while; any thread. */
    void pause() {
        loop.eventLoop().execute(this::pauseNow);
    }

    /** Lets those in who wait already, and then nobody; any thread but the loop's, for it waits until that is done. */
    void close() {
        loop.eventLoop().submit(() -> {
            for (int i = 0; socket.isRegistered() && i <= ListeningSocket.BACKLOG && acceptOne(); i++) {
                // As many as can wait, and no newcomers for ever.
            }
            closed = true;
            closeSocket();
        }).awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    }

    private void closeSocket() {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("closing a listening socket", e);
        }
    }
}
