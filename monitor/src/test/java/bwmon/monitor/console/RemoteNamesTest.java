package bwmon.monitor.console;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RemoteNamesTest {
    private static final Optional<String> NONE = Optional.empty();

    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private final List<InetAddress> asked = new ArrayList<>();
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private int room = 1000;

    private final RemoteNames names = new RemoteNames(address -> {
        asked.add(address);
        return address.getAddress()[3] == 99 ? null : "host-" + address.getAddress()[3] + "-" + asked.size();
    }, task -> {
        if (waiting.size() >= room) {
            throw new RejectedExecutionException();
        }
        waiting.add(task);
    }, waiting::clear, nanos::get);

    private static InetAddress address(int third, int last) {
        return Samples.endpoint("10.0." + third + "." + last + ":0").address();
    }

    private void answer() {
        for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
            task.run();
        }
    }

    @Test
    void nobodyWaitsAndTheNameIsThereLater() {
        assertEquals(NONE, names.of(address(0, 1)));
        assertEquals(NONE, names.of(address(0, 1)));
        assertEquals(1, waiting.size(), "asked once");
        answer();

        assertEquals(Optional.of("host-1-1"), names.of(address(0, 1)));
        assertEquals(1, asked.size());
    }

    @Test
    void anOldNameServesUntilTheNewOneIsThereAndFailuresAreTriedSooner() {
        names.of(address(0, 1));
        names.of(address(0, 99));
        answer();
        nanos.addAndGet(RemoteNames.KEEP_FAILURE.plus(Duration.ofSeconds(1)).toNanos());
        assertEquals(Optional.of("host-1-1"), names.of(address(0, 1)));
        assertEquals(NONE, names.of(address(0, 99)));
        assertEquals(1, waiting.size(), "the failure alone");
        nanos.addAndGet(RemoteNames.KEEP_NAME.toNanos());
        assertEquals(Optional.of("host-1-1"), names.of(address(0, 1)));
        answer();

        assertEquals(Optional.of("host-1-4"), names.of(address(0, 1)));
    }

    @Test
    void whatDoesNotFitTheQueueIsAskedForAgain() {
        room = 1;
        names.of(address(0, 1));
        assertEquals(NONE, names.of(address(0, 2)));
        answer();
        assertEquals(NONE, names.of(address(0, 2)));
        answer();

        assertEquals(Optional.of("host-2-2"), names.of(address(0, 2)));
    }

    @Test
    void itForgetsThoseNotAskedForLongest() {
        names.of(address(200, 1));
        answer();
        for (int i = 0; i < RemoteNames.MAX_NAMES; i++) {
            names.of(address(i / 256, i % 256));
            answer();
        }
        int before = asked.size();
        assertEquals(NONE, names.of(address(200, 1)), "forgotten");
        assertEquals(1, waiting.size());
        answer();

        assertEquals(before + 1, asked.size());
    }

    @Test
    void addressesOfNobodyAreNotLookedUp() {
        assertEquals(NONE, names.of(Samples.endpoint("0.0.0.0:0").address()));
        assertEquals(NONE, names.of(Samples.endpoint("224.0.0.251:0").address()));
        assertTrue(waiting.isEmpty());
    }

    @Test
    void theHostsResolverKnowsLoopback() {
        try (RemoteNames host = RemoteNames.ofHost(System::nanoTime)) {
            InetAddress loopback = Samples.endpoint("127.0.0.1:0").address();
            await().atMost(Duration.ofSeconds(30)).until(() -> host.of(loopback).isPresent());
            assertEquals(Optional.of("localhost"), host.of(loopback));
        }
    }
}
