package bwmon.aggregator.alert;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;

/**
 * A period of the calendar, in the time zone of the host.
 *
 * @param unit how long
 * @param resetDay the first day of a month's (1 to 31; in months that have no such day the last) or a week's (1, Monday, to
 *     7) period; 1 for the others
 */
public record Period(Unit unit, int resetDay) {
    /** Zones' clocks go forward and back by multiples of this. */
    private static final Duration SHORTEST_SHIFT = Duration.ofMinutes(15);

    /** How long a period is. */
    public enum Unit {
        /** From full hour to full hour. */
        HOUR(1),
        /** From midnight to midnight. */
        DAY(1),
        /** Seven days. */
        WEEK(7),
        /** A month. */
        MONTH(31);

        private final int maxResetDay;

        Unit(int maxResetDay) {
            this.maxResetDay = maxResetDay;
        }

        /** The greatest number of a day that a period of this length may begin on; 1 is the least. */
        public int maxResetDay() {
            return maxResetDay;
        }

        /** The word in configurations: {@code hour}, {@code day}, {@code week}, {@code month}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Period {
        if (resetDay < 1 || resetDay > unit.maxResetDay) {
            throw new IllegalArgumentException("a period of a " + unit.label()
                    + (unit.maxResetDay == 1 ? " has no reset-day" : " begins on day 1 to " + unit.maxResetDay)
                    + ", not " + resetDay);
        }
    }

    /**
     * When the period began that holds the moment. An hour that a change of clocks cuts short or repeats in part, in a zone
     * that shifts by half hours, is one period with what is left of it.
     */
    Instant startOf(Instant moment, ZoneId zone) {
        if (unit == Unit.HOUR) {
            return moment.atZone(zone).truncatedTo(ChronoUnit.HOURS).toInstant();
        }
        return firstDay(moment.atZone(zone).toLocalDate()).atStartOfDay(zone).toInstant();
    }

    /** When the period ends, and the next begins, that began then. */
    Instant endOf(Instant start, ZoneId zone) {
        if (unit == Unit.HOUR) {
            Instant end = start;
            do {
                end = end.plus(SHORTEST_SHIFT);
            } while (startOf(end, zone).equals(start));
            return end;
        }
        LocalDate day = start.atZone(zone).toLocalDate();
        LocalDate next = switch (unit) {
            case HOUR, DAY -> day.plusDays(1);
            case WEEK -> day.plusWeeks(1);
            // From the first of the month, which every month has, on to its own first day of a period.
            case MONTH -> resetDayOf(day.withDayOfMonth(1).plusMonths(1));
        };
        return next.atStartOfDay(zone).toInstant();
    }

    private LocalDate firstDay(LocalDate day) {
        return switch (unit) {
            case HOUR, DAY -> day;
            case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.of(resetDay)));
            case MONTH -> {
                LocalDate first = resetDayOf(day);
                yield day.isBefore(first) ? resetDayOf(day.withDayOfMonth(1).minusMonths(1)) : first;
            }
        };
    }

    private LocalDate resetDayOf(LocalDate inMonth) {
        return inMonth.withDayOfMonth(Math.min(resetDay, inMonth.lengthOfMonth()));
    }
}
