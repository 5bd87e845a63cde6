package bwmon.aggregator.alert;

import java.util.OptionalLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static bwmon.aggregator.alert.AlertState.FIRING;
import static bwmon.aggregator.alert.AlertState.OK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

class AlertStateTest {
    @ParameterizedTest
    @CsvSource({
            // state, average, next; above 100, clear below 80
            "OK, 0, OK", "OK, 100, OK", "OK, 101, FIRING", "FIRING, 101, FIRING", "FIRING, 100, FIRING",
            "FIRING, 80, FIRING", "FIRING, 79, OK", "FIRING, 0, OK"})
    void theStateChangesOverTheThresholdAndBelowWhatClearsIt(AlertState state, long average, AlertState next) {
        assertSame(next, state.next(new Threshold(100, 80), OptionalLong.of(average)));
    }

    @ParameterizedTest
    @CsvSource({"OK, 100, OK", "OK, 101, FIRING", "FIRING, 100, FIRING", "FIRING, 99, OK"})
    void withoutAMarginTheThresholdItselfChangesNothing(AlertState state, long average, AlertState next) {
        assertSame(next, state.next(new Threshold(100), OptionalLong.of(average)));
    }

    @Test
    void aWindowThatIsNotFullChangesNothing() {
        assertSame(OK, OK.next(new Threshold(100), OptionalLong.empty()));
        assertSame(FIRING, FIRING.next(new Threshold(100), OptionalLong.empty()));
    }

    @Test
    void whatCannotClearIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Threshold(100, 101));
        assertThrows(IllegalArgumentException.class, () -> new Threshold(0, 0));
        assertEquals(100, new Threshold(100).clearBelow());
    }
}
