package bwmon.aggregator.alert;

import java.time.Instant;

import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;
import org.jspecify.annotations.Nullable;

/**
 * A volume in a period of the calendar as it is kept while the program does not run.
 *
 * @param label the notification's
 * @param identity what tells the subject from the notification's others; empty where it has one only
 * @param subject the subject's name, for a person
 * @param amount of which direction
 * @param layer of which bytes
 * @param periodStart when the period began
 * @param bytes how many moved in it, 0 or more
 * @param countedSince since when they were counted; what moved while the program did not run is not among them
 * @param firingSince since when it fires; null if it does not
 */
public record Quota(String label, String identity, String subject, Amount amount, Layer layer, Instant periodStart,
        long bytes, Instant countedSince, @Nullable Instant firingSince) {
    public Quota {
        if (bytes < 0) {
            throw new IllegalArgumentException("a volume is 0 or more, not " + bytes);
        }
    }
}
