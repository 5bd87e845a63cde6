package bwmon.proxy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Shows what the pipes did in an interval. */
interface PipeView {
    /**
     * One interval.
     *
     * @return false if nobody reads any more
     */
    boolean show(Instant at, List<PipeInterval> pipes);

    /** What one pipe moved in one interval: bytes forwarded, tx to the upstream, rx to the clients. */
    record PipeInterval(Pipe pipe, Duration interval, long txBytes, long rxBytes) {}
}
