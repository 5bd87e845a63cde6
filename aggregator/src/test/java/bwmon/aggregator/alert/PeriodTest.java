package bwmon.aggregator.alert;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Random;

import bwmon.aggregator.alert.Period.Unit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PeriodTest {
    @ParameterizedTest
    @CsvSource({
            // unit, reset-day, moment, start, end
            "HOUR, 1, 2026-11-21T10:59:59Z[UTC], 2026-11-21T10:00Z[UTC], 2026-11-21T11:00Z[UTC]",
            "HOUR, 1, 2026-11-21T10:29:59+05:30[Asia/Kolkata], 2026-11-21T10:00+05:30[Asia/Kolkata], 2026-11-21T11:00+05:30[Asia/Kolkata]",
            "DAY, 1, 2026-11-21T00:00Z[UTC], 2026-11-21T00:00Z[UTC], 2026-11-22T00:00Z[UTC]",
            "WEEK, 1, 2026-11-21T10:00Z[UTC], 2026-11-16T00:00Z[UTC], 2026-11-23T00:00Z[UTC]",
            "WEEK, 7, 2026-11-22T10:00Z[UTC], 2026-11-22T00:00Z[UTC], 2026-11-29T00:00Z[UTC]",
            "WEEK, 7, 2026-11-21T10:00Z[UTC], 2026-11-15T00:00Z[UTC], 2026-11-22T00:00Z[UTC]",
            "MONTH, 1, 2026-12-31T23:59:59Z[UTC], 2026-12-01T00:00Z[UTC], 2027-01-01T00:00Z[UTC]",
            "MONTH, 15, 2026-11-14T23:59:59Z[UTC], 2026-10-15T00:00Z[UTC], 2026-11-15T00:00Z[UTC]",
            // Months without such a day: the last one.
            "MONTH, 31, 2027-02-27T12:00Z[UTC], 2027-01-31T00:00Z[UTC], 2027-02-28T00:00Z[UTC]",
            "MONTH, 31, 2027-02-28T12:00Z[UTC], 2027-02-28T00:00Z[UTC], 2027-03-31T00:00Z[UTC]",
            "MONTH, 30, 2028-03-01T12:00Z[UTC], 2028-02-29T00:00Z[UTC], 2028-03-30T00:00Z[UTC]",
            "MONTH, 31, 2027-05-01T00:00Z[UTC], 2027-04-30T00:00Z[UTC], 2027-05-31T00:00Z[UTC]",
            // The day has 23 or 25 hours.
            "DAY, 1, 2026-03-29T12:00+02:00[Europe/Berlin], 2026-03-29T00:00+01:00[Europe/Berlin], 2026-03-30T00:00+02:00[Europe/Berlin]",
            "DAY, 1, 2026-10-25T12:00+01:00[Europe/Berlin], 2026-10-25T00:00+02:00[Europe/Berlin], 2026-10-26T00:00+01:00[Europe/Berlin]",
            // The hour comes twice, and is two hours.
            "HOUR, 1, 2026-10-25T02:30+02:00[Europe/Berlin], 2026-10-25T02:00+02:00[Europe/Berlin], 2026-10-25T02:00+01:00[Europe/Berlin]",
            "HOUR, 1, 2026-10-25T02:30+01:00[Europe/Berlin], 2026-10-25T02:00+01:00[Europe/Berlin], 2026-10-25T03:00+01:00[Europe/Berlin]",
            "HOUR, 1, 2026-03-29T01:30+01:00[Europe/Berlin], 2026-03-29T01:00+01:00[Europe/Berlin], 2026-03-29T03:00+02:00[Europe/Berlin]",
            // Midnight does not exist: the clock goes from 24:00 to 1:00.
            "DAY, 1, 2018-11-04T12:00-02:00[America/Sao_Paulo], 2018-11-04T01:00-02:00[America/Sao_Paulo], 2018-11-05T00:00-02:00[America/Sao_Paulo]",
            // Midnight comes twice.
            "DAY, 1, 2026-11-01T12:00-05:00[America/Havana], 2026-11-01T00:00-04:00[America/Havana], 2026-11-02T00:00-05:00[America/Havana]",
            // A day was left out at the date line.
            "DAY, 1, 2011-12-29T12:00-10:00[Pacific/Apia], 2011-12-29T00:00-10:00[Pacific/Apia], 2011-12-31T00:00+14:00[Pacific/Apia]"})
    void aPeriodBeginsAndEndsByTheCalendarOfTheZone(Unit unit, int resetDay, ZonedDateTime moment, ZonedDateTime start,
            ZonedDateTime end) {
        var period = new Period(unit, resetDay);
        Instant found = period.startOf(moment.toInstant(), moment.getZone());
        assertEquals(start.toInstant(), found);
        assertEquals(end.toInstant(), period.endOf(found, moment.getZone()));
    }

    /** Periods are without gaps, in zones of all manners, and every moment is in the one that it is said to be in. */
    @ParameterizedTest
    @CsvSource({"Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia",
            "Asia/Kathmandu", "Africa/Casablanca", "UTC"})
    void periodsAreWithoutGaps(String name) {
        ZoneId zone = ZoneId.of(name);
        List<Unit> units = List.of(Unit.values());
        var random = new Random(7);
        for (int i = 0; i < 5000; i++) {
            Unit unit = units.get(random.nextInt(units.size()));
            var period = new Period(unit, 1 + random.nextInt(unit.maxResetDay()));
            Instant moment = Instant.parse("2010-01-01T00:00:00Z").plusSeconds(random.nextInt(20 * 365 * 86_400));
            Instant start = period.startOf(moment, zone);
            Instant end = period.endOf(start, zone);
            String text = period + " of " + moment;
            assertFalse(start.isAfter(moment), text);
            assertTrue(end.isAfter(moment), text);
            assertEquals(start, period.startOf(start, zone), text);
            assertEquals(end, period.startOf(end, zone), text);
            assertEquals(start, period.startOf(end.minusNanos(1), zone), text);
        }
    }

    @Test
    void daysThatAreNoneAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Period(Unit.MONTH, 0));
        assertThrows(IllegalArgumentException.class, () -> new Period(Unit.MONTH, 32));
        assertThrows(IllegalArgumentException.class, () -> new Period(Unit.WEEK, 8));
        assertThrows(IllegalArgumentException.class, () -> new Period(Unit.DAY, 2));
        assertThrows(IllegalArgumentException.class, () -> new Period(Unit.HOUR, 2));
    }
}
