package bwmon.aggregator.usage;

import java.time.Duration;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;

/**
 * What one source charges to one owner, over all its flows.
 *
 * @param source the name of the source that measured it
 * @param owner to whom it is charged
 * @param interval how long the source's own interval was, which ends with the snapshot's: longer than the snapshot's
 *     after passes in which the source could not tell
 * @param counts how much
 */
public record Charge(String source, Owner owner, Duration interval, ByteCounts counts) {}
