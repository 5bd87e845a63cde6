package bwmon.aggregator.console;

import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * How much moved in the last {@value #SLOTS} slots of time. What moved in an interval is spread over the slots that it
 * covers, so that a late or a joined interval is no peak. For pictures only: figures are approximate. One thread.
 */
final class RecentBytes {
    /** So many slots are kept, the one that time is in included. */
    static final int SLOTS = 60;
    /** The length of a slot. */
    static final Duration SLOT = Duration.ofSeconds(5);

    private static final long SLOT_NANOS = SLOT.toNanos();

    /** Bytes of each slot, at its number modulo how many there are. */
    private final float[] slots = new float[SLOTS];
    /** The number of the latest slot; of no account while empty. */
    private long newest;
    private boolean isEmpty = true;

    /**
     * Books what moved in an interval.
     *
     * @param endNanos monotonic time of its end
     * @param lengthNanos 0 or more
     * @param bytes empty if nobody knows
     */
    void add(long endNanos, long lengthNanos, OptionalLong bytes) {
        if (bytes.isPresent() && bytes.getAsLong() == 0) {
            return;
        }
        float amount = bytes.isPresent() ? bytes.getAsLong() : Float.NaN;
        long last = slotThatEndsAt(endNanos);
        advance(last);
        long begin = endNanos - lengthNanos;
        if (lengthNanos <= 0) {
            add(last, amount);
            return;
        }
        for (long slot = Math.max(Math.floorDiv(begin, SLOT_NANOS), newest - SLOTS + 1); slot <= last; slot++) {
            long covered = Math.min(endNanos, (slot + 1) * SLOT_NANOS) - Math.max(begin, slot * SLOT_NANOS);
            add(slot, (float) (amount * ((double) covered / lengthNanos)));
        }
    }

    /** Books everything of another one, too. */
    void add(RecentBytes other) {
        if (other.isEmpty) {
            return;
        }
        advance(other.newest);
        for (long slot = newest - SLOTS + 1; slot <= other.newest; slot++) {
            if (slot > other.newest - SLOTS) {
                add(slot, other.slots[index(slot)]);
            }
        }
    }

    private void add(long slot, float amount) {
        slots[index(slot)] += amount;
    }

    private void advance(long slot) {
        if (isEmpty) {
            newest = slot;
            isEmpty = false;
        }
        if (slot - newest >= SLOTS) {
            Arrays.fill(slots, 0);
            newest = slot;
        }
        while (newest < slot) {
            newest++;
            slots[index(newest)] = 0;
        }
    }

    /** The slot that a moment is the end of, or is within. */
    private static long slotThatEndsAt(long nanos) {
        return Math.floorDiv(nanos - 1, SLOT_NANOS);
    }

    private static int index(long slot) {
        return (int) Math.floorMod(slot, (long) SLOTS);
    }

    /** The rates up to that monotonic time, which is not before the last interval's end. */
    Sparkline until(long nanos) {
        if (isEmpty) {
            return Sparkline.BLANK;
        }
        long last = slotThatEndsAt(nanos);
        advance(last);
        var rates = new float[SLOTS];
        boolean isBlank = true;
        for (int i = 0; i < SLOTS; i++) {
            long slot = last - SLOTS + 1 + i;
            float seconds = (slot == last ? nanos - last * SLOT_NANOS : SLOT_NANOS) / 1e9f;
            rates[i] = slots[index(slot)] / seconds;
            isBlank &= rates[i] == 0;
        }
        return isBlank ? Sparkline.BLANK : new Sparkline(rates);
    }
}
