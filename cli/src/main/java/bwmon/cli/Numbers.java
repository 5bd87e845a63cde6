package bwmon.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Pattern;

/** Numbers of options and settings; each error says what was expected. */
public final class Numbers {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,9})?");

    private Numbers() {}

    /** Whether the text is a plain decimal number, as {@link #seconds} takes it. */
    public static boolean isNumber(String text) {
        return NUMBER.matcher(text).matches();
    }

    /**
     * A whole number within bounds, both included.
     *
     * @throws IllegalArgumentException if it is none, or out of bounds
     */
    public static int integer(String text, int min, int max) {
        try {
            int value = Integer.parseInt(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Said below, in the same words as a number out of bounds.
        }
        throw new IllegalArgumentException("'" + text + "' is not a whole number from " + min + " to " + max);
    }

    /**
     * A length of time in seconds, fractions allowed, to the nanosecond.
     *
     * @throws IllegalArgumentException if it is none, or longer than 1,000 years
     */
    public static Duration seconds(String text) {
        if (!isNumber(text)) {
            throw new IllegalArgumentException("'" + text + "' is not a number of seconds, such as 10 or 0.5");
        }
        BigDecimal nanos = new BigDecimal(text).movePointRight(9);
        BigDecimal seconds = new BigDecimal(text);
        if (seconds.compareTo(BigDecimal.valueOf(1000L * 366 * 86_400)) > 0) {
            throw new IllegalArgumentException("'" + text + "' seconds are more than 1,000 years");
        }
        return Duration.ofSeconds(seconds.longValue(), nanos.remainder(BigDecimal.TEN.pow(9)).longValueExact());
    }
}
