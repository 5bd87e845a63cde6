package bwmon.cli;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Has a task run soon, on a thread of its own that is there only then. However often that is asked for while it runs, it
 * runs once more after that. Safe for any thread.
 */
final class Soon {
    private static final int RUNNING = 1;
    private static final int AND_ONCE_MORE = 2;

    private final String name;
    private final Runnable task;
    private final AtomicInteger state = new AtomicInteger();

    Soon(String name, Runnable task) {
        this.name = name;
        this.task = task;
    }

    void run() {
        if (state.getAndUpdate(now -> Math.min(now + 1, AND_ONCE_MORE)) == 0) {
            Thread.ofPlatform().name(name).daemon().start(() -> {
                do {
                    task.run();
                } while (state.decrementAndGet() >= RUNNING);
            });
        }
    }
}
