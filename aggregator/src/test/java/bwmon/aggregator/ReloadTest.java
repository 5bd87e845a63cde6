package bwmon.aggregator;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import bwmon.aggregator.config.Configuration;
import bwmon.aggregator.config.ConfigurationFiles.Loaded;
import bwmon.aggregator.config.General;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.cli.ProgramException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(30)
class ReloadTest {
    private static Configuration withRows(int maxRows) {
        General general = General.DEFAULT;
        return new Configuration(List.of(), List.of(), List.of(), AutoGroup.NONE, List.of(),
                new General(general.source(), general.setup(), maxRows, Path.of("/quotas"), general.healthEvery(),
                        general.threads()));
    }

    private static Loaded loaded(int maxRows) {
        return new Loaded(withRows(maxRows), List.of("warning " + maxRows));
    }

    @Test
    void whatIsReadIsTakenOnceAndItsWarningsAreTold() {
        var reload = new Reload(() -> loaded(7));
        reload.request();

        assertEquals(withRows(7), reload.take());
        assertNull(reload.take());
        assertEquals(List.of("warning 7"), reload.takeMessages());
    }

    @Test
    void whatCannotBeReadIsToldAndNothingChanges() {
        var reload = new Reload(() -> {
            throw new ProgramException(ProgramException.Kind.CONFIGURATION, "a.conf:3: no");
        });
        reload.request();

        assertNull(reload.take());
        assertEquals(List.of("not reloaded, what was in force stays so: a.conf:3: no"), reload.takeMessages());
    }

    @Test
    void anErrorOfOursIsToldAndTheNextRequestIsReadAgain() {
        var readings = new AtomicInteger();
        var reload = new Reload(() -> {
            if (readings.incrementAndGet() == 1) {
                throw new IllegalStateException("a bug");
            }
            return loaded(2);
        });
        reload.request();
        assertEquals(List.of("not reloaded, what was in force stays so: internal error, the log says more"),
                reload.takeMessages());
        reload.request();
        assertEquals(withRows(2), reload.take());
    }

    @Test
    void aStormOfRequestsIsTwoReadingsOneAtATimeAndTheLastIsOfTheLatestFile() throws Exception {
        var readings = new AtomicInteger();
        var atOnce = new AtomicInteger();
        var file = new AtomicInteger(1);
        var isRead = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var reload = new Reload(() -> {
            assertEquals(1, atOnce.incrementAndGet());
            int content = file.get();
            readings.incrementAndGet();
            isRead.countDown();
            try {
                assertTrue(goOn.await(20, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            atOnce.decrementAndGet();
            return loaded(content);
        });
        // Each signal is handled by a thread of its own.
        Thread first = Thread.ofPlatform().start(reload::request);
        assertTrue(isRead.await(20, TimeUnit.SECONDS));
        file.set(2);
        var others = new ArrayList<Thread>();
        for (int i = 0; i < 100; i++) {
            others.add(Thread.ofPlatform().start(reload::request));
        }
        for (Thread other : others) {
            other.join();
        }
        goOn.countDown();
        first.join();

        assertEquals(2, readings.get());
        assertEquals(withRows(2), reload.take());
    }
}
