package bwmon.monitor.console;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * Names by reverse look-up (PTR, RFC 1035 3.5), asked for on threads of their own: whoever asks first gets no name, and who
 * asks at a later interval does. The look-ups are this process's own traffic and are shown as such. Names and failures are
 * remembered for a while; both the memory and the queue are bounded, and what does not fit the queue is asked for again
 * later. Safe for several threads.
 */
public final class RemoteNames implements Names, AutoCloseable {
    /** So many addresses are remembered; the one not asked for longest is forgotten first. */
    static final int MAX_NAMES = 4096;
    /** So many look-ups wait at most. */
    static final int MAX_WAITING = 256;
    /** Each waits for a name server most of its time. */
    private static final int THREADS = 4;
    static final Duration KEEP_NAME = Duration.ofMinutes(10);
    static final Duration KEEP_FAILURE = Duration.ofMinutes(1);

    private final Lookup lookup;
    private final Executor executor;
    private final Runnable onClose;
    private final Ticker ticker;
    // Guarded by itself.
    private final Map<InetAddress, Known> entries = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Known> eldest) {
            return size() > MAX_NAMES;
        }
    };

    /** How one name is found. */
    @FunctionalInterface
    interface Lookup {
        /** The name, null if there is none; may take seconds. */
        @Nullable
        String find(InetAddress address);
    }

    /** What is known of an address, or that it is being asked for; the name of the last time serves meanwhile. */
    private record Known(@Nullable String name, boolean asking, long nanos) {}

    RemoteNames(Lookup lookup, Executor executor, Runnable onClose, Ticker ticker) {
        this.lookup = lookup;
        this.executor = executor;
        this.onClose = onClose;
        this.ticker = ticker;
    }

    /** Names by this host's resolver, asked in the network namespace of the calling thread. */
    public static RemoteNames ofHost(Ticker ticker) {
        // Platform threads: the resolver is native code that blocks, and would hold on to the carrier of a virtual one.
        var pool = new ThreadPoolExecutor(THREADS, THREADS, 0, TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MAX_WAITING), Thread.ofPlatform().name("names-", 0).daemon().factory());
        // A thread begins in the network namespace of whoever starts it: here, before anybody enters another.
        pool.prestartAllCoreThreads();
        return new RemoteNames(RemoteNames::find, pool, pool::shutdownNow, ticker);
    }

    private static @Nullable String find(InetAddress address) {
        try {
            // A fresh one, as each remembers its name. The JDK believes a name only if it leads back to the address.
            String name = InetAddress.getByAddress(address.getAddress()).getHostName();
            return name.equals(address.getHostAddress()) ? null : name;
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address has 4 or 16 bytes", e);
        }
    }

    @Override
    public Optional<String> of(InetAddress address) {
        if (address.isAnyLocalAddress() || address.isMulticastAddress()) {
            return Optional.empty();
        }
        synchronized (entries) {
            Known known = entries.get(address);
            if (known == null || (!known.asking && isOld(known))) {
                ask(address, known == null ? null : known.name);
            }
            return Optional.ofNullable(known == null ? null : known.name);
        }
    }

    private boolean isOld(Known known) {
        return ticker.nanos() - known.nanos > (known.name == null ? KEEP_FAILURE : KEEP_NAME).toNanos();
    }

    private void ask(InetAddress address, @Nullable String last) {
        entries.put(address, new Known(last, true, ticker.nanos()));
        try {
            executor.execute(() -> {
                String name = lookup.find(address);
                synchronized (entries) {
                    entries.put(address, new Known(name, false, ticker.nanos()));
                }
            });
        } catch (RejectedExecutionException e) {
            // The queue is full, or all is closed: asked for again when it is shown again.
            entries.remove(address);
        }
    }

    /** Gives up what is being asked for. */
    @Override
    public void close() {
        onClose.run();
    }
}
