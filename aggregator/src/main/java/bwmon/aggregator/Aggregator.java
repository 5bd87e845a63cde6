package bwmon.aggregator;

import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Joiner;
import bwmon.aggregator.usage.PipeEndpoints;
import bwmon.aggregator.usage.Snapshot;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.Ticker;
import bwmon.traffic.TrafficSource;
import bwmon.traffic.Usage;

/**
 * One pass an interval: asks all sources, joins their reports, groups the owners, and makes the snapshot.
 * All calls are from one thread. The sources stay their opener's to close.
 */
public final class Aggregator {
    private final List<SourceSlot> monitors;
    private final PipeSet pipes;
    private final IdentityHashMap<TrafficSource, SourceSlot> pipeSlots = new IdentityHashMap<>();
    private final Supplier<Set<InetAddress>> localAddresses;
    private final Joiner joiner;
    private final List<String> notices;
    private final Ticker ticker;
    private final Clock clock;
    private long lastNanos;

    /**
     * An aggregator whose first interval begins now.
     *
     * @param monitors sources that look at this host's processes
     * @param pipes the pipes of this process
     * @param localAddresses addresses of this host's interfaces; asked once a pass where a pipe listens on all
     * @param notices what a person should know of the sources' limits
     */
    public Aggregator(List<? extends TrafficSource> monitors, PipeSet pipes, Supplier<Set<InetAddress>> localAddresses,
            Joiner joiner, List<String> notices, Ticker ticker, Clock clock) {
        this.monitors = monitors.stream().map(SourceSlot::new).toList();
        this.pipes = pipes;
        this.localAddresses = localAddresses;
        this.joiner = joiner;
        this.notices = List.copyOf(notices);
        this.ticker = ticker;
        this.clock = clock;
        this.lastNanos = ticker.nanos();
    }

    /**
     * The interval since the last pass.
     *
     * @param last whether there will be no other pass
     * @throws ArithmeticException if a sum overflows 63 bits
     */
    public Snapshot pass(boolean last) {
        // Pipes first: a monitor that looks afterwards knows the clients whose bytes the pipes report.
        Collection<SourceSlot> pipesNow = slots();
        List<Report> pipeReports = collect(pipesNow, last);
        List<Report> monitorReports = collect(monitors, last);
        long now = ticker.nanos();
        Duration interval = Duration.ofNanos(now - lastNanos);
        lastNanos = now;
        // After the monitors looked: so every connection of a pipe that they saw is among them.
        joiner.connected(now, pipes.connections());
        Joiner.Joined joined = joiner.join(now, monitorReports, pipeReports, pipesNow.isEmpty() ? null : endpoints());
        List<Charge> charges = joined.charges();
        List<Snapshot.SourceFailure> failures = new ArrayList<>();
        pipesNow.forEach(slot -> slot.failure().ifPresent(failures::add));
        monitors.forEach(slot -> slot.failure().ifPresent(failures::add));
        return new Snapshot(clock.instant(), now, interval, charges, balance(charges, monitorReports, pipeReports),
                joined.leftOut(), failures, notices);
    }

    private Collection<SourceSlot> slots() {
        List<? extends TrafficSource> sources = pipes.sources();
        pipeSlots.keySet().retainAll(sources);
        return sources.stream().map(source -> pipeSlots.computeIfAbsent(source, SourceSlot::new)).toList();
    }

    private List<Report> collect(Collection<SourceSlot> slots, boolean last) {
        long begin = ticker.nanos();
        return slots.stream().flatMap(slot -> slot.collect(begin, last).stream()).toList();
    }

    private PipeEndpoints endpoints() {
        Map<Endpoint, Owner.Pipe> listeners = pipes.listeners();
        boolean wildcard = listeners.keySet().stream().anyMatch(Endpoint::isWildcard);
        return new PipeEndpoints(listeners, wildcard ? localAddresses.get() : Set.of());
    }

    private static Balance balance(List<Charge> charges, List<Report> monitorReports, List<Report> pipeReports) {
        List<Usage> usages = charges.stream().map(charge -> new Usage(charge.owner(), null, charge.counts())).toList();
        Map<String, ByteCounts> interfaces = new HashMap<>();
        Map<String, String> readers = new HashMap<>();
        ByteCounts segmentation = ByteCounts.ZERO;
        ByteCounts elsewhere = ByteCounts.ZERO;
        long lostEvents = 0;
        for (Report report : monitorReports) {
            report.interfaces().forEach((name, counts) -> {
                // Two sources that read one interface's counters read the same counters.
                if (readers.computeIfAbsent(name, _ -> report.source()).equals(report.source())) {
                    interfaces.merge(name, counts, ByteCounts::plus);
                }
            });
            segmentation = segmentation.plus(report.segmentation());
            elsewhere = elsewhere.plus(report.elsewhere());
            lostEvents = Math.addExact(lostEvents, report.lostEvents());
        }
        for (Report report : pipeReports) {
            lostEvents = Math.addExact(lostEvents, report.lostEvents());
        }
        return Balance.of(interfaces, usages, segmentation, elsewhere, lostEvents);
    }
}
