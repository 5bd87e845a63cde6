package bwmon.proxy.relay;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import bwmon.proxy.socket.DescriptorBudget;
import bwmon.proxy.socket.KernelPipes;
import bwmon.proxy.socket.SystemErrors;
import bwmon.proxy.socket.Transport;
import bwmon.traffic.Ticker;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import org.jspecify.annotations.Nullable;

/** What all pipes of a program share: event loops and name look-ups. */
public final class RelayRuntime implements AutoCloseable {
    /** More than that serve nobody: each is a thread that is always busy under load. */
    public static final int MAX_THREADS = 1024;

    private final MultiThreadIoEventLoopGroup group;
    private final List<RelayLoop> loops = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final Resolver resolver = new Resolver();
    private final DescriptorBudget descriptors;
    private final Transport transport;
    private final Ticker ticker;

    /**
     * Starts event loops.
     *
     * @param threads how many, 1 or more
     */
    public RelayRuntime(int threads, Transport transport, Ticker ticker) {
        this.transport = transport;
        this.ticker = ticker;
        this.group = new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("relay", true),
                transport.loops());
        // Not before: each loop has several.
        this.descriptors = DescriptorBudget.ofThisProcess();
        for (EventExecutor loop : group) {
            loops.add(new RelayLoop((IoEventLoop) loop,
                    transport.canSplice() ? new KernelPipes(descriptors, ticker) : null));
        }
    }

    /** As many event loops as serve best here, of the best kind that there is. */
    public static RelayRuntime of(Ticker ticker) {
        return new RelayRuntime(Runtime.getRuntime().availableProcessors(), Transport.best(), ticker);
    }

    /**
     * As many event loops as a user asked for.
     *
     * @param threads 0 for as many as serve best here, to {@link #MAX_THREADS}
     * @throws IOException with what the kernel said: each loop takes three descriptors
     */
    public static RelayRuntime of(int threads, Ticker ticker) throws IOException {
        try {
            return threads == 0 ? of(ticker) : new RelayRuntime(threads, Transport.best(), ticker);
        } catch (IllegalStateException e) {
            throw new IOException(SystemErrors.rootText(e), e);
        }
    }

    /** {@link Transport#remark}. */
    public @Nullable String remark() {
        return transport.remark();
    }

    /** All event loops. */
    List<RelayLoop> loops() {
        return loops;
    }

    /** Each in its turn. */
    RelayLoop nextLoop() {
        return loops.get(Math.floorMod(next.getAndIncrement(), loops.size()));
    }

    /**
     * Which loop is to forward for a connection: the one that accepted it, because then nobody has to be woken; but not where it
     * has clearly more than another one, so that long connections are spread evenly.
     */
    RelayLoop balanced(RelayLoop accepting) {
        RelayLoop next = nextLoop();
        RelayLoop other = next.equals(accepting) ? nextLoop() : next;
        int own = accepting.connections();
        return own - other.connections() > 1 + own / 8 ? other : accepting;
    }

    Transport transport() {
        return transport;
    }

    Resolver resolver() {
        return resolver;
    }

    DescriptorBudget descriptors() {
        return descriptors;
    }

    Ticker ticker() {
        return ticker;
    }

    /** Ends the event loops, after what they have to do already. */
    @Override
    public void close() {
        if (group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS)) {
            loops.forEach(RelayLoop::close);
        }
        resolver.close();
    }
}
