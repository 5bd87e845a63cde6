package bwmon.monitor.console;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

import bwmon.traffic.ByteCounts;

/**
 * The rows of a picture as they are to be shown: those that moved anything, sorted, the first so many of them.
 *
 * @param rows in order
 * @param others how many more there are
 * @param sumOfOthers what those moved
 */
public record Listing(List<Row> rows, int others, ByteCounts sumOfOthers) {
    public Listing {
        rows = List.copyOf(rows);
    }

    /** Which of a row's counts are shown. */
    public enum Amount {
        /** What moved in the interval. */
        LAST,
        /** What moved since the start, and before it as far as the source looked back. */
        TOTAL;

        /** The counts of that row. */
        public ByteCounts of(Row row) {
            return this == LAST ? row.last() : row.total();
        }
    }

    /**
     * The listing of one grouping.
     *
     * @param top how many rows at most, 1 or more; empty for all
     */
    public static Listing of(Picture picture, Grouping grouping, Amount amount, Order order, OptionalInt top) {
        List<Row> sorted = picture.rows(grouping).stream().filter(row -> !amount.of(row).isNothing())
                .sorted(order.comparator(amount)).toList();
        return new Listing(sorted, 0, ByteCounts.ZERO).cut(amount, top.orElse(Integer.MAX_VALUE));
    }

    /**
     * The first rows of this listing, and the rest as others.
     *
     * @param top how many rows at most, 0 or more
     */
    public Listing cut(Amount amount, int top) {
        if (rows.size() <= top) {
            return this;
        }
        ByteCounts sum = sumOfOthers;
        List<Row> rest = rows.subList(top, rows.size());
        for (Row row : rest) {
            sum = sum.plus(amount.of(row));
        }
        return new Listing(new ArrayList<>(rows.subList(0, top)), others + rest.size(), sum);
    }
}
