package bwmon.aggregator.alert;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

import bwmon.cli.Terminal;

/**
 * A notification whose state changed.
 *
 * @param notification which
 * @param firing true if it passed its threshold, false if it is well again
 * @param bytesPerSecond the average that made the difference
 * @param at end of the interval, wall clock time
 */
public record AlertEvent(Notification notification, boolean firing, long bytesPerSecond, Instant at) {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    /** {@code firing} or {@code resolved}. */
    public String state() {
        return firing ? "firing" : "resolved";
    }

    /**
     * The line that bwmon 1.x wrote to standard error: time, name, direction, limit, average, percent of the limit. One
     * that is well again says so at the end.
     */
    public String line(ZoneId zone) {
        long limit = notification.threshold().above();
        return String.format(Locale.ROOT, "%s %s (%s): %s limit %.2f KiB/s, average %.2f KiB/s over %s s, %.0f%%%s",
                TIME.format(at.atZone(zone)), Terminal.printable(notification.label()),
                Terminal.printable(notification.application()), notification.direction().label(), limit / 1024.0,
                bytesPerSecond / 1024.0, seconds(), 100.0 * bytesPerSecond / limit, firing ? "" : ", resolved");
    }

    private String seconds() {
        double seconds = notification.averageOver().toMillis() / 1e3;
        return seconds == Math.rint(seconds) ? Long.toString((long) seconds) : Double.toString(seconds);
    }
}
