package bwmon.monitor.attribution;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import bwmon.traffic.Flow;
import bwmon.traffic.Owner.Cause;
import org.jspecify.annotations.Nullable;

/**
 * Who moved something between which ends, in this interval and lately: for {@link #FORGET_NANOS} after the last time at least,
 * and at most twice as long, because a closed connection goes on for a minute (TCP_TIMEWAIT_LEN, net/tcp.h); for less, where more
 * than {@link #LIMIT} flows come in that time.
 *
 * <p>There are two generations. What moves is taken over to the young one; when that is old enough, or full, it becomes the
 * old one, and what was left in the old one is forgotten, all without looking at each.
 */
final class FlowHolders {
    /** Flows in each of the two generations, some 250 bytes each. */
    static final int LIMIT = 32_768;
    static final long FORGET_NANOS = 60_000_000_000L;
    /** The same ends may be in many network namespaces; so many of them are remembered for each. */
    private static final int NAMESPACES = 8;

    private Map<Flow, Ends> young = new HashMap<>();
    private Map<Flow, Ends> old = Map.of();
    private long youngSince;
    private boolean hasBegun;
    /** Of this interval alone, and of nobody: what a scan of all ports makes is not to drive out what is remembered. */
    private final Map<Flow, Ends> strangers = new HashMap<>();
    private List<Ends> moved = List.of();
    private long interval;

    /**
     * Who moves something between two ends.
     *
     * @param isSure whether it was seen to
     */
    record Holding(long namespace, long owner, boolean isSure) {
        boolean isOf(long other) {
            return namespace == other || namespace == 0 || other == 0;
        }
    }

    /** What is known of a flow. The lists are short: mostly of one. */
    final class Ends {
        private final Flow flow;
        private long lastMoved;
        private List<Sum> sums = List.of();
        /** Who was sure in this interval, the first one first. */
        private List<Holding> now = List.of();
        /** The last of each namespace. */
        private List<Holding> lately = List.of();

        private Ends(Flow flow) {
            this.flow = flow;
        }

        Flow flow() {
            return flow;
        }

        List<Sum> sums() {
            return sums;
        }

        /** Where this owner's counts of this interval are summed up. */
        Sum sum(long namespace, long owner, @Nullable Cause cause) {
            for (int i = 0; i < sums.size(); i++) {
                Sum sum = sums.get(i);
                if (sum.owner == owner && sum.namespace == namespace && sum.cause == cause) {
                    return sum;
                }
            }
            var sum = new Sum(namespace, owner, cause);
            sums = with(sums, sum);
            return sum;
        }

        void remember(long namespace, long owner, boolean isSure) {
            if (isSure && !has(now, namespace, owner)) {
                now = with(now, new Holding(namespace, owner, true));
            }
            for (int i = 0; i < lately.size(); i++) {
                Holding known = lately.get(i);
                if (known.namespace == namespace) {
                    if (known.owner != owner || known.isSure != isSure) {
                        lately = replaced(lately, i, new Holding(namespace, owner, isSure));
                    }
                    return;
                }
            }
            if (lately.size() < NAMESPACES) {
                lately = with(lately, new Holding(namespace, owner, isSure));
            }
        }

        /**
         * To whom a row belongs that is not sure.
         *
         * @param owner that it names, or nobody
         * @return null if the ends tell nothing better
         */
        @Nullable
        Holding holder(long namespace, long owner) {
            Holding first = null;
            for (int i = 0; i < now.size(); i++) {
                Holding sure = now.get(i);
                if (sure.isOf(namespace)) {
                    if (sure.owner == owner) {
                        return sure;
                    }
                    first = first == null ? sure : first;
                }
            }
            if (first != null) {
                return first;
            }
            for (int i = 0; i < lately.size(); i++) {
                Holding known = lately.get(i);
                if (known.isOf(namespace) && (known.isSure || owner == OwnerId.NOBODY)) {
                    return known;
                }
            }
            return null;
        }

        private static boolean has(List<Holding> list, long namespace, long owner) {
            for (int i = 0; i < list.size(); i++) {
                if (list.get(i).owner == owner && list.get(i).namespace == namespace) {
                    return true;
                }
            }
            return false;
        }

        private static <T> List<T> replaced(List<T> list, int at, T by) {
            if (list.size() == 1) {
                return List.of(by);
            }
            list.set(at, by);
            return list;
        }

        /** Lists of one are the rule, and take little room. */
        private static <T> List<T> with(List<T> list, T more) {
            if (list.isEmpty()) {
                return List.of(more);
            }
            var longer = list.size() == 1 ? new ArrayList<>(list) : list;
            longer.add(more);
            return longer;
        }

        /** What moved in this interval is told. */
        void done() {
            sums = List.of();
            now = List.of();
        }

        private Ends moves() {
            if (lastMoved != interval) {
                lastMoved = interval;
                moved.add(this);
            }
            return this;
        }
    }

    /** Begins an interval. */
    void begin(long nanos) {
        interval++;
        moved = new ArrayList<>();
        strangers.clear();
        if (!hasBegun || nanos - youngSince >= FORGET_NANOS) {
            hasBegun = true;
            youngSince = nanos;
            age();
        }
    }

    private void age() {
        old = young;
        young = new HashMap<>();
    }

    /** A flow that moves for somebody; it is remembered from now on. */
    Ends of(Flow flow) {
        Ends ends = young.get(flow);
        if (ends == null) {
            if (young.size() >= LIMIT) {
                age();
            }
            ends = old.get(flow);
            if (ends == null) {
                ends = new Ends(flow);
            }
            young.put(flow, ends);
        }
        return ends.moves();
    }

    /** A flow that moves for nobody. */
    Ends ofNobody(Flow flow) {
        Ends ends = young.get(flow);
        if (ends == null) {
            ends = old.get(flow);
        }
        if (ends == null) {
            ends = strangers.computeIfAbsent(flow, Ends::new);
        }
        return ends.moves();
    }

    /** What has moved in this interval. */
    List<Ends> moved() {
        return moved;
    }

    int size() {
        return young.size() + old.size();
    }
}
