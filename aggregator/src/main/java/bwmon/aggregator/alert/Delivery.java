package bwmon.aggregator.alert;

import java.net.URI;
import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * How a notification is told, beside the line on standard error.
 *
 * @param command words of the command to run without a shell; empty to run none
 * @param timeLimit how long the command may take
 * @param webhook where the JSON object is posted to (http or https); null for nowhere
 * @param toSystemLog whether the line goes to journald or syslog
 */
public record Delivery(List<String> command, Duration timeLimit, @Nullable URI webhook, boolean toSystemLog) {
    /** How long a command may take unless the configuration says otherwise. */
    public static final Duration DEFAULT_TIME_LIMIT = Duration.ofSeconds(30);
    /** What a word of a command may be replaced by, without the braces. */
    public static final List<String> PLACEHOLDERS = List.of("application", "label", "rate", "value", "threshold",
            "direction", "state", "measure");
    /** The line on standard error alone. */
    public static final Delivery NONE = new Delivery(List.of(), DEFAULT_TIME_LIMIT, null, false);

    public Delivery {
        command = List.copyOf(command);
    }
}
