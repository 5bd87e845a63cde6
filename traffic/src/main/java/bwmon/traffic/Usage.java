package bwmon.traffic;

import org.jspecify.annotations.Nullable;

/**
 * What one owner moved in one interval.
 *
 * @param owner to whom the bytes are charged
 * @param flow between which ends, if the source tells flows apart; null if the counts are a sum over several
 * @param counts how much
 * @param isElsewhere whether it moved in another network namespace than that of the source's interfaces and pipes, where
 *     the same addresses may be another host's; false if that is unknown
 */
public record Usage(Owner owner, @Nullable Flow flow, ByteCounts counts, boolean isElsewhere) {

    /** In the network namespace of the source's interfaces. */
    public Usage(Owner owner, @Nullable Flow flow, ByteCounts counts) {
        this(owner, flow, counts, false);
    }
}
