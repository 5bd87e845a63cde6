package bwmon.proxy.relay;

import java.util.concurrent.TimeUnit;

import bwmon.traffic.Ticker;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;

/** What all pipes of a program share: event loops and name look-ups. */
public final class RelayRuntime implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup loops;
    private final Resolver resolver = new Resolver();
    private final Ticker ticker;

    /**
     * Starts event loops.
     *
     * @param threads how many, 1 or more
     * @throws IllegalStateException if {@link #unavailable} says why
     */
    public RelayRuntime(int threads, Ticker ticker) {
        if (!Epoll.isAvailable()) {
            throw new IllegalStateException("no epoll", Epoll.unavailabilityCause());
        }
        this.ticker = ticker;
        this.loops = new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("relay", true),
                EpollIoHandler.newFactory());
    }

    /** Why this machine cannot forward; null if it can. */
    public static @Nullable Throwable unavailable() {
        return Epoll.unavailabilityCause();
    }

    IoEventLoop nextLoop() {
        return loops.next();
    }

    Resolver resolver() {
        return resolver;
    }

    Ticker ticker() {
        return ticker;
    }

    /** Ends the event loops, after what they have to do already. */
    @Override
    public void close() {
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
        resolver.close();
    }
}
