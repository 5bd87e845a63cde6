package bwmon.monitor;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import bwmon.monitor.attribution.ForwardedPart;
import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.attribution.RowLedger;
import bwmon.monitor.attribution.RowLedger.Part;
import bwmon.monitor.attribution.Untracked;
import bwmon.monitor.procfs.OwnerNames;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import bwmon.traffic.Owner.Cause;
import bwmon.traffic.Report;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Ticker;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Reports what programs in the kernel counted, once an interval: of all network namespaces, or of one. It costs by what moved, and
 * not by the number of connections and processes.
 *
 * <p>{@link RowLedger} says whose the bytes are, {@link OwnerNames} who that is. The interfaces are read at the moment at which the
 * programs begin a new interval. What they carried beyond what was counted in their network namespace was forwarded, as far as the
 * kernel forwarded packets ({@link ForwardedPart}); the rest is {@link Cause#UNTRACKED}.
 */
final class EbpfMonitor implements Monitor {
    private final KernelTraffic traffic;
    private final Interfaces interfaces;
    private final Forwarding forwarding;
    private final OwnerNames names;
    private final EndedOwners endedOwners;
    private final SocketView socketView;
    private final Ticker ticker;
    private final List<String> notices;
    private final List<Usage> before;
    private final RowLedger ledger;
    private final Untracked untracked = new Untracked();
    /** Taken from the kernel, and not yet handed out. */
    private Pending pending = Pending.NOTHING;
    private @Nullable Edge edge;
    private Edge begin;

    /** Tells how many packets were passed on for others, since the host started or its network namespace was made. */
    @FunctionalInterface
    interface Forwarding {
        long packets() throws IOException;
    }

    /** Where one interval ends and the next begins. */
    private record Edge(long nanos, Interfaces.Look interfaces, long forwarded) {}

    private record Pending(List<Part> parts, ByteCounts here, ByteCounts elsewhere, ByteCounts segmentation,
            ByteCounts lost, long lostEvents) {
        static final Pending NOTHING = new Pending(List.of(), ByteCounts.ZERO, ByteCounts.ZERO, ByteCounts.ZERO,
                ByteCounts.ZERO, 0);

        Pending plus(RowLedger.Settled settled, KernelTraffic.Taken taken) {
            List<Part> all = settled.parts();
            if (!parts.isEmpty()) {
                all = new ArrayList<>(parts);
                all.addAll(settled.parts());
            }
            return new Pending(all, here.plus(settled.here()), elsewhere.plus(settled.elsewhere()),
                    segmentation.plus(settled.segmentation()), lost.plus(taken.lost()),
                    Math.addExact(lostEvents, taken.lostEvents()));
        }
    }

    /**
     * Opens over these, which it owns if nothing is thrown.
     *
     * @param socketView tells of sockets, and of what moved before
     * @param notices what a person should know; more may be added
     * @param options whether other network namespaces are left out, and whether it looks back
     * @throws IOException if a first look fails
     */
    EbpfMonitor(KernelTraffic traffic, Interfaces interfaces, Forwarding forwarding, OwnerNames names,
            EndedOwners endedOwners, SocketView socketView, List<String> notices, MonitorOptions options)
            throws IOException {
        this.traffic = traffic;
        this.interfaces = interfaces;
        this.forwarding = forwarding;
        this.names = names;
        this.endedOwners = endedOwners;
        this.socketView = socketView;
        this.ticker = options.ticker();
        this.notices = new ArrayList<>(notices);
        ledger = new RowLedger(traffic.namespace(), options.isAlone());
        // What is asked for the first time takes long, and the interfaces are to be read right before the programs begin anew.
        look();
        var begun = new ArrayList<Edge>(1);
        // The sockets, listed at that moment, tell of what moved until then. Whose they are is searched afterwards.
        before = options.looksBack()
                ? List.copyOf(socketView.before(this.notices, () -> begun.add(started())))
                : List.of();
        begin = begun.isEmpty() ? started() : begun.getLast();
    }

    /** Forgets what moved until now: it is before the start. */
    private Edge started() throws IOException {
        KernelTraffic.Taken taken = traffic.take(this::look);
        ledger.settle(taken.rows(), ticker.nanos());
        return reached();
    }

    private void look() throws IOException {
        long forwarded = forwarding.packets();
        // The interfaces last: the programs begin the next interval right afterwards.
        Interfaces.Look carried = interfaces.look();
        edge = new Edge(ticker.nanos(), carried, forwarded);
    }

    private Edge reached() {
        Edge reached = edge;
        if (reached == null) {
            throw new IllegalStateException("an interval was taken without its end");
        }
        edge = null;
        return reached;
    }

    @Override
    public String name() {
        return Monitors.EBPF;
    }

    @Override
    public List<String> notices() {
        return List.copyOf(notices);
    }

    @Override
    public boolean tellsIpBytes() {
        return true;
    }

    @Override
    public List<Usage> before() {
        return before;
    }

    @Override
    public Report collect() throws IOException {
        KernelTraffic.Taken taken = traffic.take(this::look);
        Edge end = reached();
        pending = pending.plus(ledger.settle(taken.rows(), end.nanos()), taken);
        List<Usage> usages = named(pending.parts());
        // Nothing fails from here on, so that what is handed out once is handed out.
        if (!pending.lost().isNothing()) {
            usages.add(unattributed(Cause.LOST_EVENTS, pending.lost()));
        }
        Map<String, ByteCounts> gains = end.interfaces().since(begin.interfaces());
        addUncounted(gains, Math.max(0, end.forwarded() - begin.forwarded()), usages);
        var report = new Report(name(), Duration.ofNanos(end.nanos() - begin.nanos()), usages, gains,
                pending.segmentation(), pending.elsewhere(), pending.lostEvents());
        pending = Pending.NOTHING;
        begin = end;
        endedOwners.handedOut();
        socketView.passed();
        return report;
    }

    private List<Usage> named(List<Part> parts) throws IOException {
        names.begin();
        var usages = new ArrayList<Usage>(parts.size() + 3);
        for (Part part : parts) {
            Cause cause = part.cause();
            Owner owner = cause == null ? names.of(part.owner()) : new Owner.Unattributed(cause);
            usages.add(new Usage(owner, part.flow(), part.counts(), part.isElsewhere()));
        }
        return usages;
    }

    private void addUncounted(Map<String, ByteCounts> gains, long forwardedPackets, List<Usage> usages) {
        ByteCounts missing = untracked.next(gains.values(), List.of(pending.here(), pending.lost()),
                pending.segmentation());
        ByteCounts forwarded = ForwardedPart.of(missing, forwardedPackets);
        ByteCounts rest = missing.minus(forwarded);
        if (!forwarded.isNothing()) {
            usages.add(unattributed(Cause.FORWARDED, forwarded));
        }
        if (!rest.isNothing()) {
            usages.add(unattributed(Cause.UNTRACKED, rest));
        }
    }

    private static Usage unattributed(Cause cause, ByteCounts counts) {
        return new Usage(new Owner.Unattributed(cause), null, counts);
    }

    /** How processes got their names. */
    OwnerNames.Found found() {
        return names.found();
    }

    @Override
    public SocketStates sockets() throws IOException {
        return socketView.sockets();
    }

    /** Takes the programs away, whatever fails. */
    @Override
    public void close() {
        try (traffic; interfaces; socketView) {
            // All of them are closed, the last one first.
        }
    }
}
