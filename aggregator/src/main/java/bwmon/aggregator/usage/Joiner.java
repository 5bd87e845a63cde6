package bwmon.aggregator.usage;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Report;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Makes the reports of one interval into charges, in which every byte stands once. <em>The pipe measures, the process
 * owns:</em>
 * <ol>
 * <li>what a monitor saw move at a pipe's own sockets is left out, because the pipe counted it;
 * <li>what a monitor saw a process move to or from a pipe is left out for the same reason, but tells whose connection it
 * is;
 * <li>what a pipe counted is charged to the process at the client's end where that is known, and to the pipe where not;
 * <li>what one of our pipes sends through another is counted by the one that the client reached, and left out of the
 * other's.
 * </ol>
 * Pure: neither clock nor sockets. Not safe for more than one thread.
 */
public final class Joiner {
    /** So many clients' connections are remembered at most; the one unseen for longest goes first. */
    public static final int MAX_CLIENTS = 65_536;
    /**
     * A client's connection is forgotten when neither side reported it for so long: a monitor that failed has come back
     * by then, and the kernel has not given the client's port to another process for the same pipe (TIME_WAIT, 60 s).
     */
    public static final Duration FORGET_AFTER = Duration.ofSeconds(60);

    private final int ownPid;
    private final UsageFilter filter;
    private final Grouping grouping;
    private final int maxClients;
    /** By the flow as the pipe sees it; the first is the one that was unseen for longest. */
    private final LinkedHashMap<Flow, Client> clients = new LinkedHashMap<>(16, 0.75f, true);

    /** When each of the pipes' own connections was last heard of; the one unseen for longest goes first. */
    private final SequencedMap<Flow, Long> upstreams = new LinkedHashMap<>(16, 0.75f, true);

    private record Client(Owner.Process process, long seenNanos) {}

    /**
     * What one interval comes to.
     *
     * @param charges at most one for each source, owner and length of interval
     * @param leftOut what is in no charge
     */
    public record Joined(List<Charge> charges, Snapshot.LeftOut leftOut) {}

    private record Key(String source, Owner owner, Application application, Duration interval) {}

    /** One interval while it is being joined. */
    private static final class Sums {
        final Grouping grouping;
        final Map<Key, ByteCounts> charges = new LinkedHashMap<>();
        ByteCounts excluded = ByteCounts.ZERO;
        ByteCounts duplicate = ByteCounts.ZERO;

        Sums(Grouping grouping) {
            this.grouping = grouping;
        }

        void charge(Report report, Owner owner, @Nullable Flow flow, ByteCounts counts) {
            charges.merge(new Key(report.source(), owner, grouping.group(owner, flow), report.interval()), counts,
                    ByteCounts::plus);
        }

        Joined joined() {
            var list = new ArrayList<Charge>(charges.size());
            charges.forEach((key, counts) -> list
                    .add(new Charge(key.source(), key.owner(), key.application(), key.interval(), counts)));
            return new Joined(list, new Snapshot.LeftOut(excluded, duplicate));
        }
    }

    /**
     * A joiner that knows no client yet.
     *
     * @param ownPid number of the process that the pipes are in
     * @param filter what of the monitors' usages is wanted
     * @param grouping what belongs together
     */
    public Joiner(int ownPid, UsageFilter filter, Grouping grouping) {
        this(ownPid, filter, grouping, MAX_CLIENTS);
    }

    Joiner(int ownPid, UsageFilter filter, Grouping grouping, int maxClients) {
        this.ownPid = ownPid;
        this.filter = filter;
        this.grouping = grouping;
        this.maxClients = maxClients;
    }

    /**
     * Joins one interval. Pipes are best collected before monitors: then a monitor knows every client whose bytes a pipe
     * reports, unless it ended in between.
     *
     * @param nowNanos monotonic time
     * @param monitors reports of sources that look at this host's processes
     * @param pipes reports of this process's own pipes
     * @param listening whether an endpoint is one that a pipe of this process listens on; null if there are no pipes,
     *     which is another thing than pipes that reported nothing
     */
    public Joined join(long nowNanos, List<Report> monitors, List<Report> pipes,
            @Nullable Predicate<Endpoint> listening) {
        forgetOld(nowNanos);
        var sums = new Sums(grouping);
        for (Report report : monitors) {
            for (Usage usage : report.usages()) {
                monitored(nowNanos, report, usage, listening, sums);
            }
        }
        for (Report report : pipes) {
            for (Usage usage : report.usages()) {
                piped(nowNanos, report, usage, sums);
            }
        }
        return sums.joined();
    }

    /**
     * Tells of connections that are a pipe's own, to its upstream; best after the monitors looked and before
     * {@link #join}. They are remembered for a while, because a monitor may be told of their end late.
     *
     * @param nowNanos monotonic time
     * @param flows with the pipe's end as the local one
     */
    public void pipesOwn(long nowNanos, Iterable<Flow> flows) {
        for (Flow flow : flows) {
            upstreams.put(flow, nowNanos);
            if (upstreams.size() > maxClients) {
                upstreams.pollFirstEntry();
            }
        }
    }

    private void monitored(long nowNanos, Report report, Usage usage, @Nullable Predicate<Endpoint> listening,
            Sums sums) {
        Flow flow = usage.flow();
        if (listening != null && flow != null && flow.protocol() == Protocol.TCP) {
            boolean own = usage.owner() instanceof Owner.Process p && p.id().pid() == ownPid;
            boolean ofPipe = listening.test(flow.local()) || upstreams.containsKey(flow);
            boolean toPipe = listening.test(flow.remote());
            if (toPipe && usage.owner() instanceof Owner.Process process && (own || filter.names(process))) {
                remember(flow.reversed(), process, nowNanos);
            }
            if (ofPipe || toPipe) {
                sums.duplicate = sums.duplicate.plus(usage.counts());
                return;
            }
        }
        if (filter.counts(usage)) {
            sums.charge(report, usage.owner(), flow, usage.counts());
        } else {
            sums.excluded = sums.excluded.plus(usage.counts());
        }
    }

    private void piped(long nowNanos, Report report, Usage usage, Sums sums) {
        Flow flow = usage.flow();
        Client client = flow == null ? null : clients.get(flow);
        if (flow == null || client == null) {
            sums.charge(report, usage.owner(), flow, usage.counts());
            return;
        }
        remember(flow, client.process, nowNanos);
        if (client.process.id().pid() == ownPid) {
            sums.duplicate = sums.duplicate.plus(usage.counts());
        } else {
            sums.charge(report, client.process, flow, usage.counts());
        }
    }

    private void remember(Flow asThePipeSeesIt, Owner.Process process, long nowNanos) {
        clients.put(asThePipeSeesIt, new Client(process, nowNanos));
        if (clients.size() > maxClients) {
            Iterator<Flow> unseenLongest = clients.keySet().iterator();
            unseenLongest.next();
            unseenLongest.remove();
        }
    }

    private void forgetOld(long nowNanos) {
        forgetOld(upstreams.values(), seen -> seen, nowNanos);
        forgetOld(clients.values(), client -> client.seenNanos, nowNanos);
    }

    /** The first is the one that was unseen for longest: behind one that is not old, none is. */
    private static <T> void forgetOld(Collection<T> unseenLongestFirst, ToLongFunction<T> seenNanos, long nowNanos) {
        Iterator<T> unseenLongest = unseenLongestFirst.iterator();
        while (unseenLongest.hasNext()
                && nowNanos - seenNanos.applyAsLong(unseenLongest.next()) >= FORGET_AFTER.toNanos()) {
            unseenLongest.remove();
        }
    }

    /** How many clients' connections are remembered. */
    public int clients() {
        return clients.size();
    }
}
