package bwmon.aggregator.console;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.cli.Grid;
import bwmon.cli.Paint;
import bwmon.traffic.ByteQuantity;
import bwmon.traffic.ByteQuantity.Style;

/** Alerts in force, a line each: the figure, its limit, whose it is, for how long. */
final class AlertLines {
    /** As many digits as fit beside amounts. */
    private static final int MAX_DAYS = 999_999;

    private final Grid grid;
    private final Paint paint;
    private final Style units;
    private final Instant now;

    AlertLines(Grid grid, Paint paint, Style units, Instant now) {
        this.grid = grid;
        this.paint = paint;
        this.units = units;
        this.now = now;
    }

    /**
     * The lines.
     *
     * @param max how many at most; the last one says how many more there are
     */
    List<String> lines(List<Alert> alerts, int max) {
        var lines = new ArrayList<String>();
        int shown = alerts.size() <= max ? alerts.size() : Math.max(0, max - 1);
        alerts.subList(0, shown).forEach(alert -> lines.add(paint.alarm(line(alert))));
        if (shown < alerts.size() && max > 0) {
            int more = alerts.size() - shown;
            lines.add(paint.alarm(grid.remark((shown == 0 ? "" : "and ") + more + (shown == 0 ? "" : " more")
                    + (more == 1 ? " ALERT" : " ALERTS"))));
        }
        return lines;
    }

    private String line(Alert alert) {
        String direction = alert.amount() == Amount.TOTAL ? "" : " " + alert.amount().label();
        String about = switch (alert.measure()) {
            case RATE -> direction + " over " + text(alert.over());
            case VOLUME -> direction + " in " + text(alert.over());
            case SILENCE -> direction + " silent";
        };
        Duration age = Duration.between(alert.since(), now);
        return grid.over(figure(alert, alert.value()), figure(alert, alert.limit()),
                "ALERT " + alert.label() + ": " + alert.subject() + about + ", for "
                        + text(age.isNegative() ? Duration.ZERO : age));
    }

    private String figure(Alert alert, long value) {
        return switch (alert.measure()) {
            case RATE -> new ByteQuantity(value, true).format(units);
            case VOLUME -> new ByteQuantity(value, false).format(units);
            case SILENCE -> text(Duration.ofSeconds(value));
        };
    }

    /** In the two largest units: {@code 45s}, {@code 2m10s}, {@code 3h05m}, {@code 12d04h}. */
    static String text(Duration duration) {
        if (duration.toMinutes() == 0) {
            return duration.toSeconds() + "s";
        }
        return duration.toHours() == 0
                ? String.format(Locale.ROOT, "%dm%02ds", duration.toMinutes(), duration.toSecondsPart())
                : duration.toDays() == 0
                        ? String.format(Locale.ROOT, "%dh%02dm", duration.toHours(), duration.toMinutesPart())
                        : String.format(Locale.ROOT, "%dd%02dh", Math.min(duration.toDays(), MAX_DAYS),
                                duration.toHoursPart());
    }
}
