package bwmon.monitor.conntrack;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import bwmon.monitor.attribution.TrackedFlow;
import bwmon.traffic.Protocol;

/**
 * Turns what the connection table shows, and the ends of connections that are told, into differences: each byte that the
 * kernel counted is handed out exactly once. No I/O: it is fed, in any order, with whole dumps and with ends, and asked for
 * an interval when one is over. For one thread at a time.
 *
 * <p><b>Start.</b> Feed it a dump and the ends that wait, then take an interval: that one holds all that the connections
 * counted since each began. Use it (looking back), or throw it away (what came before the start is not ours).
 *
 * <p><b>What is known of a connection</b> is kept until its end is told, or until it was missing from
 * {@link #UNSEEN_DUMPS} dumps: a dump may miss one that lasts, and an end that found no room is told later. The kernel lets
 * a connection go only after it was idle for its timeout (10 s or more, if nobody changed it), so that with intervals
 * shorter than that the last dump has all its bytes, whether its end is told or not; unless it was thrown out early (table
 * full, deleted by hand).
 *
 * <p><b>Connections that cannot be told apart</b>, which need nf_conntrack_timestamp for it, still add up once all have
 * ended, in whatever order dumps and ends come; up to then, and where an end is lost, the sum may be less than what moved,
 * but never more. See {@link Followed}. An end with the very same counters is then taken for the same one, told again.
 */
public final class ConntrackFlows {
    /** How many connections are followed at most, if not said otherwise: four times the kernel's usual limit. */
    public static final int USUAL_LIMIT = 1 << 20;
    /** After so many dumps without it, a connection is given up; told ends are remembered for as many intervals. */
    static final int UNSEEN_DUMPS = 16;
    /** Told ends that are remembered at most, the latest. */
    private static final int ENDS_LIMIT = 1 << 17;

    private final int limit;
    private final Map<Connection.Key, Followed> followed = new HashMap<>();
    private final LinkedHashMap<Connection.Key, End> ends = new LinkedHashMap<>();
    private int size;
    private int dumps;
    private int intervals;

    private List<Followed> changed = new ArrayList<>();
    private List<Connection> uncounted = List.of();
    private int notFollowed;
    private int endedUnseen;
    private int toldTwice;

    /** An end that was told: the same one may be told again. */
    private record End(Counters original, Counters reply, int interval) {}

    /**
     * What a connection moved in an interval.
     *
     * @param connection as it was seen when it last moved something, or ended
     * @param original in the direction of the original tuple
     * @param reply in the other one
     * @param hasEnded whether these are its last bytes; then it is handed out also if there are none. Not said while
     *     another one that cannot be told from it lasts
     */
    public record Difference(Connection connection, Counters original, Counters reply, boolean hasEnded) {

        /** For the join with sockets. */
        public TrackedFlow tracked() {
            return new TrackedFlow(Protocol.of(connection.original().protocol()), connection.ends(),
                    connection.original().icmpId().orElse(0), original.packets(), original.bytes(), reply.packets(),
                    reply.bytes(), hasEnded);
        }
    }

    /**
     * What happened since the last interval was taken.
     *
     * @param differences of those that moved something or ended; one connection once
     * @param uncounted connections of the last dump whose bytes nobody knows, because they began before accounting was on
     * @param notFollowed connections of the last dump beyond the limit; their bytes are handed out when they end, or once
     *     there is room
     * @param endedUnseen connections that went without their end being told, so that bytes may be missing
     * @param toldTwice ends that were told again, and left out
     */
    public record Interval(List<Difference> differences, List<Connection> uncounted, int notFollowed, int endedUnseen,
            int toldTwice) {}

    /**
     * Follows nothing yet.
     *
     * @param limit how many connections at most, 1 or more; each takes some 500 bytes of memory
     */
    public ConntrackFlows(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("a limit is 1 or more, not " + limit);
        }
        this.limit = limit;
    }

    /** Takes in a whole table. */
    public void dumped(List<Connection> table) {
        dumps++;
        notFollowed = 0;
        var without = new ArrayList<Connection>();
        for (Connection connection : table) {
            Counters original = connection.originalCounters();
            Counters reply = connection.replyCounters();
            if (original == null || reply == null) {
                without.add(connection);
                continue;
            }
            Connection.Key key = connection.key();
            if (connection.isDying() && ends.containsKey(key)) {
                continue; // The kernel tells the end first, and takes it out of the table then.
            }
            Followed one = followed.get(key);
            if (one == null) {
                if (size >= limit) {
                    notFollowed++;
                    continue;
                }
                one = new Followed(connection);
                followed.put(key, one);
            }
            if (one.sees(connection, original, reply, dumps)) {
                size++;
            }
            changed(one);
        }
        uncounted = without;
    }

    private void changed(Followed one) {
        if (one.isNews()) {
            changed.add(one);
        }
    }

    /** Takes in ends with their last counters. */
    public void ended(List<Connection> told) {
        for (Connection connection : told) {
            Counters original = connection.originalCounters();
            Counters reply = connection.replyCounters();
            if (original == null || reply == null) {
                continue; // Its bytes were never known.
            }
            Connection.Key key = connection.key();
            End before = ends.remove(key);
            // Taken out and put in again, so that the oldest stand first.
            ends.put(key, new End(original, reply, intervals));
            if (before != null && before.original().equals(original) && before.reply().equals(reply)) {
                toldTwice++;
                continue;
            }
            Followed one = followed.get(key);
            if (one == null) {
                one = new Followed(connection);
            }
            size -= one.ends(connection, original, reply);
            if (one.hasEnded()) {
                followed.remove(key);
            }
            changed(one);
        }
        var oldest = ends.entrySet().iterator();
        while (ends.size() > ENDS_LIMIT) {
            oldest.next();
            oldest.remove();
        }
    }

    /** Hands out what came since the last call. */
    public Interval interval() {
        giveUpUnseen();
        var differences = new ArrayList<Difference>(changed.size());
        for (Followed one : changed) {
            differences.add(one.take());
        }
        var interval = new Interval(differences, uncounted, notFollowed, endedUnseen, toldTwice);
        // One interval of many connections must not keep its memory for ever.
        changed = new ArrayList<>();
        endedUnseen = 0;
        toldTwice = 0;
        intervals++;
        ends.values().removeIf(end -> intervals - end.interval() > UNSEEN_DUMPS);
        return interval;
    }

    private void giveUpUnseen() {
        int oldest = dumps - UNSEEN_DUMPS;
        for (Iterator<Followed> all = followed.values().iterator(); all.hasNext();) {
            Followed one = all.next();
            if (one.isUnseenSince(oldest)) {
                int gone = one.giveUp(oldest);
                endedUnseen += gone;
                size -= gone;
                if (one.hasEnded()) {
                    all.remove();
                    changed(one);
                }
            }
        }
    }

    /** How many connections are followed now. */
    public int size() {
        return size;
    }
}
