package bwmon.proxy.relay;

import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import bwmon.traffic.Ticker;

/** A clock and its timer for one thread: time passes only while {@link #runUntil} is called, and no test waits for it. */
final class SimulatedTime extends AbstractExecutorService implements ScheduledExecutorService, Ticker {
    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    private long now;
    private long sequence;
    private long lateNanos;

    SimulatedTime(long startNanos) {
        this.now = startNanos;
    }

    /** Makes every timer fire so much later than it was set to, as timers of a busy machine do. */
    void timersAreLate(long nanos) {
        this.lateNanos = nanos;
    }

    @Override
    public long nanos() {
        return now;
    }

    /** Does what is due until then, in order of time; then it is then. */
    void runUntil(long end) {
        for (Task task = tasks.peek(); task != null && task.at - end <= 0; task = tasks.peek()) {
            tasks.remove();
            now = Math.max(now - end, task.at - end) + end;
            task.run();
        }
        now = end;
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        var task = new Task(command, now + unit.toNanos(delay) + lateNanos, sequence++);
        tasks.add(task);
        return task;
    }

    private final class Task extends FutureTask<Void> implements ScheduledFuture<Void> {
        private final long at;
        private final long number;

        Task(Runnable command, long at, long number) {
            super(() -> {
                command.run();
                return null;
            });
            this.at = at;
            this.number = number;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(at - now, TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            Task task = (Task) other;
            return at == task.at ? Long.compare(number, task.number) : Long.signum(at - task.at);
        }
    }

    @Override
    public void execute(Runnable command) {
        var _ = schedule(command, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long first, long period, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long first, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void shutdown() {
        tasks.clear();
    }

    @Override
    public List<Runnable> shutdownNow() {
        tasks.clear();
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }
}
