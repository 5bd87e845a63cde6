package bwmon.cli;

import java.util.Comparator;
import java.util.Locale;
import java.util.function.Function;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/** What rows are sorted by: most bytes first, names from A to Z. */
public enum Order {
    RX, TX, TOTAL, NAME;

    /** The name in options. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one that a key changes to: total, received, transmitted, name, and total again. */
    public Order next() {
        return switch (this) {
            case TOTAL -> RX;
            case RX -> TX;
            case TX -> NAME;
            case NAME -> TOTAL;
        };
    }

    /**
     * The order of rows.
     *
     * @param counts what is compared of a row
     * @param byName which of two rows comes first if that is equal, or not looked at
     */
    public <T> Comparator<T> comparator(Function<T, ByteCounts> counts, Comparator<T> byName) {
        return this == NAME ? byName : byAmount(counts).thenComparing(byName);
    }

    /** The order by amounts alone; by name none comes before another. */
    public <T> Comparator<T> byAmount(Function<T, ByteCounts> counts) {
        return Comparator.comparingLong((T row) -> {
            ByteCounts moved = counts.apply(row);
            return switch (this) {
                case RX -> bytes(moved, Direction.RX);
                case TX -> bytes(moved, Direction.TX);
                case TOTAL -> bytes(moved, Direction.RX) + bytes(moved, Direction.TX);
                case NAME -> 0;
            };
        }).reversed();
    }

    /** IP bytes; where they are not known, payload is the best guess at who moves most. */
    private static long bytes(ByteCounts counts, Direction direction) {
        return counts.bytes(direction).orElse(counts.payload(direction).orElse(0));
    }
}
