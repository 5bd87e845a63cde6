package bwmon.monitor.console;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import bwmon.traffic.Usage;

/**
 * The rows of one grouping, kept from interval to interval. Bounded: where they become too many, processes that have ended
 * are folded into one row, the quiet for longest first; if that is not enough, whatever was quiet for longest. No sum is
 * ever lost.
 */
final class RowTable {
    private final Grouping grouping;
    private final int maxRows;
    private final Predicate<Owner.ProcessId> lives;
    /** The first is the one that was quiet for longest. */
    private final LinkedHashMap<Object, Row> rows = new LinkedHashMap<>(16, 0.75f, true);
    /** Rows that moved something in the last interval. */
    private final Set<Object> active = new HashSet<>();

    /**
     * An empty table.
     *
     * @param maxRows how many rows there may be before some are folded; of those that are never given up there are few
     * @param lives whether a process is there still; asked only before rows are folded
     */
    RowTable(Grouping grouping, int maxRows, Predicate<Owner.ProcessId> lives) {
        this.grouping = grouping;
        this.maxRows = maxRows;
        this.lives = lives;
    }

    /**
     * Begins an interval and books what moved in it.
     *
     * @param isBefore whether it moved before the start, so that it counts for the totals alone
     */
    void next(List<Usage> usages, boolean isBefore) {
        for (Object key : active) {
            Row row = rows.get(key);
            if (row != null) {
                rows.put(key, row.withLast(ByteCounts.ZERO));
            }
        }
        active.clear();
        for (Usage usage : usages) {
            Subject subject = grouping.subject(usage);
            Object key = subject.key();
            Row row = rows.get(key);
            rows.put(key, (row == null ? Row.of(subject) : row).plus(subject, usage.counts(), isBefore));
            active.add(key);
        }
        if (rows.size() > maxRows) {
            // By a quarter, or by an eighth at the least, so that this is not done over again at each interval.
            fold(maxRows - maxRows / 4, true);
            fold(maxRows - maxRows / 8, false);
        }
    }

    private void fold(int target, boolean endedOnly) {
        var folded = new ArrayList<Row>();
        Iterator<Map.Entry<Object, Row>> eldest = rows.entrySet().iterator();
        for (int left = rows.size(); left > target && eldest.hasNext();) {
            Row row = eldest.next().getValue();
            boolean given = !row.subject().folded().equals(row.subject());
            if (given && (!endedOnly || hasEnded(row.subject()))) {
                eldest.remove();
                folded.add(row);
                left--;
            }
        }
        for (Row row : folded) {
            active.remove(row.subject().key());
            Subject into = row.subject().folded();
            Row sum = rows.getOrDefault(into.key(), Row.of(into)).plus(into, row);
            rows.put(into.key(), sum);
            if (!sum.last().isNothing()) {
                active.add(into.key());
            }
        }
    }

    private boolean hasEnded(Subject subject) {
        return switch (subject) {
            case Subject.Charged(Owner.Process process) -> !lives.test(process.id());
            case Subject.Rest(Owner.Process process) -> !lives.test(process.id());
            default -> false;
        };
    }

    /** The rows as they are now. */
    List<Row> rows() {
        return List.copyOf(rows.values());
    }
}
