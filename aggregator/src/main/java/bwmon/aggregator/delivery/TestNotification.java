package bwmon.aggregator.delivery;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.stream.Collectors;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Layer;
import bwmon.cli.Terminal;
import bwmon.traffic.Ticker;

/** Tells of a notification once with example figures, by all its ways, for somebody who looks on. */
public final class TestNotification {
    private final Commands commands;
    private final Webhook webhook;
    private final SystemLog systemLog;
    private final ZoneId zone;
    private final PrintStream out;

    /**
     * Prints to that stream.
     *
     * @param zone of the times in lines
     */
    public TestNotification(ZoneId zone, PrintStream out) {
        this(new Commands(Ticker.SYSTEM), Webhook.ofProgram(), SystemLog.ofHost(zone), zone, out);
    }

    TestNotification(Commands commands, Webhook webhook, SystemLog systemLog, ZoneId zone, PrintStream out) {
        this.commands = commands;
        this.webhook = webhook;
        this.systemLog = systemLog;
        this.zone = zone;
        this.out = out;
    }

    /**
     * Makes one attempt by each way, one after another, and prints what happened.
     *
     * @param layer which bytes the example is of
     * @return whether all succeeded
     */
    public boolean run(Notification notification, Layer layer, Instant at) throws InterruptedException {
        AlertEvent event = example(notification, layer, at);
        out.println("example: " + event.line(zone));
        boolean isWell = true;
        boolean isAny = false;
        try (webhook) {
            for (Way way : Way.values()) {
                if (!Deliveries.isAskedFor(notification.delivery(), way)) {
                    continue;
                }
                isAny = true;
                if (way == Way.COMMAND) {
                    out.println("command: " + Commands.words(event).stream()
                            .map(word -> "'" + Terminal.printable(word) + "'").collect(Collectors.joining(" ")));
                }
                Outcome outcome = attempt(way, event);
                out.println(way.label() + ": " + outcome.detail());
                isWell &= outcome instanceof Outcome.Done;
            }
        }
        if (!isAny) {
            out.println("there is neither a command, a webhook nor system-log: such a line on standard error is all");
        }
        return isWell;
    }

    private Outcome attempt(Way way, AlertEvent event) throws InterruptedException {
        return switch (way) {
            case COMMAND -> commands.run(event);
            case WEBHOOK -> webhook.attempt(event, 1);
            case SYSTEM_LOG -> systemLog.attempt(event, 1);
        };
    }

    /** An event a tenth above the limit. */
    static AlertEvent example(Notification notification, Layer layer, Instant at) {
        record Figures(Alert.Measure measure, long limit, Duration over) {}
        Figures figures = switch (notification.condition()) {
            case Condition.Rate(var threshold, var averageOver, _) ->
                new Figures(Alert.Measure.RATE, threshold.above(), averageOver);
            case Condition.Volume(var above, var period) -> new Figures(Alert.Measure.VOLUME, above,
                    Duration.ofHours(switch (period.unit()) {
                        case HOUR -> 1;
                        case DAY -> 24;
                        case WEEK -> 7 * 24;
                        case MONTH -> 30 * 24;
                    }));
            case Condition.Silence(var atLeast) ->
                new Figures(Alert.Measure.SILENCE, Math.max(1, atLeast.toSeconds()), atLeast);
        };
        long more = Math.max(1, figures.limit() / 10);
        long value = figures.limit() > Long.MAX_VALUE - more ? Long.MAX_VALUE : figures.limit() + more;
        Duration over = figures.measure() == Alert.Measure.SILENCE ? Duration.ofSeconds(value) : figures.over();
        return new AlertEvent(notification, new Alert(notification.label(), subject(notification.subject()),
                figures.measure(), notification.amount(), layer, Alert.State.TEST, value, figures.limit(), over, at,
                at),
                false);
    }

    private static String subject(Subject subject) {
        return switch (subject) {
            case Subject.Everything() -> "everything";
            case Subject.OfApplication(var name) -> name;
            case Subject.EachOwner(_),Subject.EachApplication(_) -> "example";
        };
    }
}
