package bwmon.aggregator;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import bwmon.aggregator.usage.Snapshot.SourceFailure;
import bwmon.traffic.Report;
import bwmon.traffic.TrafficSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A source that may fail for a while: it is asked again at the next pass, then after one second, two, four and so on, up to
 * a minute. One that does not answer has been asked already, and is looked after at every pass. That loses nothing, as its
 * next report is about all the time since its last.
 */
final class SourceSlot {
    private static final long FIRST_DELAY_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long MAX_DELAY_NANOS = Duration.ofMinutes(1).toNanos();
    private static final Logger LOG = LoggerFactory.getLogger(SourceSlot.class);

    private final TrafficSource source;
    private @Nullable String message;
    private long failedPasses;
    private long failedNanos;
    private long delayNanos;

    SourceSlot(TrafficSource source) {
        this.source = source;
    }

    /**
     * Asks the source, unless it failed and is to be left alone for now.
     *
     * @param nowNanos monotonic time
     * @param last whether there will be no other pass: then it is asked in any case, and waited for longer
     * @return one report, or none; at the last pass two of one that had yet to answer
     */
    List<Report> collect(long nowNanos, boolean last) {
        if (message != null && nowNanos - failedNanos < delayNanos && !last) {
            failedPasses++;
            return List.of();
        }
        var reports = new ArrayList<Report>();
        try {
            if (source instanceof SourceThread<?> thread && last) {
                if (thread.isAsked()) {
                    reports.add(thread.collectLast());
                }
                reports.add(thread.collectLast());
            } else {
                reports.add(source.collect());
            }
            if (message != null) {
                LOG.warn("{} tells again after {} intervals; its report is about all of that time", source.name(),
                        failedPasses);
            }
            message = null;
            failedPasses = 0;
        } catch (IOException | RuntimeException e) {
            boolean isFirst = message == null;
            delayNanos = isFirst || e instanceof SourceThread.NotAnsweredException
                    ? 0
                    : Math.clamp(delayNanos * 2, FIRST_DELAY_NANOS, MAX_DELAY_NANOS);
            message = e instanceof IOException && e.getMessage() != null ? e.getMessage() : e.toString();
            if (isFirst) {
                LOG.warn("{} could not tell, will be asked again: {}", source.name(), message);
            }
            failedPasses++;
            failedNanos = nowNanos;
        }
        return reports;
    }

    /** What is wrong, after a pass without a report. */
    Optional<SourceFailure> failure() {
        return message == null
                ? Optional.empty()
                : Optional.of(new SourceFailure(source.name(), message, failedPasses));
    }
}
