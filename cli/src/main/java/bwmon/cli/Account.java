package bwmon.cli;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * Whether it adds up: interfaces = named + unattributed + left out - what of them moved in other network namespaces +
 * difference.
 *
 * @param balance of what the filters let through, each byte once
 * @param excluded what the filters did not let through
 * @param duplicate what the interfaces carried a second time: the other ends of own pipes
 */
public record Account(Balance balance, ByteCounts excluded, ByteCounts duplicate) {
    /** Stands for interfaces that are not there any more; none has that name, as theirs have no blanks (dev_valid_name). */
    public static final String GONE = "no longer there";

    /** Nothing moved, and no interface was looked at. */
    public static final Account NOTHING = new Account(
            new Balance(Map.of(), ByteCounts.ZERO, Map.of(), 0), ByteCounts.ZERO);

    /** An account without pipes. */
    public Account(Balance balance, ByteCounts excluded) {
        this(balance, excluded, ByteCounts.ZERO);
    }

    /** What was left out, for whatever reason. */
    public ByteCounts leftOut() {
        return excluded.plus(duplicate);
    }

    /** What the interfaces carried, all together. */
    public ByteCounts interfaces() {
        return sum(balance.interfaces().values());
    }

    /** What had no owner, whatever the cause. */
    public ByteCounts unattributed() {
        return sum(balance.unattributed().values());
    }

    private static ByteCounts sum(Iterable<ByteCounts> counts) {
        ByteCounts sum = ByteCounts.ZERO;
        for (ByteCounts one : counts) {
            sum = sum.plus(one);
        }
        return sum;
    }

    /**
     * How many bytes the interfaces carried and nobody in their network namespace was charged with; less than 0 if more was charged than they counted,
     * as they may where segments are made by hardware: see {@link Balance#segmentation}. Empty where the source does not
     * read the interfaces, or IP bytes are not known.
     */
    public OptionalLong difference(Direction direction) {
        OptionalLong carried = interfaces().bytes(direction);
        OptionalLong charged = balance.named().plus(unattributed()).plus(leftOut()).bytes(direction);
        OptionalLong elsewhere = balance.elsewhere().bytes(direction);
        return balance.interfaces().isEmpty() || carried.isEmpty() || charged.isEmpty() || elsewhere.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(Math.subtractExact(Math.addExact(carried.getAsLong(), elsewhere.getAsLong()),
                        charged.getAsLong()));
    }

    /**
     * Both intervals as one. Interfaces that the later one does not know any more are summed up under one name: where
     * containers come and go, there would be no end of them.
     */
    public Account then(Account next) {
        Balance both = balance.plus(next.balance);
        var interfaces = new HashMap<String, ByteCounts>();
        both.interfaces().forEach((name, counts) -> interfaces.merge(
                next.balance.interfaces().containsKey(name) || next.balance.interfaces().isEmpty() ? name : GONE,
                counts,
                ByteCounts::plus));
        return new Account(new Balance(interfaces, both.named(), both.unattributed(), both.segmentation(),
                both.elsewhere(), both.lostEvents()), excluded.plus(next.excluded), duplicate.plus(next.duplicate));
    }
}
