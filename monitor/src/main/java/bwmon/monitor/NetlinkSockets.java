package bwmon.monitor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.Predicate;

import bwmon.monitor.attribution.Segments;
import bwmon.monitor.attribution.SocketSample;
import bwmon.monitor.netlink.NetlinkConnection.Notifications;
import bwmon.monitor.procfs.SocketTable.Kind;
import bwmon.monitor.sockdiag.DestroyedSockets;
import bwmon.monitor.sockdiag.InetDiagMessage;
import bwmon.monitor.sockdiag.PayloadCounter;
import bwmon.monitor.sockdiag.SockDiag;
import bwmon.monitor.sockdiag.TcpInfo;
import bwmon.monitor.sockdiag.TcpState;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.SocketState;
import org.jspecify.annotations.Nullable;

/**
 * Sockets by sock_diag, and the TCP sockets that ended since the last look; their counters become payload. What was taken
 * from the kernel's queue is kept until {@link #done}, so that a look that fails loses nothing.
 */
final class NetlinkSockets implements Sockets {
    /** Notices kept at most; the others wait in the kernel, whose queue has a bound of its own. */
    private static final int NOTICES_LIMIT = 262_144;
    private static final Set<TcpState> REMNANTS = EnumSet.of(TcpState.TIME_WAIT, TcpState.FIN_WAIT2);

    private final SockDiag sockets;
    private final @Nullable DestroyedSockets destroyed;
    private final PayloadCounter counter;
    private final List<InetDiagMessage> notices = new ArrayList<>();
    /** How many of the notices had come by the last call of {@link #open}. */
    private int early;
    /** Those that were told and are to be dropped when that is done. */
    private List<InetDiagMessage> told = List.of();
    /** What the kernel does not list by sock_diag is read from /proc; null where /proc is not to be asked. */
    private final @Nullable ProcSockets others;
    private List<InetDiagMessage> tcp = List.of();
    private List<InetDiagMessage> datagrams = List.of();
    private Set<Integer> listening = Set.of();
    private Set<Integer> accepting = Set.of();
    private long lost;

    /**
     * Looks through these, which it owns from now on.
     *
     * @param destroyed null if the kernel does not tell of the end of sockets
     * @param others for what sock_diag does not list
     */
    NetlinkSockets(SockDiag sockets, @Nullable DestroyedSockets destroyed, @Nullable ProcSockets others) {
        this.sockets = sockets;
        this.destroyed = destroyed;
        this.others = others;
        counter = new PayloadCounter(destroyed != null);
    }

    @Override
    public boolean hasCounters() {
        return true;
    }

    @Override
    public boolean tellsEnds() {
        return destroyed != null;
    }

    private void takeNotices() throws IOException {
        if (destroyed != null) {
            Notifications<InetDiagMessage> taken = destroyed.take(NOTICES_LIMIT - notices.size());
            notices.addAll(taken.messages());
            lost += taken.lost();
        }
    }

    @Override
    public List<SocketSample> open() throws IOException {
        // Before the list, so that the ports at which connections came in until a moment ago are known.
        takeNotices();
        early = notices.size();
        tcp = sockets.dumpTcp(SockDiag.OPEN);
        counter.look(tcp);
        accepting = accepting(tcp);
        var open = new ArrayList<SocketSample>(tcp.size());
        for (InetDiagMessage socket : tcp) {
            add(socket, open);
        }
        var missing = EnumSet.noneOf(Kind.class);
        datagrams = datagrams(missing);
        for (InetDiagMessage socket : datagrams) {
            open.add(SocketSample.uncounted(socket.cookie(), socket.inode(), socket.flow(), false,
                    socket.isV6Only()));
        }
        if (others != null) {
            open.addAll(others.beside(missing));
        }
        return open;
    }

    /**
     * Sockets of UDP, and raw ones.
     *
     * @param missing gets the tables of those kinds that the kernel does not list, because it lacks the module
     */
    private List<InetDiagMessage> datagrams(Set<Kind> missing) throws IOException {
        var all = new ArrayList<InetDiagMessage>();
        sockets.dumpUdp().ifPresentOrElse(all::addAll, () -> missing.addAll(ProcSockets.UDP));
        sockets.dumpRaw().ifPresentOrElse(all::addAll, () -> missing.addAll(ProcSockets.RAW));
        return all;
    }

    private void add(InetDiagMessage socket, List<SocketSample> open) throws IOException {
        TcpInfo info = socket.info();
        if (socket.isListening()) {
            open.add(SocketSample.uncounted(socket.cookie(), socket.inode(), socket.flow(), true,
                    socket.isV6Only()));
        } else if (info != null) {
            open.add(sample(socket, counter.received(socket, checked(info)), info));
        }
    }

    @Override
    public List<SocketSample> find(List<Flow> flows) throws IOException {
        var found = new ArrayList<SocketSample>();
        for (Flow flow : flows) {
            InetDiagMessage socket = sockets.find(flow);
            if (socket != null) {
                add(socket, found);
            }
        }
        return found;
    }

    /** Ports at which connections come in: of sockets that listen, or did until a moment ago. */
    private Set<Integer> accepting(List<InetDiagMessage> list) {
        var now = new HashSet<Integer>();
        for (InetDiagMessage socket : list) {
            if (socket.isListening()) {
                now.add(socket.flow().local().port());
            }
        }
        var ports = new HashSet<>(now);
        ports.addAll(listening);
        for (InetDiagMessage notice : notices) {
            if (isUnconnected(notice)) {
                ports.add(notice.flow().local().port());
            }
        }
        listening = now;
        return ports;
    }

    /** Whether it listened, was never connected, or was disconnected, its counters reset. */
    private static boolean isUnconnected(InetDiagMessage notice) {
        return notice.flow().remote().port() == 0;
    }

    @Override
    public Ended ended(Predicate<Flow> mayTell) throws IOException {
        takeNotices();
        told = new ArrayList<>(notices.subList(0, early));
        for (InetDiagMessage notice : notices.subList(early, notices.size())) {
            if (isUnconnected(notice) || mayTell.test(notice.flow())) {
                told.add(notice);
            }
        }
        boolean needsRemnants = false;
        for (InetDiagMessage notice : told) {
            TcpInfo info = notice.info();
            needsRemnants |= info != null && !isUnconnected(notice) && counter.needsRemnants(notice, checked(info));
        }
        var remnants = new HashSet<Flow>();
        if (needsRemnants) {
            for (InetDiagMessage socket : sockets.dumpTcp(REMNANTS)) {
                if (socket.info() == null) {
                    remnants.add(socket.flow());
                }
            }
        }
        var ended = new ArrayList<SocketSample>(told.size());
        for (InetDiagMessage notice : told) {
            TcpInfo info = notice.info();
            if (info != null && !isUnconnected(notice)) {
                boolean accepted = accepting.contains(notice.flow().local().port());
                ended.add(sample(notice, counter.finallyReceived(notice, info, accepted, remnants), info));
            }
        }
        return new Ended(ended, lost);
    }

    private SocketSample sample(InetDiagMessage socket, long received, TcpInfo info) {
        boolean accepted = accepting.contains(socket.flow().local().port());
        return new SocketSample(socket.cookie(), socket.inode(), socket.flow(), false, received,
                counter.sent(socket, info, accepted),
                Segments.of((int) info.segsIn(), (int) info.segsOut(), info.bytesRetrans(),
                        socket.flow().local().isIpv6(), info.hasTimestamps()));
    }

    private static TcpInfo checked(TcpInfo info) throws IOException {
        if (!info.hasPayload()) {
            throw new TooOldException();
        }
        return info;
    }

    /** The kernel's tcp_info lacks what payload is worked out from. */
    static final class TooOldException extends IOException {
        private static final long serialVersionUID = 1;

        TooOldException() {
            super("this kernel does not tell how many bytes a TCP socket sent (tcpi_bytes_sent): Linux 4.19 or later is"
                    + " needed");
        }
    }

    @Override
    public Set<Long> stillOpen(Set<Long> inodes) throws IOException {
        var still = new HashSet<Long>();
        for (InetDiagMessage socket : sockets.dumpTcp(SockDiag.OPEN)) {
            if (inodes.contains(socket.inode())) {
                still.add(socket.inode());
            }
        }
        var missing = EnumSet.noneOf(Kind.class);
        for (InetDiagMessage socket : datagrams(missing)) {
            if (inodes.contains(socket.inode())) {
                still.add(socket.inode());
            }
        }
        if (others != null) {
            others.beside(missing).forEach(socket -> {
                if (inodes.contains(socket.inode())) {
                    still.add(socket.inode());
                }
            });
        }
        return still;
    }

    @Override
    public void done() {
        told.forEach(notice -> counter.forget(notice.cookie()));
        if (told.size() == notices.size()) {
            notices.clear();
        } else {
            Set<InetDiagMessage> done = Collections.newSetFromMap(new IdentityHashMap<>());
            done.addAll(told);
            notices.removeIf(done::contains);
        }
        told = List.of();
        lost = 0;
    }

    @Override
    public List<SocketState> states(LongFunction<@Nullable Owner> owners, Set<Flow> uncounted) {
        var states = new ArrayList<SocketState>(tcp.size() + datagrams.size());
        for (InetDiagMessage socket : tcp) {
            add(socket, socket.state().name(), owners.apply(socket.cookie()), uncounted, states);
        }
        for (InetDiagMessage socket : datagrams) {
            add(socket, socket.state() == TcpState.ESTABLISHED ? "ESTABLISHED" : "UNCONNECTED",
                    owners.apply(socket.cookie()), uncounted, states);
        }
        return states;
    }

    private static void add(InetDiagMessage socket, String state, @Nullable Owner owner, Set<Flow> uncounted,
            List<SocketState> states) {
        if (owner == null) {
            return; // It ended after it was listed.
        }
        TcpInfo info = socket.isListening() ? null : socket.info();
        states.add(new SocketState(socket.flow(), state, owner,
                info == null || info.rttMicros() <= 0 ? OptionalLong.empty() : OptionalLong.of(info.rttMicros()),
                info == null ? OptionalLong.empty() : OptionalLong.of(info.totalRetrans()), socket.unread(),
                socket.unacknowledged(), !uncounted.contains(socket.flow())));
    }

    @Override
    public Map<String, Integer> tcpStates() throws IOException {
        var counts = new TreeMap<String, Integer>();
        sockets.states().forEach((state, count) -> counts.put(state.name(), count));
        return counts;
    }

    @Override
    public void close() {
        sockets.close();
        if (destroyed != null) {
            destroyed.close();
        }
    }
}
