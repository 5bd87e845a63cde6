package bwmon.aggregator.alert;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Set;

import bwmon.aggregator.rate.Bytes;
import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;
import bwmon.traffic.Direction;

/**
 * Watches snapshots for notifications. Pure: time is what the snapshots say. A charge whose layer is unknown adds
 * nothing, so that the figure is then a lower bound; but bytes of the other layer are no silence. Not safe for more than
 * one thread.
 */
public final class Alerts {
    private static final long UNKNOWN = -1;

    private final ZoneId zone;
    private final Capacity capacity = new Capacity();
    private Layer layer;
    private List<Lookout> lookouts = List.of();
    /** Of those lookouts that watch everything. */
    private List<Target> everything = List.of();
    private Targets targets;
    private final Totals totals = new Totals();
    private long lastNanos;

    /**
     * Watches from now on.
     *
     * @param applications names of the configuration's applications: a notification of such a name is about that
     *     application, and not about an executable, unit, container or owner that happens to have the same name
     * @param layer which bytes are compared
     * @param zone the host's, in which periods of the calendar begin
     * @param startNanos monotonic time from which on snapshots come
     */
    public Alerts(List<Notification> notifications, Set<String> applications, Layer layer, ZoneId zone,
            long startNanos) {
        this.zone = zone;
        this.layer = layer;
        this.lastNanos = startNanos;
        this.targets = new Targets(List.of(), Set.of());
        reload(notifications, applications, layer);
    }

    /**
     * Goes on with other notifications. What is known for one (state, average, volume, silence) is kept where label,
     * subject, direction, kind of condition and, of a rate or volume, window or period are the same; it is compared with new
     * limits at the next interval. All others begin now.
     *
     * @param applications as in the constructor
     * @param layer which bytes are compared from now on; nothing is kept if it is another one
     * @return alerts that were in force and are so no more, because their notification is gone or begins anew
     */
    public List<Alert> reload(List<Notification> notifications, Set<String> applications, Layer layer) {
        var known = new HashMap<String, Lookout>();
        lookouts.forEach(lookout -> known.put(lookout.notification().label(), lookout));
        var next = new ArrayList<Lookout>();
        for (Notification notification : notifications) {
            Lookout lookout = known.get(notification.label());
            if (lookout != null && layer == this.layer && lookout.hasFiguresFor(notification)) {
                known.remove(notification.label());
                lookout.goOn(notification);
                next.add(lookout);
            } else {
                next.add(new Lookout(notification, layer, zone, capacity, lastNanos));
            }
        }
        List<Alert> dropped = inForce(known.values());
        known.values().forEach(Lookout::close);
        this.layer = layer;
        lookouts = List.copyOf(next);
        targets = new Targets(lookouts, applications);
        everything = lookouts.stream()
                .filter(lookout -> lookout.notification().subject() instanceof Subject.Everything)
                .map(lookout -> new Target(lookout, Lookout.ONLY, "")).toList();
        return dropped;
    }

    /** Takes in one interval and tells which notifications changed, or are to be told again. */
    public List<AlertEvent> next(Snapshot snapshot) {
        Pass pass = Pass.of(snapshot);
        lastNanos = pass.nanos();
        for (Lookout lookout : lookouts) {
            lookout.advance(pass);
        }
        for (Charge charge : snapshot.charges()) {
            add(charge);
        }
        totals.moveTo(everything);
        var events = new ArrayList<AlertEvent>();
        for (Lookout lookout : lookouts) {
            lookout.settle(pass, events);
        }
        return events;
    }

    private void add(Charge charge) {
        long rx = layer.of(charge.counts(), Direction.RX).orElse(UNKNOWN);
        long tx = layer.of(charge.counts(), Direction.TX).orElse(UNKNOWN);
        boolean hasRx = rx > 0 || (rx == UNKNOWN && other().of(charge.counts(), Direction.RX).orElse(0) > 0);
        boolean hasTx = tx > 0 || (tx == UNKNOWN && other().of(charge.counts(), Direction.TX).orElse(0) > 0);
        if (!hasRx && !hasTx) {
            return;
        }
        // As Amount.of, which refuses what does not fit.
        long total = rx < 0 || tx < 0 ? UNKNOWN : Bytes.plus(rx, tx);
        long nanos = charge.interval().toNanos();
        if (!everything.isEmpty()) {
            totals.add(nanos, rx, tx, total, hasRx, hasTx);
        }
        for (Target target : targets.of(charge.owner(), charge.application())) {
            target.add(nanos, rx, tx, total, hasRx, hasTx);
        }
    }

    private Layer other() {
        return layer == Layer.IP ? Layer.PAYLOAD : Layer.IP;
    }

    /** The alerts that fire, with their figures of the last interval; the one that began first is the first. */
    public List<Alert> inForce() {
        return inForce(lookouts);
    }

    private static List<Alert> inForce(Iterable<Lookout> lookouts) {
        var alerts = new ArrayList<Alert>();
        lookouts.forEach(lookout -> alerts.addAll(lookout.inForce()));
        alerts.sort(Comparator.comparing(Alert::since).thenComparing(Alert::label));
        return alerts;
    }

    /**
     * How many processes and applications had bytes in the last interval that a notification should have watched, each by
     * itself, and did not, because there are too many: {@value Lookout#MAX_EACH} of a notification, {@value Capacity#MAX}
     * of all. One that two notifications should have watched counts twice.
     */
    public long unwatched() {
        long sum = 0;
        for (Lookout lookout : lookouts) {
            sum += lookout.unwatched();
        }
        return sum;
    }

    /** Whether volumes are compared, so that there is or will be something to be kept. */
    public boolean hasVolumes() {
        return lookouts.stream().anyMatch(lookout -> lookout.notification().condition() instanceof Condition.Volume);
    }

    /** The volumes as they are now, to be kept for the next run. */
    public List<Quota> quotas() {
        var quotas = new ArrayList<Quota>();
        lookouts.forEach(lookout -> lookout.quotas(quotas::add));
        return quotas;
    }

    /**
     * Takes back volumes of an earlier run. One that fired then is in force and is not told again. Those that no
     * notification asks for any more, or that do not fit it, are left.
     */
    public void restore(List<Quota> quotas) {
        var byLabel = new HashMap<String, Lookout>();
        lookouts.forEach(lookout -> byLabel.put(lookout.notification().label(), lookout));
        for (Quota quota : quotas) {
            Lookout lookout = byLabel.get(quota.label());
            if (lookout != null) {
                lookout.restore(quota);
            }
        }
    }
}
