package bwmon.proxy.socket;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.function.IntConsumer;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoEvent;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoOps;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A channel of java.nio on an event loop, and what it is selected for.
 *
 * <p>Selectors are level-triggered: they tell again and again of what is the case. So its owner asks only for what he does
 * not know to be so. A channel for which nothing is asked is not watched at all, not even for errors.
 */
final class Selection implements NioIoHandle {
    private static final Logger LOG = LoggerFactory.getLogger(Selection.class);
    /** By their value: Netty would make a new one for each call that has several bits, or none. */
    private static final NioIoOps[] OPS = new NioIoOps[2 * SelectionKey.OP_ACCEPT];

    static {
        for (int ops = 0; ops < OPS.length; ops++) {
            OPS[ops] = NioIoOps.valueOf(ops);
        }
    }

    private final SelectableChannel channel;
    private final IntConsumer ready;
    private @Nullable IoRegistration registration;
    private int asked;
    private boolean closed;

    /**
     * Takes a channel over, which is non-blocking.
     *
     * @param ready is told what is the case (bits of {@link SelectionKey}), on the loop, for as long as that is asked
     */
    Selection(SelectableChannel channel, IntConsumer ready) {
        this.channel = channel;
        this.ready = ready;
    }

    @Override
    public SelectableChannel selectableChannel() {
        return channel;
    }

    /** Puts the channel on a loop, on whose thread this is called. */
    void register(IoEventLoop loop) throws IOException {
        // On the loop's own thread this is done when the call returns.
        Future<IoRegistration> done = loop.register(this);
        if (!done.isSuccess()) {
            throw new IOException("the event loop does not take the socket", done.cause());
        }
        registration = done.getNow();
    }

    boolean isRegistered() {
        return registration != null;
    }

    boolean isClosed() {
        return closed;
    }

    /** Sets what is asked for; nothing where no loop has the channel. */
    void ask(int ops) {
        if (ops != asked && registration != null && !closed) {
            asked = ops;
            registration.submit(OPS[ops]);
        }
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
        if (!closed) {
            try {
                ready.accept(((NioIoEvent) event).ops().value());
            } catch (RuntimeException e) {
                // Netty would pause for a second.
                LOG.error("an event of a socket", e);
            }
        }
    }

    /**
     * Closes. The descriptor of a channel that is on a loop goes when that selects next, which is at once after what it does
     * now; until then a listening socket keeps its address. Closing twice does nothing.
     */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            if (registration != null) {
                registration.cancel();
            }
            channel.close();
        }
    }

    /** As {@link #close}, but the descriptor is gone when this returns. Not while the loop handles events. */
    void closeNow() throws IOException {
        close();
        if (registration != null) {
            SelectionKey key = registration.attachment();
            if (key.selector().isOpen()) {
                // Netty finds anew what this finds ready.
                key.selector().selectNow();
            }
        }
    }
}
