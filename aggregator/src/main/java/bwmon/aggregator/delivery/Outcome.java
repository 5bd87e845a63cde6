package bwmon.aggregator.delivery;

import java.time.Duration;

/** What became of one attempt at a delivery. */
sealed interface Outcome {
    /** What happened, to go after the name of the way: "done, ..." or "failed: ..."; fit for a terminal. */
    String detail();

    /** It was delivered. */
    record Done(String detail) implements Outcome {}

    /**
     * It was not, and will not be.
     *
     * @param isNews whether it is to be logged where people see it; false if the same was said already
     */
    record Failed(String detail, boolean isNews) implements Outcome {
        Failed(String detail) {
            this(detail, true);
        }
    }

    /** It was not, and is to be tried again. */
    record Again(String detail, Duration after) implements Outcome {}
}
