package bwmon.aggregator.delivery;

import java.time.Duration;
import java.time.ZoneId;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.alert.Delivery;
import bwmon.traffic.Ticker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people of events by their notifications' ways, on threads of its own, so that nothing that hangs, fails or floods
 * delays who counts. By each way the events of one notification are told in their order; one is begun when the one before
 * it is done or given up. Notifications do not wait for each other, as long as there are threads.
 *
 * <p>Failures are logged as warnings, successes as information. Safe for any thread.
 */
public final class Deliveries implements AutoCloseable {
    /** How long {@link #close} waits for what runs or waits. */
    public static final Duration GRACE = Duration.ofSeconds(5);

    /** How long it takes to kill commands and break off requests, which is no time to speak of. */
    private static final Duration END = Duration.ofSeconds(1);

    /**
     * So many at once, so many waiting altogether and of one notification. What comes then is refused. All subjects that one
     * notification may watch, each by itself, can begin to fire in the same interval; an event takes some kilobytes at
     * most.
     */
    static final Lanes.Bounds BOUNDS = new Lanes.Bounds(8, 2048, 512);
    /** Who waits for the program to end is told why it does not. */
    private static final Duration UNSAID = Duration.ofMillis(500);
    private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);

    /**
     * How one way stands.
     *
     * @param running attempts that run now
     * @param waiting events that wait for their turn, or to be tried again
     * @param refused events that were not taken, since the start
     * @param failed events that were not delivered, since the start
     * @param done events that were delivered, since the start
     */
    public record Counts(int running, int waiting, long refused, long failed, long done) {}

    private final Webhook webhooks;
    private final Lanes commandLanes;
    private final Lanes webhookLanes;
    private final Lanes systemLogLanes;
    private final Ticker ticker;
    private final Duration grace;

    /**
     * Delivers nothing yet, and has no thread yet.
     *
     * @param zone of the times in the system log's lines
     */
    public Deliveries(ZoneId zone) {
        this(Ticker.SYSTEM, GRACE, BOUNDS, Webhook.ofProgram(), SystemLog.ofHost(zone));
    }

    Deliveries(Ticker ticker, Duration grace, Lanes.Bounds bounds, Webhook webhooks, SystemLog systemLog) {
        this.ticker = ticker;
        this.grace = grace;
        this.webhooks = webhooks;
        var commands = new Commands(ticker);
        Lanes.Delay delay = (after, task) -> CompletableFuture
                .delayedExecutor(after.toNanos(), TimeUnit.NANOSECONDS).execute(task);
        commandLanes = new Lanes(Way.COMMAND, bounds, (event, _) -> commands.run(event), delay, ticker);
        webhookLanes = new Lanes(Way.WEBHOOK, bounds, webhooks::attempt, delay, ticker);
        systemLogLanes = new Lanes(Way.SYSTEM_LOG, bounds, systemLog::attempt, delay, ticker);
    }

    /** Has the event told by all ways of its notification; returns at once. What is refused is logged and counted. */
    public void deliver(AlertEvent event) {
        for (Way way : Way.values()) {
            if (isAskedFor(event.notification().delivery(), way)) {
                lane(way).offer(event);
            }
        }
    }

    /** Whether a notification is told by that way. */
    static boolean isAskedFor(Delivery delivery, Way way) {
        return switch (way) {
            case COMMAND -> !delivery.command().isEmpty();
            case WEBHOOK -> delivery.webhook() != null;
            case SYSTEM_LOG -> delivery.toSystemLog();
        };
    }

    /** How one way stands now. */
    public Counts counts(Way way) {
        return lane(way).counts();
    }

    private Lanes lane(Way way) {
        return switch (way) {
            case COMMAND -> commandLanes;
            case WEBHOOK -> webhookLanes;
            case SYSTEM_LOG -> systemLogLanes;
        };
    }

    /**
     * Takes no more events, waits for what runs or waits as long as the grace lasts, then kills commands and breaks off
     * requests, and logs what was not delivered.
     */
    @Override
    public void close() {
        long begin = ticker.nanos();
        long deadline = begin + grace.toNanos();
        for (Way way : Way.values()) {
            lane(way).beginClose();
        }
        if (grace.compareTo(UNSAID) > 0) {
            for (Way way : Way.values()) {
                lane(way).awaitEmpty(begin + UNSAID.toNanos());
            }
            sayWhatIsWaitedFor();
        }
        for (Way way : Way.values()) {
            lane(way).close(deadline);
        }
        webhooks.close();
        for (Way way : Way.values()) {
            lane(way).awaitEnd(END);
        }
    }

    private void sayWhatIsWaitedFor() {
        int left = 0;
        for (Way way : Way.values()) {
            Counts counts = counts(way);
            left += counts.running() + counts.waiting();
        }
        if (left > 0) {
            LOG.warn("ending; {} {} told, which is waited for up to {} s", left,
                    left == 1 ? "event is yet to be" : "events are yet to be", grace.toMillis() / 1e3);
        }
    }
}
