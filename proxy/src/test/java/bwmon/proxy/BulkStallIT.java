package bwmon.proxy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** A bulk stream whose reader stops: what is held for it is bounded and known to the byte, and goes where it has to. */
@Timeout(120)
class BulkStallIT {
    private static final long MIB = 1 << 20;
    /** One read, or one pipe. */
    private static final long MOST_COPYING = 128 * 1024;
    private static final long MOST_SPLICING = MIB;

    static List<Arguments> waysAndDirections() {
        return Arrays.stream(Way.values())
                .flatMap(way -> Stream.of(arguments(way, Direction.TX), arguments(way, Direction.RX))).toList();
    }

    private static BulkStream stalled(Way way, Direction direction) throws Exception {
        long pipes = Descriptors.here().pipes();
        var stream = new BulkStream(way, direction);
        stream.move(32 * MIB);
        stream.stall();
        long held = stream.meterHeld();
        assertTrue(held > 0, "nothing is held: this test stalls nobody");
        assertTrue(held <= (way == Way.SPLICE ? MOST_SPLICING : MOST_COPYING), () -> held + " bytes held");
        // The first 32 MiB left spare pipes at most; this one is in use.
        assertEquals(way == Way.SPLICE, Descriptors.here().pipes() > pipes);
        assertEquals(held, stream.held(), "what is held is what was read and not forwarded");
        return stream;
    }

    @ParameterizedTest
    @MethodSource("waysAndDirections")
    void allArrivesWhenTheReaderGoesOn(Way way, Direction direction) throws Exception {
        long pipes = Descriptors.here().pipes();
        try (BulkStream stream = stalled(way, direction)) {
            stream.move(64 * MIB);
            stream.endSource();
            await().until(stream::receive);
            assertEquals(stream.sent(), stream.received());
            assertEquals(0, stream.meterHeld());
            assertEquals(stream.sent(), stream.pipe().meter().read(direction));
        }
        await().until(() -> Descriptors.here().pipes() == pipes);
    }

    @ParameterizedTest
    @MethodSource("waysAndDirections")
    void whatIsHeldWhenTheReaderDiesWasReadAndNotForwarded(Way way, Direction direction) throws Exception {
        try (BulkStream stream = stalled(way, direction)) {
            long read = stream.pipe().meter().read(direction);
            long forwarded = stream.pipe().meter().forwarded(direction);
            stream.resetSink();
            FinishedConnection ended = stream.ended();
            assertEquals(direction == Direction.TX ? ConnectionEnd.UPSTREAM_RESET : ConnectionEnd.CLIENT_RESET,
                    ended.end());
            assertEquals(forwarded, ended.meter().forwarded(direction));
            assertTrue(ended.meter().read(direction) >= read);
            assertTrue(ended.meter().read(direction) <= stream.sent());
        }
    }

    @ParameterizedTest
    @MethodSource("waysAndDirections")
    void whatIsHeldWhenTheSenderDiesArrivesBeforeTheReset(Way way, Direction direction) throws Exception {
        try (BulkStream stream = stalled(way, direction)) {
            stream.resetSource();
            await().pollInSameThread().until(() -> isReset(stream));
            FinishedConnection ended = stream.ended();
            assertEquals(direction == Direction.TX ? ConnectionEnd.CLIENT_RESET : ConnectionEnd.UPSTREAM_RESET,
                    ended.end());
            assertEquals(ended.meter().read(direction), ended.meter().forwarded(direction));
            assertEquals(ended.meter().forwarded(direction), stream.received());
        }
    }

    private static boolean isReset(BulkStream stream) {
        try {
            assertTrue(!stream.receive(), "a cut stream looked whole");
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
