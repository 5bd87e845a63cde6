package bwmon.proxy.meter;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ConnectionMeterTest {

    @Test
    void countsEachDirectionAndEachEndOfItApart() {
        var meter = new ConnectionMeter();
        meter.read(Direction.TX, 10);
        meter.forwarded(Direction.TX, 7);
        meter.read(Direction.RX, 500);
        meter.forwarded(Direction.RX, 400);
        meter.read(Direction.RX, 1L << 40);

        assertEquals(10, meter.read(Direction.TX));
        assertEquals(7, meter.forwarded(Direction.TX));
        assertEquals(500 + (1L << 40), meter.read(Direction.RX));
        assertEquals(400, meter.forwarded(Direction.RX));
    }

    @Test
    void handsOutWhatWasForwardedOnce() {
        var meter = new ConnectionMeter();
        meter.read(Direction.TX, 10);
        meter.forwarded(Direction.TX, 7);
        meter.forwarded(Direction.RX, 3);

        assertEquals(ByteCounts.ofPayload(3, 7), meter.takeForwarded());
        assertTrue(meter.takeForwarded().isNothing());
        meter.forwarded(Direction.RX, 1);
        assertEquals(ByteCounts.ofPayload(1, 0), meter.takeForwarded());
        assertEquals(4, meter.forwarded(Direction.RX), "taking does not lower the count");
    }

    @Test
    void twoThreadsTakeEveryByteOnceWhileItIsCounted() throws Exception {
        var meter = new ConnectionMeter();
        var counting = new AtomicBoolean(true);
        Callable<ByteCounts> taker = () -> {
            ByteCounts taken = ByteCounts.ofPayload(0, 0);
            while (counting.get()) {
                taken = taken.plus(meter.takeForwarded());
            }
            return taken;
        };
        int rounds = 2_000_000;
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<ByteCounts> first = threads.submit(taker);
            Future<ByteCounts> second = threads.submit(taker);
            for (int i = 1; i <= rounds; i++) {
                meter.forwarded(Direction.TX, i);
                meter.forwarded(Direction.RX, 3);
            }
            counting.set(false);
            ByteCounts all = first.get().plus(second.get()).plus(meter.takeForwarded());
            assertEquals(ByteCounts.ofPayload(3L * rounds, (long) rounds * (rounds + 1) / 2), all);
        }
    }
}
