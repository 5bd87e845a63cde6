package bwmon.aggregator.usage;

import bwmon.traffic.Owner;
import bwmon.traffic.Usage;

/** What the user wants to see of the monitors' usages. */
public interface UsageFilter {
    /** Everything. */
    UsageFilter ALL = new UsageFilter() {
        @Override
        public boolean counts(Usage usage) {
            return true;
        }

        @Override
        public boolean names(Owner owner) {
            return true;
        }
    };

    /** Whether a usage is shown. */
    boolean counts(Usage usage);

    /** Whether an owner is shown at all, whatever the flow. */
    boolean names(Owner owner);
}
