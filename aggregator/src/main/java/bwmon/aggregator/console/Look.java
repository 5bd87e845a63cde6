package bwmon.aggregator.console;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

import bwmon.aggregator.usage.Application;
import bwmon.cli.Key;
import bwmon.cli.Order;
import bwmon.traffic.ByteQuantity.Style;

/**
 * How the live view shows a board; the keys change it.
 *
 * @param order what rows are sorted by
 * @param isReversed whether the least comes first
 * @param isTotal whether it is what moved since the start, and not, as a rate, in the last interval
 * @param units of all amounts
 * @param opensAll whether applications show their owners, but for the exceptions
 * @param exceptions applications of which the opposite is so
 * @param showsHelp whether the keys are shown in place of everything
 * @param isPaused whether the picture stays while others are collected
 */
public record Look(Order order, boolean isReversed, boolean isTotal, Style units, boolean opensAll,
        Set<Application> exceptions, boolean showsHelp, boolean isPaused) {

    /** Rates, who moved most first, applications closed. */
    public static final Look RATES = new Look(Order.TOTAL, false, false, Style.SI, false, Set.of(), false, false);

    /** The keys that {@link #press} knows, and those that the view itself answers: key and meaning. */
    static final String[][] KEYS = {{"s", "sort: total, received, transmitted, name"}, {"r", "reverse the order"},
            {"t", "totals or rates"}, {"u", "units: SI, IEC, bits"}, {"arrows, PgUp, PgDn, Home, End", "select a row"},
            {"Enter, right, left", "open an application, close it"}, {"a", "open all applications, or none"},
            {"p space", "pause, collecting goes on"}, {"Ctrl-L", "draw anew"}, {"h ?", "these keys"},
            {"q Ctrl-C", "quit"}};

    public Look {
        exceptions = Set.copyOf(exceptions);
    }

    /** How it looks after that key. */
    Look press(Key key) {
        if (!(key instanceof Key.Character(int character))) {
            return key == Key.Named.ESCAPE ? withHelp(false) : this;
        }
        return switch (character) {
            case 's' -> new Look(order.next(), isReversed, isTotal, units, opensAll, exceptions, false, isPaused);
            case 'r' -> new Look(order, !isReversed, isTotal, units, opensAll, exceptions, false, isPaused);
            case 't' -> new Look(order, isReversed, !isTotal, units, opensAll, exceptions, false, isPaused);
            case 'u' -> new Look(order, isReversed, isTotal, next(units), opensAll, exceptions, false, isPaused);
            case 'a' ->
                new Look(order, isReversed, isTotal, units, !(opensAll && exceptions.isEmpty()), Set.of(), false,
                        isPaused);
            case 'p', ' ' -> new Look(order, isReversed, isTotal, units, opensAll, exceptions, false, !isPaused);
            case 'h', '?' -> withHelp(!showsHelp);
            default -> withHelp(false);
        };
    }

    private static Style next(Style units) {
        List<Style> all = List.of(Style.values());
        return all.get((all.indexOf(units) + 1) % all.size());
    }

    private Look withHelp(boolean help) {
        return new Look(order, isReversed, isTotal, units, opensAll, exceptions, help, isPaused);
    }

    /** Whether an application shows its owners. */
    boolean opens(Application application) {
        return opensAll != exceptions.contains(application);
    }

    /** The same with an application open or closed. */
    Look with(Application application, boolean open) {
        var changed = new HashSet<>(exceptions);
        if (open == opensAll) {
            changed.remove(application);
        } else {
            changed.add(application);
        }
        return new Look(order, isReversed, isTotal, units, opensAll, changed, showsHelp, isPaused);
    }

    /** The same, without exceptions that are not there any more: applications come and go. */
    Look among(Set<Application> there) {
        if (there.containsAll(exceptions)) {
            return this;
        }
        var kept = new HashSet<>(exceptions);
        kept.retainAll(there);
        return new Look(order, isReversed, isTotal, units, opensAll, kept, showsHelp, isPaused);
    }
}
