package bwmon.monitor.conntrack;

import java.util.Arrays;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * What was handed out of a connection, and of others that cannot be told from it: the four counters of each, whose end is
 * still to come.
 *
 * <p>Usually it is one. Without nf_conntrack_timestamp one that begins on the same addresses may get the same identifier
 * as one that ended just before, and dumps and ends of both come in any order. Then each of the four counters is looked at
 * for itself: a figure belongs to the largest one that it can have grown from. Taking the largest leaves the smaller ones,
 * which whatever comes later can have grown from all the more; so when all ends have come, each counter of each connection
 * was taken exactly once, and up to then no more was handed out than was moved.
 */
final class Followed {
    private static final int FIGURES = 4;

    private Connection connection;
    private @Nullable Row rows;
    private final long[] fresh = new long[FIGURES];
    private boolean isTold;

    /** Counters as a dump saw them last; 0 where that was taken by an end already. */
    private static final class Row {
        final long[] figures = new long[FIGURES];
        int seen;
        @Nullable
        Row next;
    }

    Followed(Connection connection) {
        this.connection = connection;
    }

    Connection connection() {
        return connection;
    }

    private static long figure(Counters original, Counters reply, int i) {
        return switch (i) {
            case 0 -> original.packets();
            case 1 -> original.bytes();
            case 2 -> reply.packets();
            default -> reply.bytes();
        };
    }

    private @Nullable Row nearest(int i, long figure) {
        Row nearest = null;
        for (Row row = rows; row != null; row = row.next) {
            if (row.figures[i] <= figure && (nearest == null || row.figures[i] > nearest.figures[i])) {
                nearest = row;
            }
        }
        return nearest;
    }

    /**
     * Takes in what a dump shows.
     *
     * @param dump the number of the dump
     * @return whether that is another connection than those that are known
     */
    boolean sees(Connection now, Counters original, Counters reply, int dump) {
        Row added = null;
        boolean hasMoved = false;
        for (int i = 0; i < FIGURES; i++) {
            long figure = figure(original, reply, i);
            Row row = nearest(i, figure);
            if (row == null) {
                added = new Row();
                added.next = rows;
                rows = added;
                row = added;
            }
            if (figure != row.figures[i]) {
                fresh[i] = Math.addExact(fresh[i], figure - row.figures[i]);
                row.figures[i] = figure;
                hasMoved = true;
            }
            row.seen = dump;
        }
        if (hasMoved) {
            // Else the one before, so that of most connections nothing new outlives the look.
            connection = now;
        }
        return added != null;
    }

    /**
     * Takes in an end.
     *
     * @return how many connections are known less
     */
    int ends(Connection now, Counters original, Counters reply) {
        for (int i = 0; i < FIGURES; i++) {
            long figure = figure(original, reply, i);
            Row row = nearest(i, figure);
            fresh[i] = Math.addExact(fresh[i], figure - (row == null ? 0 : row.figures[i]));
            if (row != null) {
                row.figures[i] = 0;
            }
        }
        connection = now;
        return remove(row -> isZero(row.figures));
    }

    /** Takes away what no dump showed since that one, and gives back how many connections that was. */
    int giveUp(int dump) {
        return remove(row -> row.seen < dump);
    }

    private int remove(Predicate<Row> isGone) {
        int removed = 0;
        Row kept = null;
        Row row = rows;
        while (row != null) {
            Row next = row.next;
            if (isGone.test(row)) {
                removed++;
            } else {
                row.next = kept;
                kept = row;
            }
            row = next;
        }
        rows = kept;
        return removed;
    }

    private static boolean isZero(long[] figures) {
        return (figures[0] | figures[1] | figures[2] | figures[3]) == 0;
    }

    /** Whether any of it was not shown by that dump. */
    boolean isUnseenSince(int dump) {
        for (Row row = rows; row != null; row = row.next) {
            if (row.seen < dump) {
                return true;
            }
        }
        return false;
    }

    boolean hasEnded() {
        return rows == null;
    }

    /** Whether there is something to hand out that is not yet on the list; from now on it is. */
    boolean isNews() {
        if (isTold || (!hasEnded() && isZero(fresh))) {
            return false;
        }
        isTold = true;
        return true;
    }

    /** What came since the last call. */
    ConntrackFlows.Difference take() {
        var difference = new ConntrackFlows.Difference(connection, new Counters(fresh[0], fresh[1]),
                new Counters(fresh[2], fresh[3]), hasEnded());
        Arrays.fill(fresh, 0);
        isTold = false;
        return difference;
    }
}
