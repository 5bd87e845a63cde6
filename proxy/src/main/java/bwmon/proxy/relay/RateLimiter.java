package bwmon.proxy.relay;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import bwmon.traffic.Ticker;

/**
 * Holds one direction of a pipe to a rate, all its connections together. A connection pays for a chunk before it reads,
 * waits its turn if the chunk cannot be paid for yet, and settles the difference when it knows how much it read: so the
 * rate holds in the long run to the byte, for one connection as for thousands of short ones, and turns are taken in
 * order. (The generic cell rate algorithm, ITU-T I.371, with a queue.)
 *
 * <p>Safe for any thread; a waiter is called on the timer's thread. The queue has at most one entry for each connection,
 * so it is bounded by the pipe's maximum of connections.
 */
final class RateLimiter {
    /** What may pass at once after a pause; also makes up for timers that fire late. */
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int MAX_CHUNK = 64 * 1024;
    private static final int MIN_CHUNK = 1024;
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final long bytesPerSecond;
    private final int chunk;
    private final Ticker ticker;
    private final ScheduledExecutorService timer;
    private final Queue<Runnable> waiters = new ArrayDeque<>();
    private boolean timerSet;
    /** When all that was paid for so far has had its time. */
    private long paidUntil;
    /** What integer division left over, in bytes x nanoseconds a second. */
    private long remainder;

    /**
     * A limiter with its burst in hand.
     *
     * @param bytesPerSecond 1 or more
     * @param timer calls waiters; must not run two tasks at once
     */
    RateLimiter(long bytesPerSecond, Ticker ticker, ScheduledExecutorService timer) {
        this.bytesPerSecond = bytesPerSecond;
        // A hundredth of a second's worth, so that turns are short; but no smaller than is worth a system call.
        long smallest = Math.min(bytesPerSecond, MIN_CHUNK);
        this.chunk = (int) Math.clamp(bytesPerSecond / 100, smallest, MAX_CHUNK);
        this.ticker = ticker;
        this.timer = timer;
        this.paidUntil = ticker.nanos() - BURST_NANOS;
    }

    /** How many bytes are paid for at a time, and so the most that may be read at a time. */
    int chunk() {
        return chunk;
    }

    /**
     * Pays for a chunk.
     *
     * @param turn called once, when the chunk is paid for, unless it was at once
     * @return whether the chunk is paid for at once
     */
    synchronized boolean pay(Runnable turn) {
        if (waiters.isEmpty() && paidUntil - ticker.nanos() <= 0) {
            charge(chunk);
            return true;
        }
        waiters.add(turn);
        setTimer();
        return false;
    }

    /** Puts right what was paid for a chunk, when it turned out to hold {@code bytes}. */
    synchronized void settle(int bytes) {
        charge((long) bytes - chunk);
    }

    private void charge(long bytes) {
        long now = ticker.nanos();
        if (paidUntil - now < -BURST_NANOS) {
            paidUntil = now - BURST_NANOS;
            remainder = 0;
        }
        // At most 64 KiB x 10^9: no overflow.
        long owed = bytes * NANOS_PER_SECOND + remainder;
        paidUntil += Math.floorDiv(owed, bytesPerSecond);
        remainder = Math.floorMod(owed, bytesPerSecond);
    }

    private void setTimer() {
        if (!timerSet && !waiters.isEmpty()) {
            timerSet = true;
            var _ = timer.schedule(this::takeTurns, Math.max(0, paidUntil - ticker.nanos()), TimeUnit.NANOSECONDS);
        }
    }

    private void takeTurns() {
        while (true) {
            Runnable turn;
            synchronized (this) {
                if (waiters.isEmpty() || paidUntil - ticker.nanos() > 0) {
                    timerSet = false;
                    setTimer();
                    return;
                }
                turn = waiters.remove();
                charge(chunk);
            }
            turn.run();
        }
    }
}
