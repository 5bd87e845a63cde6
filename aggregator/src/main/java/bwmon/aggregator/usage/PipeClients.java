package bwmon.aggregator.usage;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * What is known of pipes' connections: which process is at the client's end, and where the pipe's own connection for it
 * goes. It is remembered for a while, because the reports of pipes and monitors about one connection may come passes
 * apart. Bounded; what was unseen for longest goes first.
 */
final class PipeClients {
    /**
     * A connection is forgotten when nobody reported it for so long: a monitor that failed has come back by then, and the
     * kernel has not given the client's port to another process for the same pipe (TIME_WAIT, 60 s).
     */
    static final Duration FORGET_AFTER = Duration.ofSeconds(60);

    private final int max;
    /** By the client's connection as the pipe sees it; the first is the one that was unseen for longest. */
    private final SequencedMap<Flow, Client> clients = new LinkedHashMap<>();
    /** By the pipe's own connection; likewise. */
    private final SequencedMap<Flow, Upstream> upstreams = new LinkedHashMap<>();

    /** A client; its fields become known one by one. */
    private static final class Client {
        boolean isLocal;
        Owner.@Nullable Process process;
        @Nullable
        PipeConnection connection;
        long seenNanos;
    }

    private record Upstream(PipeConnection connection, long seenNanos) {}

    PipeClients(int max) {
        this.max = max;
    }

    private Client client(Flow asThePipeSeesIt, long nowNanos) {
        Client known = clients.get(asThePipeSeesIt);
        Client client = known == null ? new Client() : known;
        client.seenNanos = nowNanos;
        clients.putLast(asThePipeSeesIt, client);
        if (clients.size() > max) {
            clients.pollFirstEntry();
        }
        return client;
    }

    /**
     * A client of this host was seen.
     *
     * @param process null if it is not known, or not to be shown
     */
    void local(Flow asThePipeSeesIt, Owner.@Nullable Process process, long nowNanos) {
        Client client = client(asThePipeSeesIt, nowNanos);
        client.isLocal = true;
        if (process != null) {
            client.process = process;
        }
    }

    /** The pipe has a connection. */
    void connected(PipeConnection connection, long nowNanos) {
        if (connection.upstream() != null) {
            upstreams.putLast(connection.upstream(), new Upstream(connection, nowNanos));
            if (upstreams.size() > max) {
                upstreams.pollFirstEntry();
            }
        }
        if (connection.client() != null) {
            client(connection.client(), nowNanos).connection = connection;
        }
    }

    /** A pipe reported bytes of the client: what is known of it stays. */
    void heardOf(Flow asThePipeSeesIt, long nowNanos) {
        if (clients.containsKey(asThePipeSeesIt)) {
            client(asThePipeSeesIt, nowNanos);
        }
    }

    /** The connection of a pipe whose own end that flow is; null if it is none. */
    @Nullable
    PipeConnection ofUpstream(Flow flow) {
        Upstream upstream = upstreams.get(flow);
        return upstream == null ? null : upstream.connection;
    }

    /** Whether the client is on this host: its address says so, or it was seen. */
    boolean isLocal(Flow asThePipeSeesIt) {
        if (asThePipeSeesIt.remote().isLoopback()
                || asThePipeSeesIt.remote().address().equals(asThePipeSeesIt.local().address())) {
            return true;
        }
        Client client = clients.get(asThePipeSeesIt);
        return client != null && client.isLocal;
    }

    /** The client's process; null if none is known. */
    Owner.@Nullable Process process(Flow asThePipeSeesIt) {
        Client client = clients.get(asThePipeSeesIt);
        return client == null ? null : client.process;
    }

    /** The connection that the pipe made of that client's; null if none is known. */
    @Nullable
    PipeConnection ofClient(Flow asThePipeSeesIt) {
        Client client = clients.get(asThePipeSeesIt);
        return client == null ? null : client.connection;
    }

    /** The first is the one that was unseen for longest: behind one that is not old, none is. */
    void forgetOld(long nowNanos) {
        Iterator<Client> oldClients = clients.values().iterator();
        while (oldClients.hasNext() && nowNanos - oldClients.next().seenNanos >= FORGET_AFTER.toNanos()) {
            oldClients.remove();
        }
        Iterator<Upstream> oldUpstreams = upstreams.values().iterator();
        while (oldUpstreams.hasNext() && nowNanos - oldUpstreams.next().seenNanos >= FORGET_AFTER.toNanos()) {
            oldUpstreams.remove();
        }
    }

    int size() {
        return clients.size();
    }
}
