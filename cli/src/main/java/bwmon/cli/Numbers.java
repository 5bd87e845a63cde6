package bwmon.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Pattern;

/** Numbers of options and settings; each error says what was expected. */
public final class Numbers {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,9})?");

    private static final Pattern DURATION = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*([a-z]*)");
    /** Nobody waits longer; what is not longer fits the 63 bits of {@link Duration#toNanos}. */
    private static final BigDecimal MAX_SECONDS = BigDecimal.valueOf(100L * 365 * 86_400);

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
     * @throws IllegalArgumentException if it is none, or longer than 100 years
     */
    public static Duration seconds(String text) {
        if (!isNumber(text)) {
            throw new IllegalArgumentException("'" + text + "' is not a number of seconds, such as 10 or 0.5");
        }
        BigDecimal seconds = new BigDecimal(text);
        if (seconds.compareTo(MAX_SECONDS) > 0) {
            throw new IllegalArgumentException("'" + text + "' seconds are more than 100 years");
        }
        return ofSeconds(seconds);
    }

    /**
     * A length of time with a unit of HOCON's durations, such as {@code 500ms} or {@code 5 minutes}; a number alone is
     * seconds. Less than a nanosecond is left off.
     *
     * @throws IllegalArgumentException if it is none, or longer than 100 years
     */
    public static Duration duration(String text) {
        var form = DURATION.matcher(text);
        long nanos = form.matches() ? unitNanos(form.group(2)) : 0;
        if (nanos > 0) {
            BigDecimal seconds = new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(nanos, 9));
            if (seconds.compareTo(MAX_SECONDS) <= 0) {
                return ofSeconds(seconds);
            }
        }
        throw new IllegalArgumentException(
                "'" + text + "' is no length of time up to 100 years: expected one such as 500ms, 10s or 5m");
    }

    private static Duration ofSeconds(BigDecimal seconds) {
        return Duration.ofNanos(seconds.movePointRight(9).longValue());
    }

    /** Nanoseconds of a unit as HOCON's specification lists them ("Duration Format"), 0 for what is none. */
    private static long unitNanos(String unit) {
        return switch (unit) {
            case "ns", "nano", "nanos", "nanosecond", "nanoseconds" -> 1;
            case "us", "micro", "micros", "microsecond", "microseconds" -> 1_000;
            case "ms", "milli", "millis", "millisecond", "milliseconds" -> 1_000_000;
            case "", "s", "second", "seconds" -> 1_000_000_000;
            case "m", "minute", "minutes" -> 60_000_000_000L;
            case "h", "hour", "hours" -> 3_600_000_000_000L;
            case "d", "day", "days" -> 86_400_000_000_000L;
            default -> 0;
        };
    }
}
