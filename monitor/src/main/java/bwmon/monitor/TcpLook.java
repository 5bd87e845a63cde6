package bwmon.monitor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongPredicate;

import bwmon.monitor.attribution.SocketSample;
import bwmon.monitor.netlink.NetlinkConnection.Notifications;
import bwmon.monitor.sockdiag.DestroyedSockets;
import bwmon.monitor.sockdiag.InetDiagMessage;
import bwmon.monitor.sockdiag.PayloadCounter;
import bwmon.monitor.sockdiag.SockDiag;
import bwmon.monitor.sockdiag.TcpInfo;
import bwmon.monitor.sockdiag.TcpState;
import bwmon.traffic.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the TCP sockets and at those that ended since the last look, and turns their counters into payload. What was
 * taken from the kernel's queue is kept until {@link #done}, so that a look that fails loses nothing.
 */
final class TcpLook {
    /** Notices kept at most; the others wait in the kernel, whose queue has a bound of its own. */
    private static final int NOTICES_LIMIT = 262_144;
    private static final Set<TcpState> REMNANTS = EnumSet.of(TcpState.TIME_WAIT, TcpState.FIN_WAIT2);

    private final SockDiag sockets;
    private final @Nullable DestroyedSockets destroyed;
    private final PayloadCounter counter;
    private final List<InetDiagMessage> notices = new ArrayList<>();
    private Set<Integer> listening = Set.of();
    private long lost;

    /**
     * Looks through these.
     *
     * @param destroyed null if the kernel does not tell of the end of sockets
     */
    TcpLook(SockDiag sockets, @Nullable DestroyedSockets destroyed) {
        this.sockets = sockets;
        this.destroyed = destroyed;
        counter = new PayloadCounter(destroyed != null);
    }

    /**
     * The sockets at one moment.
     *
     * @param open with their payload so far, listening ones included
     * @param ended since the last look that was {@link TcpLook#done}, with their final payload
     * @param lost notices that are known to be missing, since that look
     */
    record Sockets(List<SocketSample> open, List<SocketSample> ended, long lost) {}

    /** Takes the notices that wait. Before the list of open sockets, so that none of it can have ended yet. */
    void takeNotices() throws IOException {
        if (destroyed != null) {
            Notifications<InetDiagMessage> taken = destroyed.take(NOTICES_LIMIT - notices.size());
            notices.addAll(taken.messages());
            lost += taken.lost();
        }
    }

    /** Drops the notices of sockets that are not known: they ended before the first look. */
    void dropNotices(LongPredicate known) {
        notices.removeIf(notice -> !known.test(notice.cookie()));
    }

    Sockets look() throws IOException {
        takeNotices();
        List<InetDiagMessage> list = sockets.dumpTcp(SockDiag.OPEN);
        counter.look(list);
        Set<Integer> accepting = accepting(list);
        var open = new ArrayList<SocketSample>(list.size());
        for (InetDiagMessage socket : list) {
            TcpInfo info = socket.info();
            if (socket.isListening()) {
                open.add(new SocketSample(socket.cookie(), socket.inode(), socket.flow(), true, 0, 0));
            } else if (info != null) {
                open.add(sample(socket, counter.received(socket, checked(info)), info, accepting));
            }
        }
        return new Sockets(open, ended(accepting), lost);
    }

    /** Ports at which connections come in: of sockets that listen, or did until a moment ago. */
    private Set<Integer> accepting(List<InetDiagMessage> list) {
        var now = new HashSet<Integer>();
        list.stream().filter(InetDiagMessage::isListening).forEach(socket -> now.add(socket.flow().local().port()));
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

    private List<SocketSample> ended(Set<Integer> accepting) throws IOException {
        boolean needsRemnants = false;
        for (InetDiagMessage notice : notices) {
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
        var ended = new ArrayList<SocketSample>(notices.size());
        for (InetDiagMessage notice : notices) {
            TcpInfo info = notice.info();
            if (info != null && !isUnconnected(notice)) {
                boolean accepted = accepting.contains(notice.flow().local().port());
                ended.add(sample(notice, counter.finallyReceived(notice, info, accepted, remnants), info, accepting));
            }
        }
        return ended;
    }

    private SocketSample sample(InetDiagMessage socket, long received, TcpInfo info, Set<Integer> accepting) {
        boolean accepted = accepting.contains(socket.flow().local().port());
        return new SocketSample(socket.cookie(), socket.inode(), socket.flow(), false, received,
                counter.sent(socket, info, accepted));
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

    /** Which of these inodes belong to a socket that is open now. */
    Set<Long> stillOpen(Set<Long> inodes) throws IOException {
        var still = new HashSet<Long>();
        for (InetDiagMessage socket : sockets.dumpTcp(SockDiag.OPEN)) {
            if (inodes.contains(socket.inode())) {
                still.add(socket.inode());
            }
        }
        return still;
    }

    /** What the last look gave has been handed out. */
    void done() {
        notices.forEach(notice -> counter.forget(notice.cookie()));
        notices.clear();
        lost = 0;
    }

    void close() {
        sockets.close();
        if (destroyed != null) {
            destroyed.close();
        }
    }
}
