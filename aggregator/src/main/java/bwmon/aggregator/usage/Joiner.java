package bwmon.aggregator.usage;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Report;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Makes the reports of one interval into charges, in which every byte stands once. <em>The pipe measures, the process
 * owns:</em> what went through a pipe of this process is charged to the process at the client's end where that is known,
 * and to the pipe where not.
 * <ol>
 * <li>Payload is what the pipe counted; what a monitor saw move at the client's socket and at the pipe's is left out.
 * <li>IP bytes a pipe does not see, a monitor does, once on either side of the pipe. They are taken from the side that tells
 * most: for a client of this host from the pipe's own connection, which may leave the host; for any other, and where a
 * pipe leads to a UNIX socket, from the client's. The other side's are left out, and counted there, so that the interfaces'
 * sum closes.
 * <li>What one of our pipes sends through another is counted by the one that the client reached, and left out of the
 * other's.
 * </ol>
 * So that no figure is added twice or spoils a sum, a charge says 0 of the layer that stands in another charge.
 *
 * <p>Directions are this host's where there is a monitor: what a client of another host sends through a pipe was received
 * from it, in both layers. Without a monitor they are the client's, as the pipe's own.
 *
 * <p>Pure: neither clock nor sockets. Not safe for more than one thread.
 */
public final class Joiner {
    /** So many connections of pipes are remembered at most; the one unseen for longest goes first. */
    public static final int MAX_CLIENTS = 65_536;

    private final int ownPid;
    private final @Nullable Layer monitored;
    private final PipeClients clients;
    private UsageFilter filter;
    private Grouping grouping;

    /**
     * What one interval comes to.
     *
     * @param charges at most one for each source, owner, application and length of interval
     * @param leftOut what is in no charge
     */
    public record Joined(List<Charge> charges, Snapshot.LeftOut leftOut) {}

    private record Key(String source, Owner owner, Application application, Duration interval) {}

    /** One interval while it is being joined. */
    private final class Sums {
        final Map<Key, ByteCounts> charges = new LinkedHashMap<>();
        ByteCounts excluded = ByteCounts.ZERO;
        ByteCounts duplicate = ByteCounts.ZERO;

        void charge(Report report, Owner owner, @Nullable Flow flow, ByteCounts counts) {
            charges.merge(new Key(report.source(), owner, grouping.group(owner, flow), report.interval()), counts,
                    ByteCounts::plus);
        }

        void leaveOut(ByteCounts counts) {
            duplicate = duplicate.plus(counts);
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
     * @param monitored the bytes that the monitors know: if not {@link Layer#IP}, nobody knows those of what the pipes
     *     forward; null if there is no monitor
     * @param filter what of the monitors' usages is wanted
     * @param grouping what belongs together
     */
    public Joiner(int ownPid, @Nullable Layer monitored, UsageFilter filter, Grouping grouping) {
        this(ownPid, monitored, filter, grouping, MAX_CLIENTS);
    }

    Joiner(int ownPid, @Nullable Layer monitored, UsageFilter filter, Grouping grouping, int maxClients) {
        this.ownPid = ownPid;
        this.monitored = monitored;
        this.filter = filter;
        this.grouping = grouping;
        this.clients = new PipeClients(maxClients);
    }

    /** Filters and groups in another way from now on; what is known of the pipes' clients stays. */
    public void change(UsageFilter newFilter, Grouping newGrouping) {
        filter = newFilter;
        grouping = newGrouping;
    }

    /**
     * Tells of the pipes' connections; best after the monitors looked and before {@link #join}, so that every connection
     * that they saw is among them.
     *
     * @param nowNanos monotonic time
     */
    public void connected(long nowNanos, Iterable<PipeConnection> connections) {
        for (PipeConnection connection : connections) {
            clients.connected(connection, nowNanos);
        }
    }

    /**
     * Joins one interval. Pipes are best collected before monitors: then a monitor knows every client whose bytes a pipe
     * reports, unless it ended in between.
     *
     * @param nowNanos monotonic time
     * @param monitors reports of sources that look at this host's processes
     * @param pipes reports of this process's own pipes
     * @param endpoints where the pipes take connections; null if there are no pipes, which is another thing than pipes that
     *     reported nothing
     */
    public Joined join(long nowNanos, Collection<Report> monitors, Collection<Report> pipes,
            @Nullable PipeEndpoints endpoints) {
        clients.forgetOld(nowNanos);
        var sums = new Sums();
        if (endpoints != null) {
            // Who the clients are, before anything is charged to them.
            monitors.forEach(report -> report.usages().forEach(usage -> meet(usage, endpoints, nowNanos)));
        }
        for (Report report : monitors) {
            for (Usage usage : report.usages()) {
                monitored(report, usage, endpoints, sums);
            }
        }
        for (Report report : pipes) {
            for (Usage usage : report.usages()) {
                piped(nowNanos, report, usage, sums);
            }
        }
        return sums.joined();
    }

    /** The flow that may be one of our pipes': the loopback addresses of another network namespace are not those of the pipes. */
    private static @Nullable Flow tcp(Usage usage) {
        Flow flow = usage.flow();
        return flow == null || flow.protocol() != Protocol.TCP || (usage.isElsewhere() && flow.isLoopback())
                ? null
                : flow;
    }

    private void meet(Usage usage, PipeEndpoints endpoints, long nowNanos) {
        Flow flow = tcp(usage);
        if (flow == null || endpoints.at(flow.remote()) == null) {
            return;
        }
        boolean isShown = usage.owner() instanceof Owner.Process process
                && (process.id().pid() == ownPid || filter.names(process));
        clients.local(flow.reversed(), isShown ? (Owner.Process) usage.owner() : null, nowNanos);
    }

    private void monitored(Report report, Usage usage, @Nullable PipeEndpoints endpoints, Sums sums) {
        Flow flow = tcp(usage);
        if (endpoints != null && flow != null && isOfPipes(report, usage, flow, endpoints, sums)) {
            return;
        }
        if (filter.counts(usage)) {
            sums.charge(report, usage.owner(), usage.flow(), usage.counts());
        } else {
            sums.excluded = sums.excluded.plus(usage.counts());
        }
    }

    /** Books what moved on either side of a pipe. */
    private boolean isOfPipes(Report report, Usage usage, Flow flow, PipeEndpoints endpoints, Sums sums) {
        PipeConnection own = clients.ofUpstream(flow);
        if (own != null) {
            Flow client = own.client();
            if (client == null || clients.isLocal(client)) {
                charge(report, client, own.pipe(), usage, sums);
            } else {
                sums.leaveOut(usage.counts());
            }
            return true;
        }
        Owner.Pipe pipe = endpoints.at(flow.local());
        if (pipe != null && !clients.isLocal(flow)) {
            charge(report, flow, pipe, usage, sums);
            return true;
        }
        if (pipe == null && endpoints.at(flow.remote()) == null) {
            return false;
        }
        PipeConnection made = pipe == null ? clients.ofClient(flow.reversed()) : null;
        if (made != null && made.upstream() == null) {
            // It leads to a UNIX socket, so that there is no other side.
            charge(report, flow.reversed(), made.pipe(), usage, sums);
        } else {
            sums.leaveOut(usage.counts());
        }
        return true;
    }

    /** The IP bytes of a side of a pipe; its payload the pipe counts. */
    private void charge(Report report, @Nullable Flow client, Owner.Pipe pipe, Usage usage, Sums sums) {
        if (client != null && isOurs(client)) {
            sums.leaveOut(usage.counts());
            return;
        }
        Owner.Process process = client == null ? null : clients.process(client);
        sums.charge(report, process == null ? pipe : process, usage.flow(), usage.counts().ipPart());
        sums.leaveOut(usage.counts().payloadPart());
    }

    /** Whether a pipe's client is this process: one pipe goes through another, also where nobody saw whose socket it was. */
    private boolean isOurs(Flow client) {
        Owner.Process process = clients.process(client);
        return process == null
                ? clients.ofUpstream(client.reversed()) != null
                : process.id().pid() == ownPid;
    }

    private void piped(long nowNanos, Report report, Usage usage, Sums sums) {
        Flow flow = usage.flow();
        ByteCounts counts = usage.counts();
        if (monitored != null && flow != null && !clients.isLocal(flow)) {
            counts = asThisHostSeesIt(counts);
        }
        if (monitored == Layer.IP) {
            counts = counts.payloadPart();
        }
        if (flow == null) {
            sums.charge(report, usage.owner(), null, counts);
            return;
        }
        clients.heardOf(flow, nowNanos);
        if (isOurs(flow)) {
            sums.leaveOut(counts);
            return;
        }
        Owner.Process process = clients.process(flow);
        PipeConnection made = clients.isLocal(flow) ? clients.ofClient(flow) : null;
        sums.charge(report, process == null ? usage.owner() : process,
                made == null || made.upstream() == null ? flow : made.upstream(), counts);
    }

    private static ByteCounts asThisHostSeesIt(ByteCounts ofClient) {
        OptionalLong rx = ofClient.payload(Direction.TX);
        OptionalLong tx = ofClient.payload(Direction.RX);
        return rx.isEmpty() || tx.isEmpty() ? ofClient : ByteCounts.ofPayload(rx.getAsLong(), tx.getAsLong());
    }

    /** How many clients' connections are remembered. */
    public int clients() {
        return clients.size();
    }
}
