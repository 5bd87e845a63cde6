package bwmon.aggregator;

import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Joiner;
import bwmon.aggregator.usage.PipeEndpoints;
import bwmon.aggregator.usage.Snapshot;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
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
    private final List<SourceSlot> pipes;
    private final Set<Endpoint> listeners;
    private final Supplier<Set<Flow>> upstreams;
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
     * @param pipes sources that are pipes of this process
     * @param listeners where those pipes take connections
     * @param upstreams those pipes' own connections to their upstreams; asked once a pass
     * @param localAddresses addresses of this host's interfaces; asked once a pass where a listener is a wildcard
     * @param notices what a person should know of the sources' limits
     */
    public Aggregator(List<? extends TrafficSource> monitors, List<? extends TrafficSource> pipes,
            Set<Endpoint> listeners, Supplier<Set<Flow>> upstreams, Supplier<Set<InetAddress>> localAddresses,
            Joiner joiner, List<String> notices, Ticker ticker, Clock clock) {
        this.monitors = monitors.stream().map(SourceSlot::new).toList();
        this.pipes = pipes.stream().map(SourceSlot::new).toList();
        this.listeners = Set.copyOf(listeners);
        this.upstreams = upstreams;
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
        List<Report> pipeReports = collect(pipes, last);
        List<Report> monitorReports = collect(monitors, last);
        long now = ticker.nanos();
        Duration interval = Duration.ofNanos(now - lastNanos);
        lastNanos = now;
        // After the monitors looked: so every connection of a pipe that they saw is among them.
        joiner.pipesOwn(now, upstreams.get());
        Joiner.Joined joined = joiner.join(now, monitorReports, pipeReports, pipes.isEmpty() ? null : endpoints());
        List<Snapshot.SourceFailure> failures = new ArrayList<>();
        pipes.forEach(slot -> slot.failure().ifPresent(failures::add));
        monitors.forEach(slot -> slot.failure().ifPresent(failures::add));
        return new Snapshot(clock.instant(), now, interval, joined.charges(),
                balance(joined.charges(), monitorReports, pipeReports), joined.leftOut(), failures, notices);
    }

    private List<Report> collect(List<SourceSlot> slots, boolean last) {
        long begin = ticker.nanos();
        return slots.stream().map(slot -> slot.collect(begin, last)).flatMap(Optional::stream).toList();
    }

    private PipeEndpoints endpoints() {
        boolean wildcard = listeners.stream().anyMatch(Endpoint::isWildcard);
        return new PipeEndpoints(listeners, wildcard ? localAddresses.get() : Set.of());
    }

    private static Balance balance(List<Charge> charges, List<Report> monitorReports, List<Report> pipeReports) {
        List<Usage> usages = charges.stream().map(charge -> new Usage(charge.owner(), null, charge.counts())).toList();
        Map<String, ByteCounts> interfaces = new HashMap<>();
        ByteCounts segmentation = ByteCounts.ZERO;
        long lostEvents = 0;
        for (Report report : monitorReports) {
            // Two sources that read one interface's counters read the same counters.
            report.interfaces().forEach(interfaces::putIfAbsent);
            segmentation = segmentation.plus(report.segmentation());
            lostEvents = Math.addExact(lostEvents, report.lostEvents());
        }
        for (Report report : pipeReports) {
            lostEvents = Math.addExact(lostEvents, report.lostEvents());
        }
        return Balance.of(interfaces, usages, segmentation, lostEvents);
    }
}
