package bwmon.monitor.console;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import bwmon.cli.Account;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.SocketStates;
import org.jspecify.annotations.Nullable;

/**
 * All that views show of one interval. Immutable, so that any thread may read it for as long as it likes.
 *
 * @param at wall clock time of the interval's end
 * @param interval how long it was, by the monotonic clock; 0 for what moved before the start
 * @param isBefore whether it tells of what moved before the start: totals without an interval
 * @param source the source's name
 * @param tables the rows of each grouping that was asked for, in no particular order
 * @param account whether the interval adds up; of nothing for what moved before the start
 * @param since whether all intervals since the start do
 * @param sockets the sockets at the interval's end; null where they were not asked for
 * @param failure why the source could not tell, null if it could
 */
public record Picture(Instant at, Duration interval, boolean isBefore, String source, Map<Grouping, List<Row>> tables,
        Account account, Account since, @Nullable SocketStates sockets, @Nullable String failure) {

    public Picture {
        var copies = new EnumMap<Grouping, List<Row>>(Grouping.class);
        tables.forEach((grouping, rows) -> copies.put(grouping, List.copyOf(rows)));
        tables = Collections.unmodifiableMap(copies);
    }

    /**
     * The rows of one grouping.
     *
     * @throws IllegalArgumentException if it was not asked for
     */
    public List<Row> rows(Grouping grouping) {
        List<Row> rows = tables.get(grouping);
        if (rows == null) {
            throw new IllegalArgumentException("no rows by " + grouping.label());
        }
        return rows;
    }

    /**
     * This interval and the one that followed it as one, so that a view that fell behind loses time but no bytes. Of rows
     * there are no more than the later picture has.
     *
     * @throws ArithmeticException if a sum overflows
     */
    public Picture then(Picture next) {
        if (isBefore) {
            // All that it tells is in the later totals.
            return next;
        }
        var both = new EnumMap<Grouping, List<Row>>(Grouping.class);
        next.tables.forEach((grouping, rows) -> both.put(grouping, joined(rows(grouping), rows)));
        return new Picture(next.at, interval.plus(next.interval), false, next.source, both, account.then(next.account),
                next.since, next.sockets, next.failure);
    }

    private static List<Row> joined(List<Row> earlier, List<Row> later) {
        var moved = new HashMap<Object, Row>();
        for (Row row : earlier) {
            if (!row.last().isNothing()) {
                moved.put(row.subject().key(), row);
            }
        }
        var rows = new HashMap<Object, Row>();
        for (Row row : later) {
            Row before = moved.remove(row.subject().key());
            rows.put(row.subject().key(), before == null ? row : row.withLast(before.last().plus(row.last())));
        }
        // What was folded meanwhile; its total is in the row that it was folded into.
        for (Row row : moved.values()) {
            Subject into = row.subject().folded();
            Row sum = rows.getOrDefault(into.key(), Row.of(into));
            rows.put(into.key(), sum.withLast(sum.last().plus(row.last())));
        }
        return new ArrayList<>(rows.values());
    }

    /** What moved since the start, and before it as far as the source looked back, in rows that the filters let through. */
    public ByteCounts total(Grouping grouping) {
        return rows(grouping).stream().map(Row::total).reduce(ByteCounts.ZERO, ByteCounts::plus);
    }
}
