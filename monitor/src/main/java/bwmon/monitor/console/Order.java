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
        return switch (this) {
            case NAME -> byName;
            case RX -> Comparator.<Row>comparingLong(row -> bytes(amount.of(row), Direction.RX)).reversed()
                    .thenComparing(byName);
            case TX -> Comparator.<Row>comparingLong(row -> bytes(amount.of(row), Direction.TX)).reversed()
                    .thenComparing(byName);
            case TOTAL -> Comparator.<Row>comparingLong(row -> bytes(amount.of(row), Direction.RX)
                    + bytes(amount.of(row), Direction.TX)).reversed().thenComparing(byName);
        };
    }

    /** IP bytes; where they are not known, payload is the best guess at who moves most. */
    private static long bytes(ByteCounts counts, Direction direction) {
        return counts.bytes(direction).orElse(counts.payload(direction).orElse(0));
    }
}
