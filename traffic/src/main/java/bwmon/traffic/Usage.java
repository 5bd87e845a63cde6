package bwmon.traffic;

import org.jspecify.annotations.Nullable;

/**
 * What one owner moved in one interval.
 *
 * @param owner to whom the bytes are charged
 * @param flow between which ends, if the source tells flows apart; null if the counts are a sum over several
 * @param counts how much
 */
public record Usage(Owner owner, @Nullable Flow flow, ByteCounts counts) {}
