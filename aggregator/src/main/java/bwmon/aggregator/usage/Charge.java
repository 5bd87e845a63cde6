package bwmon.aggregator.usage;

import java.time.Duration;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;

/**
 * What one source charges to one owner within one application, over all its flows. An owner has charges in several
 * applications where rules tell flows apart (by remote network, port or class of traffic).
 *
 * @param source the name of the source that measured it
 * @param owner to whom it is charged
 * @param application what it is grouped into
 * @param interval how long the source's own interval was, which ends with the snapshot's: longer than the snapshot's
 *     after passes in which the source could not tell
 * @param counts how much
 */
public record Charge(String source, Owner owner, Application application, Duration interval, ByteCounts counts) {

    /** Whether nobody's name stands for it, neither an owner's nor an application's: it stands in the balance alone. */
    public boolean isNobodys() {
        return owner instanceof Owner.Unattributed && !application.isGroup();
    }
}
