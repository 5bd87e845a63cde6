package bwmon.aggregator.grouping;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.aggregator.usage.Charge;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;

/**
 * Bounds how many applications there are whose names anybody who starts processes may choose: what stands for itself, and
 * groups by executable, unit or container. Those that moved most keep their names; the rest is {@link Application#OTHERS}.
 * Applications of the configuration, pipes and what is unattributed are never folded and do not count: they are few. Pure.
 */
public final class RowBound {
    private RowBound() {}

    /**
     * Bounds the rows of one interval.
     *
     * @param charges whose owners stay as they are
     * @param maxRows 0 or more
     * @return the charges in the same order; the same list if nothing has to be folded
     */
    public static List<Charge> fold(List<Charge> charges, int maxRows) {
        if (charges.size() <= maxRows) {
            return charges;
        }
        Map<Application, Row> rows = rows(charges);
        if (rows.size() <= maxRows) {
            return charges;
        }
        keepLargest(rows, maxRows);
        var bounded = new ArrayList<Charge>(charges.size());
        for (Charge charge : charges) {
            Row row = isBounded(charge) ? rows.get(charge.application()) : null;
            bounded.add(row == null || row.isKept
                    ? charge
                    : new Charge(charge.source(), charge.owner(), Application.OTHERS, charge.interval(),
                            charge.counts()));
        }
        return bounded;
    }

    private static final class Row {
        /** IP bytes where they are known, else payload; only to be compared. */
        long moved;
        boolean isKept;
    }

    private static Map<Application, Row> rows(List<Charge> charges) {
        var rows = new LinkedHashMap<Application, Row>();
        for (Charge charge : charges) {
            if (isBounded(charge)) {
                Row row = rows.computeIfAbsent(charge.application(), _ -> new Row());
                row.moved = sum(row.moved,
                        sum(moved(charge.counts(), Direction.RX), moved(charge.counts(), Direction.TX)));
            }
        }
        return rows;
    }

    private static boolean isBounded(Charge charge) {
        Basis basis = charge.application().basis();
        return basis != Basis.RULE && basis != Basis.OTHERS && !(charge.owner() instanceof Owner.Pipe)
                && !(charge.owner() instanceof Owner.Unattributed);
    }

    /** Of those that moved as much as the least of the kept ones, the first in order are kept. */
    private static void keepLargest(Map<Application, Row> rows, int maxRows) {
        long[] moved = rows.values().stream().mapToLong(row -> row.moved).toArray();
        Arrays.sort(moved);
        long least = maxRows == 0 ? Long.MAX_VALUE : moved[moved.length - maxRows];
        int atLeast = maxRows;
        for (Row row : rows.values()) {
            if (row.moved > least) {
                row.isKept = true;
                atLeast--;
            }
        }
        for (Row row : rows.values()) {
            if (row.moved == least && atLeast > 0) {
                row.isKept = true;
                atLeast--;
            }
        }
    }

    private static long moved(ByteCounts counts, Direction direction) {
        OptionalLong bytes = counts.bytes(direction);
        return bytes.isPresent() ? bytes.getAsLong() : counts.payload(direction).orElse(0);
    }

    private static long sum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }
}
