package bwmon.monitor.console;

import java.util.List;

import bwmon.cli.Key;
import bwmon.cli.Order;
import bwmon.traffic.ByteQuantity.Style;

/**
 * What the live view shows of a picture, and how; the keys change it.
 *
 * @param grouping what bytes are summed by
 * @param order what rows are sorted by
 * @param isReversed whether the least comes first
 * @param amount what moved since the start, or, as a rate, in the last interval
 * @param units of all amounts
 * @param isNumeric whether remote addresses are shown as numbers
 * @param showsConnections whether each connection is shown in place of the grouping's rows
 * @param showsHelp whether the keys are shown in place of everything
 * @param isPaused whether the picture stays while others are collected
 */
public record Look(Grouping grouping, Order order, boolean isReversed, Listing.Amount amount, Style units,
        boolean isNumeric, boolean showsConnections, boolean showsHelp, boolean isPaused) {

    /** The look that the program's options ask for, with nothing reversed, paused or in the way. */
    public static Look of(Layout layout, boolean isNumeric, boolean showsConnections) {
        return new Look(layout.by(), layout.order() == null ? Order.TOTAL : layout.order(), false, layout.amount(),
                layout.units() == null ? Style.SI : layout.units(), isNumeric, showsConnections, false, false);
    }

    /** The keys that {@link #press} knows, and those that the view itself answers: key and meaning. */
    static final String[][] KEYS = {{"s", "sort: total, received, transmitted, name"}, {"r", "reverse the order"},
            {"t", "totals or rates"}, {"u", "units: SI, IEC, bits"}, {"g G", "group by the next, the previous"},
            {"c", "connections or groups"}, {"n", "numbers or names of hosts"},
            {"p space", "pause, collecting goes on"},
            {"arrows, PgUp, PgDn, Home, End", "scroll"}, {"Ctrl-L", "draw anew"}, {"h ?", "these keys"},
            {"q Ctrl-C", "quit"}};

    /** How it looks after that key. */
    Look press(Key key) {
        if (!(key instanceof Key.Character(int character))) {
            return key == Key.Named.ESCAPE ? withHelp(false) : this;
        }
        return switch (character) {
            case 's' -> new Look(grouping, order.next(), isReversed, amount, units, isNumeric, showsConnections, false,
                    isPaused);
            case 'r' -> new Look(grouping, order, !isReversed, amount, units, isNumeric, showsConnections, false,
                    isPaused);
            case 't' -> new Look(grouping, order, isReversed,
                    amount == Listing.Amount.LAST ? Listing.Amount.TOTAL : Listing.Amount.LAST, units, isNumeric,
                    showsConnections, false, isPaused);
            case 'u' -> new Look(grouping, order, isReversed, amount, step(Style.values(), units, 1), isNumeric,
                    showsConnections, false, isPaused);
            case 'g' -> by(step(Grouping.values(), grouping, 1));
            case 'G' -> by(step(Grouping.values(), grouping, -1));
            case 'c' -> new Look(grouping, order, isReversed, amount, units, isNumeric, !showsConnections, false,
                    isPaused);
            case 'n' -> new Look(grouping, order, isReversed, amount, units, !isNumeric, showsConnections, false,
                    isPaused);
            case 'p', ' ' -> new Look(grouping, order, isReversed, amount, units, isNumeric, showsConnections, false,
                    !isPaused);
            case 'h', '?' -> withHelp(!showsHelp);
            default -> withHelp(false);
        };
    }

    private Look by(Grouping other) {
        return new Look(other, order, isReversed, amount, units, isNumeric, false, false, isPaused);
    }

    private Look withHelp(boolean help) {
        return new Look(grouping, order, isReversed, amount, units, isNumeric, showsConnections, help, isPaused);
    }

    private static <E extends Enum<E>> E step(E[] all, E now, int by) {
        return all[Math.floorMod(List.of(all).indexOf(now) + by, all.length)];
    }
}
