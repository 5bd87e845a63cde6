package bwmon.monitor.console;

import java.time.Duration;
import java.util.OptionalLong;

import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.ByteQuantity;
import bwmon.traffic.ByteQuantity.Style;
import bwmon.traffic.Direction;
import org.jspecify.annotations.Nullable;

/**
 * Amounts as text: IP bytes, of the interval for a second or in total. What is not known is {@code -}.
 *
 * @param amount whether amounts are of the interval, and so are shown for a second
 * @param interval how long it was
 * @param units null for plain integers
 */
public record Figures(Amount amount, Duration interval, @Nullable Style units) {
    private static final String UNKNOWN = "-";

    /** The figures of that picture. */
    public static Figures of(Picture picture, Layout layout) {
        return new Figures(layout.amount(), picture.interval(), layout.units());
    }

    /** How wide a column is: as bwmon 1.x had it, or as the longest amount with its unit is. */
    public int width() {
        return units == null ? 10 : 12;
    }

    /** One amount. */
    public String text(OptionalLong bytes) {
        if (bytes.isEmpty()) {
            return UNKNOWN;
        }
        boolean isRate = amount == Amount.LAST;
        long value = isRate ? perSecond(bytes.getAsLong()) : bytes.getAsLong();
        if (units == null) {
            return Long.toString(value);
        }
        String text = new ByteQuantity(Math.absExact(value), isRate).format(units);
        return value < 0 ? "-" + text : text;
    }

    private long perSecond(long bytes) {
        return interval.isZero() ? 0 : (long) (bytes * 1e9 / interval.toNanos());
    }

    /** Received and transmitted, as bwmon 1.x writes them. */
    public String both(ByteCounts counts) {
        return both(counts.bytes(Direction.RX), counts.bytes(Direction.TX));
    }

    /** Received and transmitted. */
    public String both(OptionalLong rx, OptionalLong tx) {
        String form = "%" + width() + "s";
        return form.formatted(text(rx)) + " / " + form.formatted(text(tx));
    }
}
