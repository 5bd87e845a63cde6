package bwmon.aggregator.alert;

import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Layer;
import org.jspecify.annotations.Nullable;

/**
 * All that one notification watches: one subject, or each that matches, which begins with its first bytes and is forgotten
 * when nothing is known of it any more.
 */
final class Lookout {
    /** So many subjects of one notification are watched by themselves; of the others it is counted how many there are. */
    static final int MAX_EACH = 512;
    /** The only subject of a notification that has one. */
    static final String ONLY = "";

    private final Layer layer;
    private final ZoneId zone;
    private final Capacity capacity;
    private final long startNanos;
    private Notification notification;
    /** By what tells them from each other. */
    private final Map<String, Watch> watches = new LinkedHashMap<>();
    private @Nullable Pass pass;
    private Instant startAt = Instant.EPOCH;
    private long unwatched;

    /**
     * Watches from a moment on.
     *
     * @param startNanos the moment, monotonic time
     */
    Lookout(Notification notification, Layer layer, ZoneId zone, Capacity capacity, long startNanos) {
        this.notification = notification;
        this.layer = layer;
        this.zone = zone;
        this.capacity = capacity;
        this.startNanos = startNanos;
    }

    Notification notification() {
        return notification;
    }

    private boolean isEach() {
        return switch (notification.subject()) {
            case Subject.Everything _,Subject.OfApplication _ -> false;
            case Subject.EachOwner _,Subject.EachApplication _ -> true;
        };
    }

    /** Begins an interval's pass. */
    void advance(Pass next) {
        if (pass == null) {
            startAt = next.at().minusNanos(next.intervalNanos());
        }
        pass = next;
        unwatched = 0;
        if (!isEach() && watches.isEmpty()) {
            watches.put(ONLY, new Watch(name(), gauge(notification.condition())));
        }
        for (Watch watch : watches.values()) {
            watch.advance(next);
        }
    }

    private String name() {
        return notification.subject() instanceof Subject.OfApplication application ? application.name() : "everything";
    }

    private Gauge gauge(Condition condition) {
        return switch (condition) {
            case Condition.Rate rate -> new RateGauge(rate.averageOver(), startNanos);
            case Condition.Volume volume -> new VolumeGauge(volume.period(), zone, startAt);
            case Condition.Silence _ -> new SilenceGauge(startNanos, isEach());
        };
    }

    /** A figure that grows whenever a subject that was one too many may be watched after all. */
    long changes() {
        return capacity.changes();
    }

    /** The watch of a subject that has bytes in this pass, or null if there are too many already. */
    @Nullable
    Watch watch(String identity, String name) {
        Watch known = watches.get(identity);
        if (known != null || pass == null || !hasRoom()) {
            return known;
        }
        var fresh = new Watch(name, gauge(notification.condition()));
        fresh.advance(pass);
        watches.put(identity, fresh);
        return fresh;
    }

    private boolean hasRoom() {
        return watches.size() < MAX_EACH && capacity.take();
    }

    /** Bytes came for a subject that is one too many. */
    void leaveOut() {
        unwatched++;
    }

    /** How many subjects with bytes in this pass were too many. */
    long unwatched() {
        return unwatched;
    }

    /** Ends an interval's pass. */
    void settle(Pass end, List<AlertEvent> events) {
        for (Iterator<Watch> each = watches.values().iterator(); each.hasNext();) {
            Watch watch = each.next();
            AlertEvent event = watch.settle(notification, layer, end);
            if (event != null) {
                events.add(event);
            }
            if (isEach() && watch.isIdle()) {
                each.remove();
                watch.remove();
                capacity.give(1);
            }
        }
    }

    /** Whether the other notification asks for the same figures, so that what is known of them stays good. */
    boolean hasFiguresFor(Notification other) {
        return notification.label().equals(other.label()) && notification.subject().equals(other.subject())
                && notification.amount() == other.amount() && switch (notification.condition()) {
                    case Condition.Rate rate -> other.condition() instanceof Condition.Rate next
                            && next.averageOver().equals(rate.averageOver());
                    case Condition.Volume volume -> other.condition() instanceof Condition.Volume next
                            && next.period().equals(volume.period());
                    case Condition.Silence _ -> other.condition() instanceof Condition.Silence;
                };
    }

    /** Goes on under a notification that has the same figures. */
    void goOn(Notification with) {
        notification = with;
    }

    /** Ends: gives back its part of the capacity. */
    void close() {
        if (isEach()) {
            capacity.give(watches.size());
        }
        watches.clear();
    }

    /** Takes a volume back that was kept. One of another direction, layer or kind of period is not taken. */
    void restore(Quota quota) {
        if (!(notification.condition() instanceof Condition.Volume volume) || isEach() == quota.identity().isEmpty()
                || quota.amount() != notification.amount() || quota.layer() != layer
                || watches.containsKey(quota.identity())
                || !volume.period().startOf(quota.periodStart(), zone).equals(quota.periodStart())
                || (isEach() && !hasRoom())) {
            return;
        }
        var watch = new Watch(isEach() ? quota.subject() : name(),
                new VolumeGauge(volume.period(), zone, quota.periodStart(), quota.bytes(), quota.countedSince()));
        if (quota.firingSince() != null) {
            watch.fires(quota.firingSince(), startNanos);
        }
        watches.put(quota.identity(), watch);
    }

    void quotas(Consumer<Quota> to) {
        watches.forEach((identity, watch) -> {
            Quota quota = watch.quota(notification, identity, layer);
            if (quota != null) {
                to.accept(quota);
            }
        });
    }

    /** The alerts that fire. */
    List<Alert> inForce() {
        var alerts = new ArrayList<Alert>();
        for (Watch watch : watches.values()) {
            if (watch.isFiring()) {
                alerts.add(watch.alert(notification, layer));
            }
        }
        return alerts;
    }
}
