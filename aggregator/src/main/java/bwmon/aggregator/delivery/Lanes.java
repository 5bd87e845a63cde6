package bwmon.aggregator.delivery;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.usage.Alert;
import bwmon.cli.Terminal;
import bwmon.traffic.Ticker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deliveries by one way: those of one notification one after another in their order, those of different notifications
 * beside each other. Whoever waits to be tried again holds no thread, but its notification's place in the order.
 *
 * <p>Safe for any thread; {@link #offer} does not wait for any delivery.
 */
final class Lanes {
    private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

    /**
     * How much is let in.
     *
     * @param running attempts at once, each on a thread
     * @param waiting events, altogether
     * @param waitingEach events of one notification
     */
    record Bounds(int running, int waiting, int waitingEach) {}

    /** One attempt; may wait, and is interrupted when the program ends. */
    @FunctionalInterface
    interface Attempt {
        /**
         * Makes it.
         *
         * @param number 1 for the first
         */
        Outcome make(AlertEvent event, int number) throws InterruptedException;
    }

    /** Has something done later, soon after its time, on a thread that may not be held up. */
    @FunctionalInterface
    interface Delay {
        void after(Duration delay, Runnable task);
    }

    /** One notification's events, the first of which is being delivered, or waits to be tried again. */
    private static final class Lane {
        final String label;
        final Deque<AlertEvent> waiting = new ArrayDeque<>();
        int attempts;
        boolean isRunning;
        boolean isParked;

        Lane(String label) {
            this.label = label;
        }

        /** Whether the event is a repetition of one that waits; it is no news by the time that one is told. */
        boolean willSay(AlertEvent event) {
            Alert alert = event.alert();
            return event.isRepeated() && waiting.stream().skip(isRunning ? 1 : 0).map(AlertEvent::alert)
                    .anyMatch(other -> other.subject().equals(alert.subject()) && other.since().equals(alert.since()));
        }
    }

    private final Way way;
    private final Bounds bounds;
    private final Attempt attempt;
    private final Delay delay;
    private final Ticker ticker;
    /** Its queue holds each lane at most once, and there are no more lanes than events: so it needs no bound of its own. */
    private final ThreadPoolExecutor threads;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition isEmpty = lock.newCondition();
    /** Those that have an event; guarded by the lock, as what follows. */
    private final Map<String, Lane> lanes = new HashMap<>();
    private int running;
    private int waiting;
    private long refused;
    private long failed;
    private long done;
    private boolean isClosing;
    private boolean isClosed;

    Lanes(Way way, Bounds bounds, Attempt attempt, Delay delay, Ticker ticker) {
        this.way = way;
        this.bounds = bounds;
        this.attempt = attempt;
        this.delay = delay;
        this.ticker = ticker;
        threads = new ThreadPoolExecutor(bounds.running(), bounds.running(), 10, TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(), task -> {
                    var thread = new Thread(task, way.label());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Has the event delivered soon. One that only repeats what an event before it, which still waits for its turn, will
     * say needs none of its own.
     *
     * @return false if it will not be, because too many wait or the program ends
     */
    boolean offer(AlertEvent event) {
        String label = event.notification().label();
        String why;
        lock.lock();
        try {
            Lane lane = lanes.get(label);
            if (lane != null && lane.willSay(event)) {
                return true;
            }
            int before = lane == null ? 0 : lane.waiting.size();
            if (!isClosing && waiting < bounds.waiting() && before <= bounds.waitingEach()) {
                waiting++;
                if (lane == null) {
                    lane = new Lane(label);
                    lanes.put(label, lane);
                    start(lane);
                }
                // Its thread looks for it only when it has the lock.
                lane.waiting.add(event);
                return true;
            }
            refused++;
            why = isClosing
                    ? "the program ends"
                    : before + " of this notification wait or run, " + waiting + " wait in all";
        } finally {
            lock.unlock();
        }
        LOG.warn("notification {}: {} not delivered ({}): {}", Terminal.printable(label), way.label(),
                event.alert().state().label(), why);
        return false;
    }

    private void start(Lane lane) {
        threads.execute(() -> run(lane));
    }

    private void run(Lane lane) {
        AlertEvent event;
        int number;
        lock.lock();
        try {
            if (isClosed) {
                return;
            }
            event = lane.waiting.element();
            number = ++lane.attempts;
            lane.isRunning = true;
            waiting--;
            running++;
        } finally {
            lock.unlock();
        }
        Outcome outcome = new Outcome.Failed("failed: an error of bwmon's own");
        try {
            outcome = attempt.make(event, number);
        } catch (InterruptedException e) {
            outcome = new Outcome.Failed("not done: the program ends");
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("notification {}: {}", Terminal.printable(lane.label), way.label(), e);
        } finally {
            finish(lane, outcome);
        }
    }

    private void finish(Lane lane, Outcome attempted) {
        Outcome outcome = attempted;
        lock.lock();
        try {
            running--;
            lane.isRunning = false;
            if (outcome instanceof Outcome.Again(var detail, var after)) {
                if (isClosing) {
                    outcome = new Outcome.Failed(detail + "; given up: the program ends");
                } else {
                    waiting++;
                    lane.isParked = true;
                    delay.after(after, () -> resume(lane));
                }
            }
            switch (outcome) {
                case Outcome.Done _ -> {
                    done++;
                    next(lane);
                }
                case Outcome.Failed _ -> {
                    failed++;
                    next(lane);
                }
                case Outcome.Again _ -> {
                    // It stays the first of its lane.
                }
            }
        } finally {
            lock.unlock();
        }
        log(lane.label, outcome);
    }

    private void next(Lane lane) {
        lane.waiting.remove();
        lane.attempts = 0;
        if (lane.waiting.isEmpty()) {
            lanes.remove(lane.label);
            if (lanes.isEmpty()) {
                isEmpty.signalAll();
            }
        } else if (!isClosed) {
            start(lane);
        }
    }

    private void log(String label, Outcome outcome) {
        String name = Terminal.printable(label);
        switch (outcome) {
            case Outcome.Done(var detail) -> LOG.info("notification {}: {} {}", name, way.label(), detail);
            case Outcome.Failed(var detail, var isNews) when isNews ->
                LOG.warn("notification {}: {} {}", name, way.label(), detail);
            case Outcome.Failed(var detail, _) -> LOG.debug("notification {}: {} {}", name, way.label(), detail);
            case Outcome.Again(var detail, var after) -> LOG.info("notification {}: {} {}; again in {} s", name,
                    way.label(), detail, after.toMillis() / 1e3);
        }
    }

    private void resume(Lane lane) {
        lock.lock();
        try {
            // When the program ends all are resumed before their time.
            if (lane.isParked && !isClosed) {
                lane.isParked = false;
                start(lane);
            }
        } finally {
            lock.unlock();
        }
    }

    /** How it stands now. */
    Deliveries.Counts counts() {
        lock.lock();
        try {
            return new Deliveries.Counts(running, waiting, refused, failed, done);
        } finally {
            lock.unlock();
        }
    }

    /** Lets nothing more in; what waits to be tried again is tried at once, for the last time. */
    void beginClose() {
        lock.lock();
        try {
            isClosing = true;
            List.copyOf(lanes.values()).forEach(this::resume);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until all is delivered, as long as there is time; interrupts what then still runs, and says what was not
     * delivered.
     */
    void close(long deadlineNanos) {
        beginClose();
        int left;
        var labels = new TreeSet<String>();
        lock.lock();
        try {
            if (isClosed) {
                return;
            }
            awaitEmpty(deadlineNanos);
        } finally {
            isClosed = true;
            left = waiting;
            lanes.values().stream().filter(lane -> lane.waiting.size() > (lane.isRunning ? 1 : 0))
                    .forEach(lane -> labels.add(Terminal.printable(lane.label)));
            lock.unlock();
        }
        if (left > 0) {
            LOG.warn("{}: {} not delivered, the program ends: {}", way.label(), left, String.join(", ", labels));
        }
        threads.shutdownNow();
    }

    /** Waits until all is delivered, as long as there is time. */
    void awaitEmpty(long deadlineNanos) {
        lock.lock();
        try {
            long patience = deadlineNanos - ticker.nanos();
            while (!lanes.isEmpty() && patience > 0) {
                isEmpty.awaitNanos(patience);
                patience = deadlineNanos - ticker.nanos();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Waits a moment for what was interrupted to end, so that it is not cut off in the middle. */
    void awaitEnd(Duration patience) {
        try {
            if (!threads.awaitTermination(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                LOG.warn("{}: some may still be running", way.label());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
