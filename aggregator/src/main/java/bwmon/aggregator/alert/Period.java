package bwmon.aggregator.alert;

/**
 * A period of the calendar, in the time zone of the host.
 *
 * @param unit how long
 * @param resetDay the first day of a month's (1 to 31; in months that have no such day the last) or a week's (1, Monday, to
 *     7) period; 1 for the others
 */
public record Period(Unit unit, int resetDay) {

    /** How long a period is. */
    public enum Unit {
        /** From full hour to full hour. */
        HOUR,
        /** From midnight to midnight. */
        DAY,
        /** Seven days. */
        WEEK,
        /** A month. */
        MONTH
    }
}
