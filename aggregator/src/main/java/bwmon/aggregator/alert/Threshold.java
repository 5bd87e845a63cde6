package bwmon.aggregator.alert;

/**
 * When an average is too much, and when that is over.
 *
 * @param above bytes a second; more than this is too much
 * @param clearBelow bytes a second, at most {@code above}; less than this is well again, so that an average that wavers
 *     about {@code above} raises one alarm and not many
 */
public record Threshold(long above, long clearBelow) {
    public Threshold {
        if (above < 1 || clearBelow < 1) {
            throw new IllegalArgumentException("a threshold is 1 byte a second or more");
        }
        if (clearBelow > above) {
            throw new IllegalArgumentException(
                    "clears below " + clearBelow + " B/s, which is more than the threshold of " + above + " B/s");
        }
    }

    /** A threshold without a margin. */
    public Threshold(long above) {
        this(above, above);
    }
}
