package bwmon.aggregator.grouping;

import bwmon.traffic.Owner;

/** What rules see of owners. */
final class Description {
    private static final Owner.ProcessId ANY = new Owner.ProcessId(1, 0);

    private Description() {}

    /**
     * An owner as rules see it: a process without its number, so that what is found out about one holds for all of its like,
     * be they a hundred workers or what a script starts every second.
     */
    static Owner of(Owner owner) {
        return owner instanceof Owner.Process p
                ? new Owner.Process(ANY, p.name(), p.command(), p.user(), p.cgroup(), p.container(), p.executable())
                : owner;
    }
}
