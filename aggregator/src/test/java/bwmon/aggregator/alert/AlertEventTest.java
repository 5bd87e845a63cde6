package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.ZoneOffset;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.AT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class AlertEventTest {
    private static AlertEvent event(Condition condition, Alert.Measure measure, Amount amount, Alert.State state,
            String subject, long value, long limit) {
        var notification = new Notification("label", Course.SUBJECT, amount, condition, Duration.ZERO, false,
                Delivery.NONE);
        return new AlertEvent(notification, new Alert("label", subject, measure, amount, Layer.IP, state, value, limit,
                Duration.ofMillis(2500), AT, AT), false);
    }

    private static AlertEvent rate(Alert.State state, String subject) {
        return event(new Condition.Rate(new Threshold(1024), Duration.ofSeconds(1), false), Alert.Measure.RATE,
                Amount.TX, state, subject, 2048, 1024);
    }

    private static String volume(Amount amount, Period.Unit unit, long value, long limit) {
        return event(new Condition.Volume(1, new Period(unit, 1)), Alert.Measure.VOLUME, amount, Alert.State.FIRING,
                "everything", value, limit).line(ZoneOffset.UTC);
    }

    private static String silence(Amount amount, Alert.State state, long seconds) {
        return event(new Condition.Silence(Duration.ofMinutes(5)), Alert.Measure.SILENCE, amount, state, "app", seconds,
                300).line(ZoneOffset.ofHours(1));
    }

    @Test
    void theLineOfAVolume() {
        assertEquals(
                "2026-11-21 10:00:01 label (everything): total volume 51.20 GiB of 50.00 GiB in this month, 102%",
                volume(Amount.TOTAL, Period.Unit.MONTH, 54_975_581_389L, 50L << 30));
        assertEquals("2026-11-21 10:00:01 label (everything): rx volume 1000 B of 900 B in this hour, 111%",
                volume(Amount.RX, Period.Unit.HOUR, 1000, 900));
        assertEquals("2026-11-21 10:00:01 label (everything): rx volume 8.00 EiB of 1.00 KiB in this week, "
                + "900719925474099200%", volume(Amount.RX, Period.Unit.WEEK, Long.MAX_VALUE, 1024));
    }

    @Test
    void theLineOfASilence() {
        assertEquals("2026-11-21 11:00:01 label (app): no traffic for 5m",
                silence(Amount.TOTAL, Alert.State.FIRING, 300));
        assertEquals("2026-11-21 11:00:01 label (app): no rx traffic for 1h30m1s, resolved",
                silence(Amount.RX, Alert.State.RESOLVED, 5401));
        assertEquals("2026-11-21 11:00:01 label (app): no tx traffic for 0s", silence(Amount.TX, Alert.State.TEST, 0));
        assertEquals("2026-11-21 11:00:01 label (app): no tx traffic for 49h",
                silence(Amount.TX, Alert.State.FIRING, 49 * 3600));
    }

    @Test
    void aNameCannotSteerATerminalOrFloodTheLine() {
        assertEquals("2026-11-21 10:00:01 label (a?[31m?b): tx limit 1.00 KiB/s, average 2.00 KiB/s over 2.5 s, 200%",
                rate(Alert.State.FIRING, "a\u001b[31m\nb").line(ZoneOffset.UTC));
        assertTrue(rate(Alert.State.FIRING, "x".repeat(100_000)).line(ZoneOffset.UTC).length() < 300);
    }

    @Test
    void whatIsWellAgainIsDeliveredIfThatIsWanted() {
        assertTrue(rate(Alert.State.FIRING, "app").isDelivered());
        assertTrue(rate(Alert.State.TEST, "app").isDelivered());
        AlertEvent resolved = rate(Alert.State.RESOLVED, "app");
        assertFalse(resolved.isDelivered());
        Notification n = resolved.notification();
        assertTrue(new AlertEvent(new Notification(n.label(), n.subject(), n.amount(), n.condition(), n.repeatEvery(),
                true, n.delivery()), resolved.alert(), false).isDelivered());
    }
}
