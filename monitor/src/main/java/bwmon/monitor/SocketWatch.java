package bwmon.monitor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

import bwmon.ffi.ErrnoException;
import bwmon.ffi.Libc;
import bwmon.monitor.conntrack.Connection;
import bwmon.monitor.conntrack.ConntrackEvents;
import bwmon.monitor.sockdiag.InetDiagMessage;
import bwmon.monitor.sockdiag.SockDiag;
import bwmon.traffic.Flow;
import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the sockets of connections as they begin, so that an owner is known who is gone before the next look at all of
 * them. Wakes when conntrack tells of beginnings, asks for the socket of each that a socket of this host began, and hands
 * on what was found; on a thread of its own, until closed.
 *
 * <p><b>Bounds.</b> It takes at most 10 % of one processor, the time in the consumer included: working spends what rest
 * earns, up to {@link #CREDIT_NANOS} of savings, so that a burst after some quiet is looked at without delay. What begins
 * meanwhile waits in the kernel, whose queue has a bound. Of what waits, the latest {@value #BATCH} connections are asked
 * for, as their sockets are the likeliest to be there still; earlier ones are skipped and counted, as is what the kernel
 * found no room for.
 */
final class SocketWatch implements AutoCloseable {
    /** Events taken at once, and of these the sockets asked for at once, at some microseconds each. */
    private static final int EVENTS = 2_048;
    static final int BATCH = 256;
    /** One part of work in so many of all time: 10 %, some 100 searches a second on a host with 500 processes. */
    private static final int SHARE = 10;
    /** Work that may be saved up, which takes half a second of quiet. */
    private static final long CREDIT_NANOS = 50_000_000;
    /** What it begins with: the first batches, not yet compiled, would else be paid for by seconds of not looking. */
    private static final long FIRST_CREDIT_NANOS = 500_000_000;
    private static final long REST_LEAST_NANOS = 500_000;
    /** How long a close waits at most for a thread that has nothing to do. */
    private static final int WAIT_MILLIS = 100;

    private final ConntrackEvents begun;
    private final SockDiag sockets;
    private final Function<Connection, @Nullable Flow> beginner;
    private final Consumer<List<Seen>> consumer;
    private final Ticker ticker;
    private final Thread thread;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong found = new AtomicLong();
    private final AtomicLong skipped = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private volatile @Nullable IOException failure;
    /** Of the watching thread alone. */
    private long credit = FIRST_CREDIT_NANOS;

    /**
     * A socket that was there just after its connection began.
     *
     * @param flow as the beginner sees it
     * @param cookie of the socket
     * @param inode that /proc/PID/fd names; not 0
     * @param uid of the user who made it
     */
    record Seen(Flow flow, long cookie, long inode, long uid) {}

    /**
     * What happened since the opening.
     *
     * @param asked sockets that were asked for
     * @param found of these, those that were there and had an owner
     * @param skipped connections whose socket was not asked for, because too many began at once
     * @param lost events that the kernel had no room for, or that could not be read
     */
    record Counts(long asked, long found, long skipped, long lost) {}

    SocketWatch(ConntrackEvents begun, SockDiag sockets, Function<Connection, @Nullable Flow> beginner,
            Consumer<List<Seen>> consumer, Ticker ticker) {
        this.begun = begun;
        this.sockets = sockets;
        this.beginner = beginner;
        this.consumer = consumer;
        this.ticker = ticker;
        thread = Thread.ofPlatform().daemon().name("socket-watch").unstarted(this::run);
    }

    /**
     * Watches the network namespace of the calling thread, from now on.
     *
     * @param beginner the flow of the socket of this host that began a connection; null if none did, or it is not to be
     *     asked for. Called by the watching thread, as is the consumer
     * @param consumer of what is found, a batch at a time; what it throws ends the watch
     * @throws ErrnoException if the kernel refuses; EPERM without CAP_NET_ADMIN over the namespace
     */
    static SocketWatch open(Function<Connection, @Nullable Flow> beginner, Consumer<List<Seen>> consumer)
            throws ErrnoException {
        ConntrackEvents begun = ConntrackEvents.begun();
        SockDiag sockets = null;
        try {
            sockets = SockDiag.open();
            var watch = new SocketWatch(begun, sockets, beginner, consumer, Ticker.SYSTEM);
            watch.thread.start();
            return watch;
        } finally {
            if (sockets == null) {
                begun.close();
            }
        }
    }

    /** What happened so far; by any thread. */
    Counts counts() {
        return new Counts(asked.get(), found.get(), skipped.get(), lost.get());
    }

    /** Why the watch ended by itself; null if it did not. */
    @Nullable
    IOException failure() {
        return failure;
    }

    private void run() {
        try {
            long earnedUntil = ticker.nanos();
            boolean closed = false;
            while (!closed) {
                boolean begins = begun.await(WAIT_MILLIS);
                long now = ticker.nanos();
                if (credit < CREDIT_NANOS) {
                    credit = Math.min(CREDIT_NANOS, credit + (now - earnedUntil) / SHARE);
                }
                earnedUntil = now;
                if (begins) {
                    long start = Libc.threadCpuNanos();
                    work();
                    credit -= Libc.threadCpuNanos() - start;
                }
                closed = begins ? rest() : closing.getCount() == 0;
            }
        } catch (IOException e) {
            failure = e;
        } catch (InterruptedException e) {
            failure = new IOException("interrupted", e);
        }
    }

    /** Looks after what began. */
    private void work() throws IOException {
        ConntrackEvents.Events events = begun.take(EVENTS);
        lost.addAndGet(events.lost());
        var flows = new ArrayList<Flow>();
        for (Connection connection : events.connections().reversed()) {
            Flow flow = beginner.apply(connection);
            if (flow != null) {
                flows.add(flow);
            }
        }
        int now = Math.min(flows.size(), BATCH);
        skipped.addAndGet(flows.size() - now);
        var seen = new ArrayList<Seen>(now);
        for (Flow flow : flows.subList(0, now)) {
            InetDiagMessage socket = sockets.find(flow);
            if (socket != null && socket.inode() != 0) {
                seen.add(new Seen(flow, socket.cookie(), socket.inode(), socket.uid()));
            }
        }
        asked.addAndGet(now);
        found.addAndGet(seen.size());
        if (!seen.isEmpty()) {
            consumer.accept(seen);
        }
    }

    /** Until a debt is earned; gives back whether the watch was closed meanwhile. */
    private boolean rest() throws InterruptedException {
        return closing.await(Math.max(REST_LEAST_NANOS, -credit * SHARE), TimeUnit.NANOSECONDS);
    }

    /** Ends the thread, waiting for the batch that it is at, and closes the sockets. Not by the consumer. */
    @Override
    public void close() {
        closing.countDown();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        begun.close();
        sockets.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
