package bwmon.aggregator.usage;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;

/**
 * One interval: what every source saw, joined. Immutable, so that any thread may read it for as long as it likes.
 *
 * @param at wall clock time of the interval's end
 * @param nanos monotonic time of the interval's end
 * @param interval how long it was, by the monotonic clock
 * @param charges who moved what; at most one for each source, owner, application and length of
 *     interval
 * @param balance whether it adds up
 * @param leftOut what was left out of {@code charges}, and why that loses nothing
 * @param failures sources that could not tell in this interval
 * @param notices what a person should know of the sources' limits on this host, a sentence each
 */
public record Snapshot(Instant at, long nanos, Duration interval, List<Charge> charges, Balance balance,
        LeftOut leftOut,
        List<SourceFailure> failures, List<String> notices) {

    /**
     * Bytes that sources reported and that are in no charge.
     *
     * @param excluded by the monitors' filters, as the user wishes
     * @param duplicate seen by a monitor or a second pipe, and counted by a pipe already
     */
    public record LeftOut(ByteCounts excluded, ByteCounts duplicate) {
        /** Nothing was left out. */
        public static final LeftOut NOTHING = new LeftOut(ByteCounts.ZERO, ByteCounts.ZERO);

        LeftOut plus(LeftOut other) {
            return new LeftOut(excluded.plus(other.excluded), duplicate.plus(other.duplicate));
        }
    }

    /**
     * A source that could not tell.
     *
     * @param source its name
     * @param message why, for a person
     * @param since passes in a row that it failed in, or was not asked in because it had failed; 1 or more
     */
    public record SourceFailure(String source, String message, long since) {}

    /** So many owners are told apart in intervals that were joined. */
    public static final int MAX_JOINED_OWNERS = 4096;
    private static final Owner OTHERS = new Owner.Others();

    public Snapshot {
        charges = List.copyOf(charges);
        failures = List.copyOf(failures);
        notices = List.copyOf(notices);
    }

    /** The same bytes, in charges that are grouped in another way. */
    public Snapshot with(List<Charge> regrouped) {
        return new Snapshot(at, nanos, interval, regrouped, balance, leftOut, failures, notices);
    }

    /**
     * What each application moved, over all sources, in no particular order.
     *
     * @param which charges are added up
     */
    public Map<Application, ByteCounts> byApplication(Predicate<Charge> which) {
        var sums = new HashMap<Application, ByteCounts>();
        for (Charge charge : charges) {
            if (which.test(charge)) {
                sums.merge(charge.application(), charge.counts(), ByteCounts::plus);
            }
        }
        return sums;
    }

    /**
     * This interval and the one that followed it as one, so that a view that fell behind loses time but no bytes. Of owners
     * it keeps {@link #MAX_JOINED_OWNERS}, however long this goes on; those that come after them are {@link Owner.Others}.
     *
     * @throws ArithmeticException if a sum overflows
     */
    public Snapshot then(Snapshot next) {
        // Intervals add up here: for a view, both charges together are what moved in both intervals together.
        var sums = new LinkedHashMap<List<Object>, Charge>();
        for (Snapshot part : List.of(this, next)) {
            for (Charge charge : part.charges) {
                List<Object> key = List.of(charge.source(), charge.owner(), charge.application());
                Charge kept = charge;
                if (!sums.containsKey(key) && sums.size() >= MAX_JOINED_OWNERS) {
                    kept = new Charge(charge.source(), OTHERS, Application.OTHERS, charge.interval(), charge.counts());
                    key = List.of(charge.source(), OTHERS);
                }
                sums.merge(key, kept, (a, b) -> new Charge(a.source(), a.owner(), a.application(),
                        a.interval().plus(b.interval()), a.counts().plus(b.counts())));
            }
        }
        return new Snapshot(next.at, next.nanos, interval.plus(next.interval), new ArrayList<>(sums.values()),
                balance.plus(next.balance), leftOut.plus(next.leftOut), next.failures, next.notices);
    }
}
