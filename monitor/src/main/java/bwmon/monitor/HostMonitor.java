package bwmon.monitor;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import bwmon.monitor.attribution.FlowEnds;
import bwmon.monitor.attribution.FlowLedger;
import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.attribution.SettledSocket;
import bwmon.monitor.attribution.SocketLedger;
import bwmon.monitor.attribution.SocketLedger.Answers;
import bwmon.monitor.attribution.SocketLedger.Held;
import bwmon.monitor.attribution.SocketLedger.Questions;
import bwmon.monitor.attribution.SocketOwners;
import bwmon.monitor.attribution.SocketOwners.Found;
import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.monitor.attribution.SocketSample;
import bwmon.monitor.attribution.TrackedFlow;
import bwmon.monitor.attribution.Untracked;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Report;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Ticker;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Joins the connection table, the sockets and the processes of a network namespace, once an interval. It counts no packet
 * itself, and costs by the number of connections and sockets.
 *
 * <p><b>What the bytes are.</b> {@link FlowLedger} says whose they are and how IP bytes come about,
 * {@link SocketLedger} who owns a socket, {@link bwmon.monitor.sockdiag.PayloadCounter} what payload is. A connection between
 * two processes of this host is two usages, each process's own. What the interfaces carried beyond all that is
 * {@link Owner.Cause#UNTRACKED}, without a flow.
 *
 * <p><b>The order of a look</b>, so that no count is ahead of one that it is compared with: sockets, interfaces, connection
 * table, then those sockets that were made in between, then those that ended.
 */
final class HostMonitor implements Monitor {
    /** Sockets asked for one by one, at most, in one look: 10 us each. */
    private static final int FIND_LIMIT = 1_000;

    private final String name;
    private final Sockets sockets;
    private final @Nullable FlowTable table;
    private final Interfaces interfaces;
    private final SocketOwners owners;
    private final PromptOwners prompt;
    private final Ticker ticker;
    private final List<String> notices;
    private final Runnable putBack;
    private final SocketLedger socketLedger;
    private final FlowLedger flowLedger = new FlowLedger();
    private final Untracked untracked = new Untracked();
    /** Taken from the table, and not yet handed out. */
    private final List<TrackedFlow> flows = new ArrayList<>();
    private List<FlowEnds> uncounted = List.of();
    private long lost;
    private final List<Usage> before;
    private Interfaces.Look interfacesBefore;
    private LocalAddresses addresses;
    private long begin;

    /**
     * Opens over these, which it owns if nothing is thrown.
     *
     * @param table null if there is no connection table
     * @param notices what a person should know; more may be added
     * @param putBack is run once at the end: undoes what was changed on the host
     * @throws IOException if a first look fails
     */
    HostMonitor(String name, Sockets sockets, @Nullable FlowTable table, Interfaces interfaces, SocketOwners owners,
            PromptOwners prompt, Ticker ticker, List<String> notices, Runnable putBack) throws IOException {
        this.name = name;
        this.sockets = sockets;
        this.table = table;
        this.interfaces = interfaces;
        this.owners = owners;
        this.prompt = prompt;
        this.ticker = ticker;
        this.notices = new ArrayList<>(notices);
        this.putBack = putBack;
        socketLedger = new SocketLedger(sockets.tellsEnds());
        if (table != null) {
            // A cold look takes so long that the interfaces, read first, would not fit the table, read last.
            look();
        }
        Look look = look();
        interfacesBefore = look.interfaces;
        addresses = look.interfaces.addresses();
        begin = ticker.nanos();
        // What ended before the first list was never ours.
        var listed = new HashSet<Long>();
        look.open.forEach(socket -> listed.add(socket.cookie()));
        List<SettledSocket> settled = socketLedger.settle(look.open,
                look.ended.sockets().stream().filter(socket -> listed.contains(socket.cookie())).toList(),
                look.answers);
        before = flowLedger.settle(settled, table == null ? null : flows,
                circumstances(true)).usages();
        handedOut();
        addNotices();
    }

    /** What was seen, and what was asked about it. */
    private record Look(List<SocketSample> open, Sockets.Ended ended, Interfaces.Look interfaces, Answers answers) {}

    private Look look() throws IOException {
        var open = new ArrayList<>(sockets.open());
        Interfaces.Look interfacesNow = interfaces.look();
        if (table != null) {
            FlowTable.Look seen = table.look();
            flows.addAll(seen.flows());
            uncounted = seen.uncounted();
            lost += seen.lost();
            open.addAll(sockets.find(withoutSocket(open, interfacesNow.addresses())));
        }
        Sockets.Ended ended = sockets.ended(new Told());
        return new Look(open, ended, interfacesNow, answers(open));
    }

    /** Whether the connection table has told of a flow, now or before, or there is none to tell. */
    private final class Told implements Predicate<Flow> {
        private @Nullable Set<Flow> now;

        @Override
        public boolean test(Flow flow) {
            if (table == null || flowLedger.isTold(flow)) {
                return true;
            }
            if (now == null) {
                now = new HashSet<>();
                for (TrackedFlow told : flows) {
                    addSockets(told.protocol(), told.ends(), now);
                }
            }
            return now.contains(flow);
        }
    }

    /** The flows that the sockets at both ends of a connection have, wherever they are. */
    private static void addSockets(Protocol protocol, FlowEnds ends, Set<Flow> flows) {
        flows.add(new Flow(protocol, ends.from(), ends.asked()));
        flows.add(new Flow(protocol, ends.answering(), ends.seen()));
    }

    private List<Flow> withoutSocket(List<SocketSample> open, LocalAddresses local) {
        Set<Flow> missing = flowLedger.firstTold(flows, local);
        if (!missing.isEmpty()) {
            open.forEach(socket -> missing.remove(socket.flow()));
        }
        return missing.stream().limit(FIND_LIMIT).toList();
    }

    private void addNotices() {
        if (!uncounted.isEmpty()) {
            notices.add(
                    "connections that began before they were counted: " + uncounted.size() + "; IP bytes of those by"
                            + " TCP are worked out from their sockets, those of others are shown as untracked");
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<String> notices() {
        return List.copyOf(notices);
    }

    @Override
    public boolean tellsIpBytes() {
        return table != null || sockets.hasCounters();
    }

    @Override
    public List<Usage> before() {
        return before;
    }

    @Override
    public Report collect() throws IOException {
        Look look = look();
        long end = ticker.nanos();
        // Nothing fails from here on, so that what is handed out once is handed out.
        addresses = look.interfaces.addresses();
        long lostNow = lost + look.ended.lost();
        FlowLedger.Settled settled = flowLedger.settle(
                socketLedger.settle(look.open, look.ended.sockets(), look.answers), table == null ? null : flows,
                circumstances(false));
        var usages = new ArrayList<>(settled.usages());
        Map<String, ByteCounts> gains = look.interfaces.since(interfacesBefore);
        ByteCounts missing = untracked.next(gains.values(), usages.stream().map(Usage::counts).toList(),
                settled.segmentation());
        if (!missing.isNothing()) {
            // Where events were lost, so may have been the last bytes of flows.
            usages.add(new Usage(new Owner.Unattributed(
                    lostNow > 0 ? Owner.Cause.LOST_EVENTS : Owner.Cause.UNTRACKED), null, missing));
        }
        var report = new Report(name, Duration.ofNanos(end - begin), usages, gains, settled.segmentation(), lostNow);
        handedOut();
        interfacesBefore = look.interfaces;
        begin = end;
        return report;
    }

    /** What was kept in case that the look fails is dropped. */
    private void handedOut() {
        flows.clear();
        lost = 0;
        sockets.done();
        prompt.looked(addresses);
    }

    private FlowLedger.Circumstances circumstances(boolean isOpening) {
        return new FlowLedger.Circumstances(addresses, socketLedger::listener, this::promptOwner, sockets.hasCounters(),
                lost > 0, isOpening);
    }

    private @Nullable Owner promptOwner(Flow flow) {
        Holder holder = prompt.of(flow);
        return holder == null ? null : holder.process();
    }

    private Answers answers(List<SocketSample> open) throws IOException {
        Questions questions = socketLedger.questions(open);
        SocketOwners.Look look = owners.look();
        var confirmed = new HashMap<Long, Holder>();
        var wanted = new HashSet<>(questions.unknown());
        for (Map.Entry<Long, Holder> known : questions.known().entrySet()) {
            Holder holder = look.confirm(known.getValue(), known.getKey());
            if (holder == null) {
                wanted.add(known.getKey());
            } else {
                confirmed.put(known.getKey(), holder);
            }
        }
        for (Held held : questions.trusted()) {
            Holder holder = look.refresh(held.holder());
            if (holder == null) {
                wanted.add(held.inode());
            } else if (!holder.equals(held.holder())) {
                confirmed.put(held.inode(), holder);
            }
        }
        Found found = wanted.isEmpty() ? Found.NOTHING : look.find(wanted);
        var missing = new HashSet<>(wanted);
        missing.removeAll(found.holders().keySet());
        Set<Long> stillOpen = missing.isEmpty() ? Set.of() : sockets.stillOpen(missing);
        return new Answers(confirmed, found, stillOpen, prompt::of);
    }

    @Override
    public SocketStates sockets() throws IOException {
        var flowsWithoutCounters = new HashSet<Flow>();
        for (FlowEnds ends : uncounted) {
            addSockets(Protocol.TCP, ends, flowsWithoutCounters);
        }
        return new SocketStates(sockets.states(socketLedger::owner, flowsWithoutCounters), sockets.tcpStates());
    }

    /** Closes everything, and puts back what was switched on, whatever fails before. */
    @Override
    public void close() {
        try (sockets; interfaces; prompt) {
            if (table != null) {
                table.close();
            }
        } finally {
            putBack.run();
        }
    }
}
