package bwmon.proxy.relay;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import io.netty.channel.IoEventLoop;
import io.netty.channel.unix.NativeInetAddress;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One listening socket of a pipe. */
final class Acceptor {
    private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);
    /** The kernel cuts this to net.core.somaxconn. */
    private static final int BACKLOG = 65_535;
    private static final int ACCEPTS_AT_ONCE = 64;
    /** Room for what Netty's accept fills in: a length, and at most a UNIX path. */
    private static final int ADDRESS_BYTES = 128;
    /** How long to pause when there is no descriptor left. Edge-triggered: no event would tell of a later chance. */
    private static final long PAUSE_MILLIS = 100;
    private static final long CLOSE_SECONDS = 2;

    private final Forwarder forwarder;
    private final IoEventLoop loop;
    private final StreamSocket socket;
    private final byte[] address = new byte[ADDRESS_BYTES];
    private boolean pausing;
    private boolean closed;

    private Acceptor(Forwarder forwarder, IoEventLoop loop, StreamSocket socket) {
        this.forwarder = forwarder;
        this.loop = loop;
        this.socket = socket;
    }

    /**
     * Binds and listens; accepts only after {@link #start}, so that several can be bound before any of them answers.
     *
     * @throws IOException with what the kernel said
     */
    static Acceptor bind(Forwarder forwarder, IoEventLoop loop, SocketAddress address) throws IOException {
        StreamSocket socket = StreamSocket.forAddress(address);
        try {
            if (socket.isTcp()) {
                // Else a restart would have to wait for connections in TIME_WAIT.
                socket.setReuseAddress(true);
            }
            socket.bind(StreamSocket.nativeAddress(address));
            return new Acceptor(forwarder, loop, socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Where it listens; null for a UNIX socket. */
    @Nullable
    Endpoint endpoint() {
        return socket.isTcp() ? Addresses.endpoint(socket.localAddress()) : null;
    }

    /**
     * Starts to accept.
     *
     * @throws IOException with what the kernel said: another may have begun to listen since the bind
     */
    void start() throws IOException {
        socket.listen(BACKLOG);
        Future<?> registered = loop.submit(() -> {
            socket.register(loop, this::accept);
            return null;
        }).awaitUninterruptibly();
        if (!registered.isSuccess()) {
            throw new IOException("the event loop does not take the socket", registered.cause());
        }
    }

    private void accept() {
        for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
            if (closed || pausing) {
                return;
            }
            if (!forwarder.descriptors().take()) {
                waitForDescriptors();
                return;
            }
            int descriptor = -1;
            try {
                descriptor = socket.accept(address);
            } catch (IOException e) {
                if (SystemErrors.number(e) == SystemErrors.ECONNABORTED) {
                    continue;
                }
                fail(e);
                return;
            } finally {
                if (descriptor < 0) {
                    forwarder.descriptors().giveBack();
                }
            }
            if (descriptor < 0) {
                return;
            }
            take(StreamSocket.accepted(descriptor, socket.isTcp()));
        }
        try {
            // There may be more, but others on this loop come first.
            socket.arm();
        } catch (IOException e) {
            fail(e);
        }
    }

    private void take(StreamSocket client) {
        Flow flow = null;
        if (socket.isTcp()) {
            Endpoint remote = Addresses.endpoint(NativeInetAddress.address(address, 1, address[0]));
            InetSocketAddress localAddress = client.localAddress();
            Endpoint local = Addresses.endpoint(localAddress);
            if (remote != null && local != null) {
                flow = new Flow(Protocol.TCP, local, remote);
            }
        }
        forwarder.accepted(client, flow);
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
        if (!pausing) {
            pausing = true;
            var _ = loop.schedule(() -> {
                pausing = false;
                accept();
            }, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Lets nobody in for a while; any thread. */
    void pause() {
        loop.execute(this::pauseNow);
    }

    /** Lets those in who wait already, and then nobody; any thread but the loop's, for it waits until that is done. */
    void close() {
        loop.submit(() -> {
            if (socket.isRegistered()) {
                accept();
            }
            closed = true;
            closeUnstarted();
        }).awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    }

    /** Gives the socket back where no event loop has it yet. */
    void closeUnstarted() {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("closing a listening socket", e);
        }
    }
}
