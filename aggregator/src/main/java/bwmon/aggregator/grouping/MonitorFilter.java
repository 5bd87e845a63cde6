package bwmon.aggregator.grouping;

import java.util.List;
import java.util.stream.Stream;

import bwmon.aggregator.usage.UsageFilter;
import bwmon.cli.OwnerCache;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Usage;

/**
 * What the monitors of a configuration show. A process is shown if it matches an include, where there is any, and no
 * exclude; what is unattributed is always shown, as it might be anybody's. With several monitors a usage is shown if any
 * one of them would show it: they all look at the same host, and each byte stands once all the same. Not safe for more
 * than one thread.
 */
public final class MonitorFilter implements UsageFilter {
    private final List<Selection> selections;
    /** For each selection whether it shows the owner. */
    private final OwnerCache<boolean[]> shown;

    /**
     * What one monitor of the configuration shows.
     *
     * @param name what the configuration calls it
     * @param include none to show every process; rules over owners alone, as those of exclude
     * @param exclude wins over include
     * @param ignoreLocal whether to leave out flows whose both ends are loopback addresses
     */
    public record Selection(String name, List<Match> include, List<Match> exclude, boolean ignoreLocal) {
        public Selection {
            include = List.copyOf(include);
            exclude = List.copyOf(exclude);
            if (!Stream.concat(include.stream(), exclude.stream()).allMatch(rule -> rule.flow().isEmpty())) {
                throw new IllegalArgumentException("monitor " + name + ": include and exclude are over owners alone");
            }
        }

        boolean shows(Owner owner) {
            if (owner instanceof Owner.Unattributed) {
                return true;
            }
            boolean isIncluded = include.isEmpty() || include.stream().anyMatch(rule -> rule.mayMatch(owner));
            return isIncluded && exclude.stream().noneMatch(rule -> rule.mayMatch(owner));
        }
    }

    /** The filter of monitors, one or more. */
    public MonitorFilter(List<Selection> selections) {
        this.selections = List.copyOf(selections);
        this.shown = new OwnerCache<>(OwnerCache.MAX_OWNERS, this::find);
    }

    private boolean[] find(Owner owner) {
        var verdicts = new boolean[selections.size()];
        for (int i = 0; i < verdicts.length; i++) {
            verdicts[i] = selections.get(i).shows(owner);
        }
        return verdicts;
    }

    @Override
    public boolean names(Owner owner) {
        for (boolean verdict : shown.get(Description.of(owner))) {
            if (verdict) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean counts(Usage usage) {
        boolean[] verdicts = shown.get(Description.of(usage.owner()));
        Flow flow = usage.flow();
        boolean local = flow != null && flow.isLoopback();
        for (int i = 0; i < verdicts.length; i++) {
            if (verdicts[i] && !(local && selections.get(i).ignoreLocal())) {
                return true;
            }
        }
        return false;
    }
}
