package bwmon.monitor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.Predicate;

import bwmon.monitor.attribution.SocketSample;
import bwmon.monitor.procfs.ProcFs;
import bwmon.monitor.procfs.ProcSocket;
import bwmon.monitor.procfs.SocketTable.Kind;
import bwmon.monitor.sockdiag.TcpState;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.SocketState;
import org.jspecify.annotations.Nullable;

/**
 * Sockets by the text files of /proc/net: who they are, and nothing of what they moved. A socket is known by its inode, which
 * is given to another one only after 2^32 others; so it serves as the cookie, with a bit that no cookie of the kernel has.
 */
final class ProcSockets implements Sockets {
    private static final long NO_COOKIE = Long.MIN_VALUE;
    private static final Set<Kind> PING = EnumSet.of(Kind.ICMP, Kind.ICMP6);
    private static final Set<Kind> TCP = EnumSet.of(Kind.TCP, Kind.TCP6);
    static final Set<Kind> UDP = EnumSet.of(Kind.UDP, Kind.UDP6, Kind.UDPLITE, Kind.UDPLITE6);
    static final Set<Kind> RAW = EnumSet.of(Kind.RAW, Kind.RAW6);

    private final ProcFs proc;
    private List<ProcSocket> last = List.of();

    ProcSockets(ProcFs proc) {
        this.proc = proc;
    }

    private List<ProcSocket> read(Set<Kind> kinds) throws IOException {
        var sockets = new ArrayList<ProcSocket>();
        for (Kind kind : kinds) {
            sockets.addAll(proc.sockets(kind).sockets());
        }
        return sockets;
    }

    private static SocketSample sample(ProcSocket socket) {
        return SocketSample.uncounted(NO_COOKIE | socket.inode(), socket.inode(), flow(socket),
                isTcp(socket) && state(socket) == TcpState.LISTEN);
    }

    private static Flow flow(ProcSocket socket) {
        return new Flow(Protocol.of(socket.protocol()), socket.local(), socket.remote());
    }

    private static boolean isTcp(ProcSocket socket) {
        return socket.protocol() == Protocol.TCP.number();
    }

    private static TcpState state(ProcSocket socket) {
        return TcpState.of(socket.state());
    }

    /**
     * What sock_diag does not list: sockets of ping.
     *
     * @param missing what it does not list here either
     */
    List<SocketSample> beside(Set<Kind> missing) throws IOException {
        var kinds = EnumSet.copyOf(PING);
        kinds.addAll(missing);
        return read(kinds).stream().filter(socket -> socket.inode() != 0).map(ProcSockets::sample).toList();
    }

    @Override
    public boolean hasCounters() {
        return false;
    }

    @Override
    public boolean tellsEnds() {
        return false;
    }

    @Override
    public List<SocketSample> open() throws IOException {
        last = read(EnumSet.allOf(Kind.class)).stream().filter(socket -> socket.inode() != 0).toList();
        return last.stream().map(ProcSockets::sample).toList();
    }

    @Override
    public List<SocketSample> find(List<Flow> flows) throws IOException {
        if (flows.isEmpty()) {
            return List.of();
        }
        var wanted = new HashSet<>(flows);
        return read(TCP).stream().filter(socket -> socket.inode() != 0 && wanted.contains(flow(socket)))
                .map(ProcSockets::sample).toList();
    }

    @Override
    public Ended ended(Predicate<Flow> told) {
        return new Ended(List.of(), 0);
    }

    @Override
    public void done() {
        // Nothing is kept.
    }

    @Override
    public Set<Long> stillOpen(Set<Long> inodes) throws IOException {
        var still = new HashSet<Long>();
        for (ProcSocket socket : read(EnumSet.allOf(Kind.class))) {
            if (inodes.contains(socket.inode())) {
                still.add(socket.inode());
            }
        }
        return still;
    }

    @Override
    public List<SocketState> states(LongFunction<@Nullable Owner> owners, Set<Flow> uncounted) {
        var states = new ArrayList<SocketState>(last.size());
        for (ProcSocket socket : last) {
            Owner owner = owners.apply(NO_COOKIE | socket.inode());
            if (owner == null) {
                continue; // It ended after it was listed.
            }
            states.add(new SocketState(flow(socket),
                    isTcp(socket)
                            ? state(socket).name()
                            : state(socket) == TcpState.ESTABLISHED ? "ESTABLISHED" : "UNCONNECTED",
                    owner, OptionalLong.empty(),
                    OptionalLong.empty(), socket.rxQueue(), socket.txQueue(), !uncounted.contains(flow(socket))));
        }
        return states;
    }

    @Override
    public Map<String, Integer> tcpStates() throws IOException {
        var counts = new TreeMap<String, Integer>();
        for (ProcSocket socket : read(TCP)) {
            counts.merge(state(socket).name(), 1, Integer::sum);
        }
        return counts;
    }

    @Override
    public void close() {
        // Nothing is open between two looks.
    }
}
