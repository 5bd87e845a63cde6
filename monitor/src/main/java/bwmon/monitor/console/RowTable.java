package bwmon.monitor.console;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    /** So many processes at most are looked at in an interval, some 10 us each, before rows are folded. */
    static final int ASKED = 4096;

    private final Grouping grouping;
    private final int maxRows;
    private final Predicate<Owner.ProcessId> lives;
    /** In the order in which they came. */
    private final Map<Object, Kept> rows = new LinkedHashMap<>();
    private long interval;
    private int asked;

    /** A row that is still added to. One object, because ten thousand of them are looked up in each interval. */
    private static final class Kept {
        private Subject subject;
        private ByteCounts last;
        private ByteCounts total;
        /** The interval in which it moved anything last. */
        private long moved;

        Kept(Subject subject, ByteCounts last, ByteCounts total, long moved) {
            this.subject = subject;
            this.last = last;
            this.total = total;
            this.moved = moved;
        }

        ByteCounts last(long interval) {
            return moved == interval ? last : ByteCounts.ZERO;
        }
    }

    /**
     * An empty table.
     *
     * @param maxRows how many rows there may be before some are folded; of those that are never given up there are few
     * @param lives whether a process is there still; asked only before rows are folded, and of those that are quiet
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
        interval++;
        for (Usage usage : usages) {
            Subject subject = grouping.subject(usage);
            add(subject, isBefore ? ByteCounts.ZERO : usage.counts(), usage.counts());
        }
        if (rows.size() > maxRows) {
            asked = 0;
            // By a quarter, or by an eighth at the least, so that this is not done over again at each interval.
            fold(maxRows - maxRows / 4, true);
            fold(maxRows - maxRows / 8, false);
        }
    }

    private void add(Subject subject, ByteCounts last, ByteCounts total) {
        Object key = subject.key();
        Kept kept = rows.get(key);
        if (kept == null) {
            rows.put(key, new Kept(subject, last, total, interval));
            return;
        }
        // Most move once in an interval, and this is then all of it.
        kept.last = kept.moved == interval ? kept.last.plus(last) : last;
        kept.total = kept.total.plus(total);
        kept.subject = subject;
        kept.moved = interval;
    }

    private void fold(int target, boolean endedOnly) {
        int tooMany = rows.size() - target;
        if (tooMany <= 0) {
            return;
        }
        var eldest = new ArrayList<Map.Entry<Object, Kept>>(rows.entrySet());
        eldest.sort(Comparator.comparingLong(entry -> entry.getValue().moved));
        var folded = new ArrayList<Kept>();
        for (Map.Entry<Object, Kept> entry : eldest) {
            Kept kept = entry.getValue();
            Subject subject = kept.subject;
            if (!subject.folded().equals(subject) && (!endedOnly || hasEnded(kept))) {
                folded.add(kept);
                rows.remove(entry.getKey());
                if (folded.size() == tooMany) {
                    break;
                }
            }
        }
        for (Kept kept : folded) {
            add(kept.subject.folded(), kept.last(interval), kept.total);
        }
    }

    private boolean hasEnded(Kept kept) {
        if (kept.moved == interval || asked == ASKED) {
            return false;
        }
        return switch (kept.subject) {
            case Subject.Charged(Owner.Process process) -> hasEnded(process.id());
            case Subject.Rest(Owner.Process process) -> hasEnded(process.id());
            default -> false;
        };
    }

    private boolean hasEnded(Owner.ProcessId process) {
        asked++;
        return !lives.test(process);
    }

    /** The rows as they are now. */
    List<Row> rows() {
        var now = new ArrayList<Row>(rows.size());
        for (Kept kept : rows.values()) {
            now.add(new Row(kept.subject, kept.last(interval), kept.total));
        }
        return now;
    }
}
