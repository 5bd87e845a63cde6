package bwmon.aggregator.alert;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

import bwmon.aggregator.usage.Alert;
import bwmon.cli.Terminal;

/**
 * Something to tell of a notification.
 *
 * @param notification which
 * @param alert how it stands
 * @param isRepeated whether it was told before and is still so
 */
public record AlertEvent(Notification notification, Alert alert, boolean isRepeated) {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    /**
     * The line that bwmon 1.x wrote to standard error: time, name, direction, limit, average, percent of the limit. One
     * that is well again says so at the end.
     */
    public String line(ZoneId zone) {
        return String.format(Locale.ROOT, "%s %s (%s): %s limit %.2f KiB/s, average %.2f KiB/s over %s s, %.0f%%%s",
                TIME.format(alert.at().atZone(zone)), Terminal.printable(notification.label()),
                Terminal.printable(alert.subject()), alert.amount().label(), alert.limit() / 1024.0,
                alert.value() / 1024.0, seconds(), 100.0 * alert.value() / alert.limit(),
                alert.state() == Alert.State.RESOLVED ? ", resolved" : "");
    }

    private String seconds() {
        double seconds = alert.over().toMillis() / 1e3;
        return seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds);
    }
}
