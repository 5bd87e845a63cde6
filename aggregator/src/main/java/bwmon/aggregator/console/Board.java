package bwmon.aggregator.console;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Snapshot.SourceFailure;
import bwmon.cli.Account;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;

/**
 * What the live view shows of an interval, and of the time before it. Immutable.
 *
 * @param at wall clock time of the interval's end
 * @param interval over which rates are worked out: the snapshot's, or the longest of a source that could not tell before
 * @param groups each application that ever moved anything, in no particular order
 * @param account whether the interval adds up
 * @param since whether everything since the start adds up
 * @param alerts those in force, the one that began first is the first
 * @param failures sources that could not tell
 * @param notices what a person should know of the sources' limits
 */
record Board(Instant at, Duration interval, List<Group> groups, Account account, Account since, List<Alert> alerts,
        List<SourceFailure> failures, List<String> notices) {

    Board {
        groups = List.copyOf(groups);
    }

    /** An application, and who is in it. */
    record Group(Application application, Moved moved, List<Member> members) {
        Group {
            members = List.copyOf(members);
        }
    }

    /** An owner within an application, as it was last seen, and what it moved there. */
    record Member(Owner owner, Moved moved) {
        Object key() {
            return key(owner);
        }

        /** What stays the same while a process changes its command line. */
        static Object key(Owner owner) {
            return owner instanceof Owner.Process process ? process.id() : owner;
        }
    }

    /**
     * What somebody moved.
     *
     * @param last in the interval
     * @param total since the start
     */
    record Moved(ByteCounts last, ByteCounts total, Sparkline recent) {

        ByteCounts counts(boolean isTotal) {
            return isTotal ? total : last;
        }
    }
}
