package bwmon.proxy.meter;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import bwmon.traffic.Direction;
import com.codahale.metrics.MetricRegistry;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PipeMeterTest {
    private final MetricRegistry registry = new MetricRegistry();
    private final PipeMeter meter = new PipeMeter(registry, "web");

    @Test
    void letsInAsManyAsMayBeOpenAtOnceAndCountsTheOthers() {
        assertTrue(meter.tryOpen(2));
        assertTrue(meter.tryOpen(2));
        assertFalse(meter.tryOpen(2));
        assertEquals(2, meter.open());
        assertEquals(2, meter.opened());
        assertEquals(1, meter.refused());

        meter.ended(ConnectionEnd.CLOSED, Duration.ofMillis(5));
        assertTrue(meter.tryOpen(2));
        assertEquals(2, meter.open());
        assertEquals(3, meter.opened());
    }

    @Test
    void countsRightWhenSeveralThreadsOpenAndEnd() throws Exception {
        var results = new ArrayList<Future<?>>();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int t = 0; t < 4; t++) {
                results.add(threads.submit(() -> {
                    for (int i = 0; i < 100_000; i++) {
                        if (meter.tryOpen(2)) {
                            meter.ended(ConnectionEnd.CLOSED, Duration.ZERO);
                        }
                    }
                }));
            }
            for (Future<?> result : results) {
                result.get();
            }
        }
        assertEquals(0, meter.open());
        assertEquals(400_000, meter.opened() + meter.refused());
        assertEquals(meter.opened(), meter.ends().get(ConnectionEnd.CLOSED));
    }

    @Test
    void countsEndsByTheirKind() {
        List<ConnectionEnd> ends = List.of(ConnectionEnd.CLOSED, ConnectionEnd.CONNECT_REFUSED,
                ConnectionEnd.CLIENT_RESET,
                ConnectionEnd.CONNECT_REFUSED, ConnectionEnd.CONNECT_TIMEOUT);
        for (ConnectionEnd end : ends) {
            meter.tryOpen(10);
            meter.ended(end, Duration.ofSeconds(1));
        }
        assertEquals(Map.of(ConnectionEnd.CLOSED, 1L, ConnectionEnd.CONNECT_REFUSED, 2L, ConnectionEnd.CLIENT_RESET, 1L,
                ConnectionEnd.CONNECT_TIMEOUT, 1L), meter.ends());
        assertEquals(3, meter.connectFailures());
        assertEquals(5, meter.connectionTime().getCount());
    }

    @Test
    void labelsAreWhatTheAccessLogSays() {
        assertEquals("client-reset", ConnectionEnd.CLIENT_RESET.label());
        assertEquals(Set.of("connect-resolve", "connect-refused", "connect-timeout", "connect-unreachable",
                "connect-descriptors", "connect-other"),
                Set.copyOf(Arrays.stream(ConnectionEnd.values()).filter(ConnectionEnd::isConnectFailure)
                        .map(ConnectionEnd::label).toList()));
    }

    @Test
    void countsBytesOfBothDirections() {
        meter.read(Direction.TX, 5);
        meter.forwarded(Direction.TX, 4);
        meter.read(Direction.RX, 1L << 33);
        meter.forwarded(Direction.RX, 1L << 32);
        meter.acceptFailed();

        assertEquals(5, meter.read(Direction.TX));
        assertEquals(4, meter.forwarded(Direction.TX));
        assertEquals(1L << 33, meter.read(Direction.RX));
        assertEquals(1L << 32, meter.forwarded(Direction.RX));
        assertEquals(1, meter.acceptErrors());
        assertEquals(1L << 32, registry.meter("pipe.web.rx.forwarded.bytes").getCount());
    }

    @Test
    void takesOnlyItsOwnMetricsOutOfTheRegistry() {
        var other = new PipeMeter(registry, "web2");
        meter.unregister();

        assertTrue(registry.getNames().stream().allMatch(name -> name.startsWith("pipe.web2.")));
        assertFalse(registry.getNames().isEmpty());
        other.unregister();
        assertTrue(registry.getNames().isEmpty());
    }
}
