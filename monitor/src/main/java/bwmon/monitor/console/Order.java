package bwmon.monitor.console;

import java.util.Comparator;
import java.util.Locale;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/** What rows are sorted by: most bytes first, names from A to Z. */
public enum Order {
    RX, TX, TOTAL, NAME;

    /** The name in options. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The order of rows.
     *
     * @param amount which of a row's counts are compared
     */
    Comparator<Row> comparator(Listing.Amount amount) {
        Comparator<Row> byName = Comparator.comparing((Row row) -> row.subject().label())
                .thenComparing(row -> String.valueOf(row.subject().key()));
        return this == NAME ? byName : byAmount(amount).thenComparing(byName);
    }

    /** The order by amounts alone; by name none comes before another. */
    Comparator<Row> byAmount(Listing.Amount amount) {
        return Comparator.comparingLong((Row row) -> {
            ByteCounts counts = amount.of(row);
            return switch (this) {
                case RX -> bytes(counts, Direction.RX);
                case TX -> bytes(counts, Direction.TX);
                case TOTAL -> bytes(counts, Direction.RX) + bytes(counts, Direction.TX);
                case NAME -> 0;
            };
        }).reversed();
    }

    /** IP bytes; where they are not known, payload is the best guess at who moves most. */
    private static long bytes(ByteCounts counts, Direction direction) {
        return counts.bytes(direction).orElse(counts.payload(direction).orElse(0));
    }
}
