package bwmon.monitor.console;

import java.util.OptionalInt;

import bwmon.cli.Order;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.ByteQuantity.Style;
import org.jspecify.annotations.Nullable;

/**
 * How a person wants to see it.
 *
 * @param by what rows are summed by
 * @param order null for the order of bwmon 1.x: what received least comes first
 * @param amount totals, or what moved in the interval, which is then shown for a second
 * @param top how many rows at most; empty for all
 * @param units null for plain integers, as bwmon 1.x
 */
public record Layout(Grouping by, @Nullable Order order, Amount amount, OptionalInt top, @Nullable Style units) {
    /** As bwmon 1.x, but that each process stands for itself. */
    public static final Layout BWMON_1 = new Layout(Grouping.PROCESS, null, Amount.TOTAL, OptionalInt.empty(), null);
}
