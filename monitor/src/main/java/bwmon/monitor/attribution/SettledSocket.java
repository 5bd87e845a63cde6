package bwmon.monitor.attribution;

import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * A socket whose books are made up: whose it is, and what it moved in the interval by its own counters.
 *
 * @param sample as it was seen last
 * @param owner whose it is
 * @param isNew whether it was made in this interval, so that all its counters are of it
 * @param rxPayload payload received in the interval, 0 or more
 * @param txPayload payload transmitted in the interval, 0 or more
 * @param rxSegments segments received in the interval, 0 or more
 * @param txSegments segments transmitted in the interval, 0 or more
 * @param retransmittedBytes payload sent again in the interval, 0 or more
 */
public record SettledSocket(SocketSample sample, Owner owner, boolean isNew, long rxPayload, long txPayload,
        long rxSegments, long txSegments, long retransmittedBytes) {

    /** Of a socket that has no counters, or none that moved. */
    static SettledSocket unmoved(SocketSample sample, Owner owner, boolean isNew) {
        return new SettledSocket(sample, owner, isNew, 0, 0, 0, 0, 0);
    }

    /** What came between two looks. */
    static SettledSocket between(SocketSample before, SocketSample now, Owner owner, boolean isNew) {
        Segments earlier = before.segments();
        Segments later = now.segments();
        return new SettledSocket(now, owner, isNew, Math.max(0, now.rxPayload() - before.rxPayload()),
                Math.max(0, now.txPayload() - before.txPayload()), gain(earlier, later, true),
                gain(earlier, later, false),
                later == null
                        ? 0
                        : Math.max(0,
                                later.retransmittedBytes() - (earlier == null ? 0 : earlier.retransmittedBytes())));
    }

    private static long gain(@Nullable Segments earlier, @Nullable Segments later, boolean received) {
        if (later == null) {
            return 0;
        }
        int from = earlier == null ? 0 : received ? earlier.received() : earlier.sent();
        return Integer.toUnsignedLong((received ? later.received() : later.sent()) - from);
    }

    boolean hasMoved() {
        return rxPayload > 0 || txPayload > 0 || rxSegments > 0 || txSegments > 0;
    }
}
