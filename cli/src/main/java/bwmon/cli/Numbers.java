package bwmon.cli;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Pattern;

/** Numbers of options and settings; each error says what was expected. */
public final class Numbers {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,9})?");

    private static final Pattern DURATION = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*([a-z]*)");
    /** Nobody waits longer; what is not longer fits the 63 bits of {@link Duration#toNanos}. */
    private static final long MAX_SECONDS = 100L * 365 * 86_400;
    private static final int NANO_DIGITS = 9;

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
        // Not by a BigDecimal: every program comes here at its start, and that class takes some 20 ms to get ready.
        int point = text.indexOf('.');
        String fraction = point < 0 ? "" : text.substring(point + 1);
        Duration seconds = Duration.ofSeconds(Long.parseLong(point < 0 ? text : text.substring(0, point)),
                Long.parseLong(fraction + "0".repeat(NANO_DIGITS - fraction.length())));
        if (seconds.compareTo(Duration.ofSeconds(MAX_SECONDS)) > 0) {
            throw new IllegalArgumentException("'" + text + "' seconds are more than 100 years");
        }
        return seconds;
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
            BigDecimal seconds = new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(nanos, NANO_DIGITS));
            if (seconds.compareTo(BigDecimal.valueOf(MAX_SECONDS)) <= 0) {
                return Duration.ofNanos(seconds.movePointRight(NANO_DIGITS).longValue());
            }
        }
        throw new IllegalArgumentException(
                "'" + text + "' is no length of time up to 100 years: expected one such as 500ms, 10s or 5m");
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
