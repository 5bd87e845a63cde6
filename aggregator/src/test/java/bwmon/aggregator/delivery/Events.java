package bwmon.aggregator.delivery;

import java.net.URI;
import java.time.Duration;
import java.util.List;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;

import static bwmon.aggregator.Samples.AT;

/** Events for the tests of this room. */
final class Events {
    /** No test waits for so long, unless it fails. */
    static final Duration LONG = Duration.ofSeconds(30);

    private Events() {}

    static AlertEvent command(String application, Duration timeLimit, String... command) {
        return event("label", application, Alert.State.FIRING, new Delivery(List.of(command), timeLimit, null, false));
    }

    static AlertEvent webhook(String label, URI address, Alert.State state) {
        return event(label, "app", state, new Delivery(List.of(), LONG, address, false));
    }

    static AlertEvent systemLog(String application, Alert.State state) {
        return event("label", application, state, new Delivery(List.of(), LONG, null, true));
    }

    static AlertEvent event(String label, String application, Alert.State state, Delivery delivery) {
        return new AlertEvent(
                new Notification(label, new Subject.OfApplication(application), Amount.TX,
                        new Condition.Rate(new Threshold(1000), Duration.ofSeconds(60), false), Duration.ZERO, true,
                        delivery),
                new Alert(label, application, Alert.Measure.RATE, Amount.TX, Layer.PAYLOAD, state, 1234, 1000,
                        Duration.ofSeconds(60), AT, AT),
                false);
    }
}
