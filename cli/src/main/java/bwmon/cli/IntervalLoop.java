package bwmon.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import bwmon.traffic.Ticker;

/**
 * Calls a task once an interval on the thread that runs the loop, and once more at the end for the partial interval.
 *
 * <p>The calls keep to the plan that the start laid down, so that a late call does not delay those after it; calls that
 * were missed altogether (the machine was suspended) are not made up for.
 */
public final class IntervalLoop {
    private final Ticker ticker;
    private final long intervalNanos;
    private final long firstNanos;
    private final CountDownLatch stop = new CountDownLatch(1);

    /**
     * A loop that has yet to be run.
     *
     * @param interval longer than 0
     */
    public IntervalLoop(Ticker ticker, Duration interval) {
        this(ticker, interval, interval);
    }

    /**
     * A loop whose first interval has a length of its own, so that somebody who looks on need not wait for it.
     *
     * @param first longer than 0
     * @param interval of the others, longer than 0
     */
    public IntervalLoop(Ticker ticker, Duration first, Duration interval) {
        this.ticker = ticker;
        this.firstNanos = positive(first);
        this.intervalNanos = positive(interval);
    }

    private static long positive(Duration interval) {
        if (!interval.isPositive()) {
            throw new IllegalArgumentException("an interval is longer than 0, not " + interval);
        }
        return interval.toNanos();
    }

    /** What is done once an interval. */
    @FunctionalInterface
    public interface Task {
        /**
         * One interval.
         *
         * @return whether to go on
         * @throws ProgramException to end the program
         */
        boolean run() throws ProgramException;
    }

    /**
     * Runs until {@link #stop}, or until the task says that it is enough; only after a stop the task is called once more.
     *
     * @throws ProgramException from the task
     */
    public void run(Task task) throws ProgramException {
        long next = ticker.nanos() + firstNanos;
        while (!stopped(next - ticker.nanos())) {
            if (!task.run()) {
                return;
            }
            long now = ticker.nanos();
            long missed = Math.max(0, (now - next) / intervalNanos);
            next += (missed + 1) * intervalNanos;
        }
        task.run();
    }

    private boolean stopped(long nanos) {
        try {
            return stop.await(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Ends {@link #run} soon; may be called from any thread, more than once. */
    public void stop() {
        stop.countDown();
    }

    /** Whether {@link #stop} was called. */
    public boolean isStopping() {
        return stop.getCount() == 0;
    }
}
