package bwmon.aggregator.usage;

import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/** Puts what moved into applications. */
@FunctionalInterface
public interface Grouping {
    /**
     * The application of an owner's flow; asked for every usage of every interval, so that it has to be quick for an owner
     * already seen.
     *
     * @param flow null if the source does not tell flows apart
     */
    Application group(Owner owner, @Nullable Flow flow);
}
