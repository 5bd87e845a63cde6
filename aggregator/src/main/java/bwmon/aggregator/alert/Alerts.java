package bwmon.aggregator.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.rate.WindowAverage;
import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;

/**
 * Watches snapshots for notifications. Pure: time is what the snapshots say. A charge whose layer is unknown adds
 * nothing, so that the average is then a lower bound. Not safe for more than one thread.
 */
public final class Alerts {
    private final Layer layer;
    private final List<Watch> watches;

    private static final class Watch {
        final Notification notification;
        final Condition.Rate condition;
        final WindowAverage average;
        AlertState state = AlertState.OK;
        Instant since = Instant.EPOCH;

        Watch(Notification notification, Condition.Rate condition, long startNanos) {
            this.notification = notification;
            this.condition = condition;
            this.average = new WindowAverage(condition.averageOver(), startNanos);
        }
    }

    /**
     * Watches from now on.
     *
     * @param layer which bytes are compared
     * @param startNanos monotonic time from which on snapshots come
     */
    public Alerts(List<Notification> notifications, Layer layer, long startNanos) {
        this.layer = layer;
        watches = notifications.stream()
                .map(notification -> new Watch(notification, (Condition.Rate) notification.condition(), startNanos))
                .toList();
    }

    /** Takes in one interval and tells which notifications changed. */
    public List<AlertEvent> next(Snapshot snapshot) {
        var byApplication = new HashMap<String, List<Charge>>();
        for (Charge charge : snapshot.charges()) {
            byApplication.computeIfAbsent(charge.application().name(), name -> new ArrayList<>()).add(charge);
        }
        var events = new ArrayList<AlertEvent>();
        for (Watch watch : watches) {
            Notification notification = watch.notification;
            String subject = ((Subject.OfApplication) notification.subject()).name();
            watch.average.advance(snapshot.nanos());
            for (Map.Entry<Duration, Long> sample : bytesByInterval(byApplication.getOrDefault(subject, List.of()),
                    notification).entrySet()) {
                watch.average.add(sample.getKey(), sample.getValue());
            }
            var bytesPerSecond = watch.average.bytesPerSecond();
            AlertState before = watch.state;
            AlertState after = before.next(watch.condition.threshold(), bytesPerSecond);
            // While a source is silent, averages are too low: they may rise above a threshold, but not be cleared by it.
            boolean cleared = before == AlertState.FIRING && after != AlertState.FIRING;
            watch.state = cleared && !snapshot.failures().isEmpty() ? before : after;
            if (watch.state != before) {
                boolean firing = watch.state == AlertState.FIRING;
                watch.since = firing ? snapshot.at() : watch.since;
                events.add(new AlertEvent(notification, new Alert(notification.label(), subject, Alert.Measure.RATE,
                        notification.amount(), layer, firing ? Alert.State.FIRING : Alert.State.RESOLVED,
                        bytesPerSecond.orElseThrow(), watch.condition.threshold().above(),
                        watch.condition.averageOver(), watch.since, snapshot.at()), false));
            }
        }
        return events;
    }

    private Map<Duration, Long> bytesByInterval(List<Charge> charges, Notification notification) {
        var bytes = new HashMap<Duration, Long>();
        for (Charge charge : charges) {
            notification.amount().of(charge.counts(), layer)
                    .ifPresent(amount -> bytes.merge(charge.interval(), amount, Math::addExact));
        }
        return bytes;
    }
}
