package bwmon.proxy.relay;

import java.time.Duration;
import java.time.Instant;

import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.meter.ConnectionMeter;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a connection when it has ended: a line of the access log.
 *
 * @param started when it was accepted
 * @param duration from accept to end, by a monotonic clock
 * @param client the client's address and port, or {@code unix}
 * @param upstream the address that was reached; null if none was
 * @param connectTime from accept to the connection with the upstream; null if there was none
 * @param firstByteTime from accept to the upstream's first byte; null if none came
 * @param meter the counters; they do not change any more
 * @param end how it ended
 * @param error what the system said, where something failed
 */
public record FinishedConnection(Instant started, Duration duration, String client, @Nullable String upstream,
        @Nullable Duration connectTime, @Nullable Duration firstByteTime, ConnectionMeter meter, ConnectionEnd end,
        @Nullable String error) {}
