package bwmon.cli;

import java.time.Duration;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NumbersTest {
    @ParameterizedTest
    @CsvSource({"0, PT0S", "1, PT1S", "0.5, PT0.5S", "007, PT7S", "90, PT1M30S", "0.000000001, PT0.000000001S",
            "1.999999999, PT1.999999999S", "3153600000, PT876000H"})
    void secondsAreRead(String text, Duration expected) {
        assertEquals(expected, Numbers.seconds(text));
        assertTrue(Numbers.isNumber(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 1", "1 ", "-1", "+1", "1s", "1e3", ".5", "5.", "1,5", "0x10", "NaN", "Infinity",
            "0.0000000001", "٣", "1.2.3", "1\n"})
    void whatIsNoNumberOfSecondsIsRefused(String text) {
        assertFalse(Numbers.isNumber(text));
        var e = assertThrows(IllegalArgumentException.class, () -> Numbers.seconds(text));
        assertEquals("'" + text + "' is not a number of seconds, such as 10 or 0.5", e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"3153600001", "3153600000.1", "999999999999999999", "31622400000"})
    void moreThanAnyoneWaitsForIsRefused(String text) {
        var e = assertThrows(IllegalArgumentException.class, () -> Numbers.seconds(text));
        assertEquals("'" + text + "' seconds are more than 100 years", e.getMessage());
        assertThrows(TypeConversionException.class, () -> new OptionTypes.Interval().convert(text));
    }

    /** Whoever gets a length of time may ask for its nanoseconds without another thought. */
    @Test
    void everyLengthOfTimeFitsItsNanoseconds() {
        var random = new Random(3);
        for (int i = 0; i < 10_000; i++) {
            String text = random.nextLong(3_153_600_000L) + "." + random.nextInt(1_000_000_000);
            assertTrue(Numbers.seconds(text).toNanos() >= 0, text);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "65535, 65535", "0080, 80", "+5, 5"})
    void wholeNumbersWithinBoundsAreRead(String text, int expected) {
        assertEquals(expected, Numbers.integer(text, 1, 65_535));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "65536", "-1", "1.0", "1e3", " 1", "99999999999999999999", "eighty", "0x50"})
    void otherWholeNumbersAreRefused(String text) {
        var e = assertThrows(IllegalArgumentException.class, () -> Numbers.integer(text, 1, 65_535));
        assertEquals("'" + text + "' is not a whole number from 1 to 65535", e.getMessage());
    }

    @Test
    void optionsSayWhatWasExpected() {
        assertEquals(10_000_000L, new OptionTypes.Rate().convert("10MB/s"));
        assertEquals(Duration.ZERO, new OptionTypes.Seconds().convert("0"));
        assertEquals(Duration.ofMillis(10), new OptionTypes.Interval().convert("0.01"));
        assertEquals("an interval is at least 0.01 seconds, not '0.009'", assertThrows(TypeConversionException.class,
                () -> new OptionTypes.Interval().convert("0.009")).getMessage());
        assertEquals("'x' is not a number of seconds, such as 10 or 0.5", assertThrows(TypeConversionException.class,
                () -> new OptionTypes.Seconds().convert("x")).getMessage());
        assertThrows(TypeConversionException.class, () -> new OptionTypes.Rate().convert("10Mbps"));
    }
}
