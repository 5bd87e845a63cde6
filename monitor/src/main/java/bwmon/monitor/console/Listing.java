package bwmon.monitor.console;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;

import bwmon.cli.Order;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;

/**
 * The rows of a picture as they are to be shown: those that moved anything, sorted, the first so many of them.
 *
 * @param rows in order
 * @param others how many more there are
 * @param sumOfOthers what those moved
 */
public record Listing(List<Row> rows, int others, ByteCounts sumOfOthers) {
    private static final Comparator<Row> BY_NAME = Comparator.comparing((Row row) -> row.subject().label())
            .thenComparing(row -> String.valueOf(row.subject().key()));

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
     * The listing of one grouping. What is unattributed is always a row of its own, as nobody else's sum may hold it.
     *
     * @param top how many other rows at most, 1 or more; empty for all
     */
    public static Listing of(Picture picture, Grouping grouping, Amount amount, Order order, OptionalInt top) {
        List<Row> sorted = picture.rows(grouping).stream().filter(row -> !amount.of(row).isNothing())
                .sorted(order.comparator(amount::of, BY_NAME)).toList();
        int room = top.orElse(Integer.MAX_VALUE);
        var rows = new ArrayList<Row>();
        int others = 0;
        ByteCounts sum = ByteCounts.ZERO;
        for (Row row : sorted) {
            if (row.subject() instanceof Subject.Charged(Owner.Unattributed _)) {
                rows.add(row);
            } else if (room > 0) {
                rows.add(row);
                room--;
            } else {
                others++;
                sum = sum.plus(amount.of(row));
            }
        }
        return new Listing(rows, others, sum);
    }

    /**
     * Without rows that would be zeros for who does not see payload. A process may read later than the network carried; and what
     * sockets without a peer moved has remotes and ports as far as it is IP bytes, which are in other rows, and not as far as
     * it is payload.
     */
    public Listing withoutPayloadAlone(Amount amount) {
        return new Listing(rows.stream().filter(row -> !isPayloadAlone(amount.of(row))).toList(), others, sumOfOthers);
    }

    private static boolean isPayloadAlone(ByteCounts counts) {
        return counts.bytes(Direction.RX).orElse(1) == 0 && counts.bytes(Direction.TX).orElse(1) == 0;
    }

    /**
     * The first rows of this listing, and the rest as others, for a window that has no room for more.
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
