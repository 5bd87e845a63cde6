package bwmon.cli;

import java.time.Duration;
import java.util.OptionalLong;

import bwmon.traffic.ByteQuantity;
import bwmon.traffic.ByteQuantity.Style;
import org.jspecify.annotations.Nullable;

/**
 * How counts become text: in which units, and as they are or for each second of an interval. What is not known is a
 * question mark, never 0.
 *
 * @param units of bytes
 * @param interval over which a rate is worked out; null for amounts as they are
 */
public record Scale(Style units, @Nullable Duration interval) {
    private static final String UNKNOWN = "?";

    /** At most 11 characters, and a sign: {@code 9.99 Mbit/s}, {@code -1023 KiB/s}. */
    public String bytes(OptionalLong bytes) {
        OptionalLong scaled = scaled(bytes);
        if (scaled.isEmpty()) {
            return UNKNOWN;
        }
        long value = scaled.getAsLong();
        return (value < 0 ? "-" : "") + new ByteQuantity(Math.abs(value), interval != null).format(units);
    }

    /** At most 6 characters: {@code 99999}, {@code 9999k}. */
    public String packets(OptionalLong packets) {
        OptionalLong scaled = scaled(packets);
        return scaled.isEmpty() ? UNKNOWN : packets(scaled.getAsLong());
    }

    /** As {@link #packets(OptionalLong)}, of a count as it is. */
    public static String packets(long packets) {
        if (packets < 100_000) {
            return Long.toString(packets);
        }
        String prefixes = "kMGTPE";
        long value = packets;
        int power = 0;
        while (value >= 10_000) {
            value /= 1000;
            power++;
        }
        return value + prefixes.substring(power - 1, power);
    }

    private OptionalLong scaled(OptionalLong count) {
        if (interval == null || count.isEmpty()) {
            return count;
        }
        double seconds = interval.toNanos() / 1e9;
        return seconds > 0 ? OptionalLong.of(Math.round(count.getAsLong() / seconds)) : OptionalLong.empty();
    }
}
