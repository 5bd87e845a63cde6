package bwmon.aggregator.alert;

import java.time.Duration;
import java.util.List;

import bwmon.traffic.Direction;

/**
 * What somebody wants to be told of.
 *
 * @param label what the configuration calls it
 * @param application name of the application to watch, or of an owner that stands for itself
 * @param direction which bytes
 * @param threshold what the average is compared with
 * @param averageOver the window of the average, 1 second to 24 hours
 * @param command words of the command to run, see {@link CommandRunner}; empty to run none
 * @param timeLimit how long the command may take
 */
public record Notification(String label, String application, Direction direction, Threshold threshold,
        Duration averageOver, List<String> command, Duration timeLimit) {
    /** How long a command may take unless the configuration says otherwise. */
    public static final Duration DEFAULT_TIME_LIMIT = Duration.ofSeconds(30);

    public Notification {
        command = List.copyOf(command);
    }
}
