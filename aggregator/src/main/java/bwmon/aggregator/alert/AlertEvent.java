package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.cli.Columns;

/**
 * Something to tell of a notification.
 *
 * @param notification which
 * @param alert how it stands
 * @param isRepeated whether it was told before and is still so
 */
public record AlertEvent(Notification notification, Alert alert, boolean isRepeated) {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    /** So many columns of a name are in the line. */
    private static final int NAME_COLUMNS = 120;
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    /** Whether it is to be delivered as the notification says; if not, the line and the views are all that tells of it. */
    public boolean isDelivered() {
        return notification.tellsResolved() || alert.state() != Alert.State.RESOLVED;
    }

    /**
     * The line for standard error. Of a rate that of bwmon 1.x: time, name, direction, limit, average, percent of the limit.
     * One that is well again says so at the end.
     */
    public String line(ZoneId zone) {
        String figures = switch (notification.condition()) {
            case Condition.Rate _ -> rate();
            case Condition.Volume volume -> volume(volume.period());
            case Condition.Silence _ -> silence();
        };
        return TIME.format(alert.at().atZone(zone)) + " " + Columns.fit(notification.label(), NAME_COLUMNS) + " ("
                + Columns.fit(alert.subject(), NAME_COLUMNS) + "): " + figures
                + (alert.state() == Alert.State.RESOLVED ? ", resolved" : "");
    }

    private String rate() {
        return String.format(Locale.ROOT, "%s limit %.2f KiB/s, average %.2f KiB/s over %s s, %.0f%%",
                alert.amount().label(), alert.limit() / 1024.0, alert.value() / 1024.0, seconds(), percent());
    }

    private String volume(Period period) {
        return String.format(Locale.ROOT, "%s volume %s of %s in this %s, %.0f%%", alert.amount().label(),
                size(alert.value()), size(alert.limit()), period.unit().label(), percent());
    }

    private String silence() {
        String direction = alert.amount() == Amount.TOTAL ? "" : alert.amount().label() + " ";
        return "no " + direction + "traffic for " + time(Duration.ofSeconds(alert.value()));
    }

    private double percent() {
        return 100.0 * alert.value() / alert.limit();
    }

    private String seconds() {
        double seconds = alert.over().toMillis() / 1e3;
        return seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds);
    }

    private static String size(long bytes) {
        double size = bytes;
        int unit = 0;
        while (size >= 1024) {
            size /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.2f %s", size, UNITS[unit]);
    }

    /** Such as {@code 5m} or {@code 1h30m}. */
    private static String time(Duration time) {
        var text = new StringBuilder();
        if (time.toHours() > 0) {
            text.append(time.toHours()).append('h');
        }
        if (time.toMinutesPart() > 0) {
            text.append(time.toMinutesPart()).append('m');
        }
        if (time.toSecondsPart() > 0 || text.isEmpty()) {
            text.append(time.toSecondsPart()).append('s');
        }
        return text.toString();
    }
}
