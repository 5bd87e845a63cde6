package bwmon.monitor.console;

import java.util.List;
import java.util.Set;

import bwmon.cli.OwnerCache;
import bwmon.cli.Rule;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Which usages are shown. A process is shown if it matches an include, where there is any, and no exclude, and is one of
 * the wanted processes and users, where any are named. What is unattributed is always shown, as it might be anybody's.
 * For one thread at a time.
 */
public final class Selection {
    private final List<Rule> include;
    private final List<Rule> exclude;
    private final Set<Integer> pids;
    private final Set<String> users;
    private final boolean ignoreLocal;
    private final boolean choosesOwners;
    /** As many as have rows: each holds on to a command line. */
    private final OwnerCache<Boolean> shown = new OwnerCache<>(Model.MAX_OWNERS, this::find);

    /**
     * A selection.
     *
     * @param include none to show whatever is not excluded
     * @param exclude wins over include
     * @param pids none for every process
     * @param users names, or numbers of users without a name; none for all
     * @param ignoreLocal whether to leave out flows whose both ends are loopback addresses
     */
    public Selection(List<? extends Rule> include, List<? extends Rule> exclude, Set<Integer> pids, Set<String> users,
            boolean ignoreLocal) {
        this.include = List.copyOf(include);
        this.exclude = List.copyOf(exclude);
        this.pids = Set.copyOf(pids);
        this.users = Set.copyOf(users);
        this.ignoreLocal = ignoreLocal;
        choosesOwners = !include.isEmpty() || !exclude.isEmpty() || !pids.isEmpty() || !users.isEmpty();
    }

    /** A selection that leaves nothing out. */
    public static Selection everything() {
        return new Selection(List.of(), List.of(), Set.of(), Set.of(), false);
    }

    private boolean find(Owner owner) {
        if (owner instanceof Owner.Unattributed) {
            return true;
        }
        if (owner instanceof Owner.Process process
                ? (!pids.isEmpty() && !pids.contains(process.id().pid()))
                        || (!users.isEmpty() && (process.user() == null || !users.contains(process.user())))
                : !pids.isEmpty() || !users.isEmpty()) {
            return false;
        }
        return Rule.selects(include, exclude, owner);
    }

    /** Whether the usage is shown. */
    public boolean shows(Usage usage) {
        return shows(usage.owner(), usage.flow());
    }

    /** Whether what an owner does with a flow is shown. */
    public boolean shows(Owner owner, @Nullable Flow flow) {
        return !(ignoreLocal && flow != null && flow.isLoopback()) && (!choosesOwners || shown.get(owner));
    }
}
