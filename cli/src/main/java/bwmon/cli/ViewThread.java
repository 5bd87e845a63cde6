package bwmon.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BinaryOperator;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows intervals on a thread of its own, so that a terminal that was stopped or a reader that is slow delays no interval.
 * Intervals wait in a queue of {@value #MAX_WAITING}; what comes when it is full is joined to the last one in it, so that
 * a slow view loses resolution and no bytes. Messages go to standard error before the interval that they are of.
 *
 * @param <P> what is shown of an interval; immutable
 */
public final class ViewThread<P> implements AutoCloseable {
    /** So many intervals wait at most. */
    public static final int MAX_WAITING = 16;
    /** So many messages wait at most with one interval; the oldest are forgotten, and how many is said. */
    public static final int MAX_MESSAGES = 64;

    private static final Logger LOG = LoggerFactory.getLogger(ViewThread.class);

    private final View<P> view;
    private final BinaryOperator<P> join;
    private final PrintStream err;
    private final Runnable onEnd;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Guarded by lock.
    private final ArrayDeque<Item<P>> waiting = new ArrayDeque<>();
    private boolean closing;
    /** Set by the view's thread alone. */
    private volatile boolean failed;

    private record Item<P>(P interval, List<String> messages, int forgotten) {
        Item<P> then(Item<P> next, BinaryOperator<P> join) {
            var both = new ArrayList<>(messages);
            both.addAll(next.messages);
            int tooMany = Math.max(0, both.size() - MAX_MESSAGES);
            return new Item<>(join.apply(interval, next.interval), List.copyOf(both.subList(tooMany, both.size())),
                    forgotten + next.forgotten + tooMany);
        }
    }

    /**
     * Starts the thread.
     *
     * @param join makes an interval and the one that followed it into one
     * @param err where messages are written
     * @param onEnd is called once on the view's thread if nobody reads the view any more, or it failed; nothing
     *     is shown after that
     */
    public ViewThread(View<P> view, BinaryOperator<P> join, PrintStream err, Runnable onEnd) {
        this.view = view;
        this.join = join;
        this.err = err;
        this.onEnd = onEnd;
        thread = Thread.ofPlatform().name("view").daemon().start(this::run);
    }

    /** Has an interval shown soon; returns at once. */
    public void show(P interval, List<String> messages) {
        var item = new Item<>(interval, List.copyOf(messages), 0);
        lock.lock();
        try {
            waiting.add(waiting.size() < MAX_WAITING ? item : waiting.removeLast().then(item, join));
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        boolean isRead = true;
        for (Item<P> item = take(); item != null; item = take()) {
            if (item.forgotten > 0) {
                err.println(item.forgotten + " messages before the next were not shown");
            }
            for (String message : item.messages) {
                if (!isRead || failed || !takes(message)) {
                    err.println(message);
                }
            }
            if (isRead && (failed || !shows(item.interval))) {
                isRead = false;
                onEnd.run();
            }
        }
    }

    /** A message that the view fails over is not lost: standard error gets it. */
    private boolean takes(String message) {
        try {
            return view.note(message);
        } catch (RuntimeException e) {
            LOG.error("showing a message failed", e);
            failed = true;
            return false;
        }
    }

    /** A view that fails ends the program, and is heard of: one that is silent looks like a host without traffic. */
    private boolean shows(P interval) {
        try {
            return view.show(interval);
        } catch (RuntimeException e) {
            LOG.error("showing an interval failed", e);
            failed = true;
            return false;
        }
    }

    /** Whether the view failed for a reason of its own. */
    public boolean hasFailed() {
        return failed;
    }

    private @Nullable Item<P> take() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closing) {
                changed.awaitUninterruptibly();
            }
            return waiting.poll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until all is shown.
     *
     * @return false if that took longer than the patience
     */
    public boolean finish(Duration patience) throws InterruptedException {
        close();
        return thread.join(patience);
    }

    /** Lets the thread end when all is shown, without waiting for it. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}
