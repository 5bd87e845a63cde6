package bwmon.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

@Timeout(60)
class SoonTest {
    @Test
    void whatIsAskedForWhileItRunsIsDoneOnceMore() {
        var runs = new AtomicInteger();
        var hang = new CountDownLatch(1);
        var soon = new Soon("soon", () -> {
            runs.incrementAndGet();
            try {
                hang.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        soon.run();
        await().until(() -> runs.get() == 1);
        for (int i = 0; i < 1000; i++) {
            soon.run();
        }
        assertEquals(1, runs.get());
        hang.countDown();
        await().until(() -> runs.get() == 2);
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("soon")));
        assertEquals(2, runs.get());
        soon.run();
        await().until(() -> runs.get() == 3);
    }
}
