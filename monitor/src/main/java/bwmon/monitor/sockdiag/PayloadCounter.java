package bwmon.monitor.sockdiag;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.traffic.Flow;

/**
 * How much payload a socket moved, from its counters. Seen on Linux 6.18:
 *
 * <p><b>Sent.</b> bytes_sent - bytes_retrans is exact as long as every packet reaches the device. One that the host's own
 * queueing discipline drops is sent again without being counted as a retransmission: 30,000,000 bytes through a short
 * queue showed as 38,739,200. That shows in a sum beyond what was acknowledged or is on its way, and then what the peer
 * acknowledged is taken: without the SYN of the end that connected, and without the own FIN.
 *
 * <p><b>Received.</b> bytes_received has one byte for the peer's FIN. Sockets that are open tell by their state whether it
 * came. One that was destroyed is in state CLOSE whatever happened before, so what was seen of it before is remembered, and
 * the rest is inferred:
 *
 * <table>
 * <caption>Destroyed sockets that were never seen with a FIN</caption>
 * <tr><th>at the end</th><th>what happened</th><th>the peer's FIN</th></tr>
 * <tr><td>one byte unread</td><td>it is the FIN: closed here first, or closed without a last read</td><td>counted</td></tr>
 * <tr><td>more unread</td><td>closed with data unread, which resets the connection</td><td>not counted</td></tr>
 * <tr><td>nothing unread, own FIN not acknowledged</td><td>reset</td><td>not counted</td></tr>
 * <tr><td>... acknowledged, a remnant is left</td><td>closed here first; the remnant (TIME_WAIT, FIN_WAIT2) got the
 * FIN</td><td>not counted</td></tr>
 * <tr><td>... acknowledged, no remnant</td><td>closed by the peer first (LAST_ACK)</td><td>counted</td></tr>
 * </table>
 *
 * <p>What cannot be told apart: a half-close (shutdown(2)) whose end of file is read before the close, within one interval,
 * looks as if closed here first, and is counted one byte too high; so is a reset after the peer's FIN, within one interval.
 * One byte too low is counted where the peer went on writing after this end had closed first, which kills the remnant.
 */
public final class PayloadCounter {
    /** Sockets remembered beyond their last sight; the eldest is forgotten first, at the price of that one byte. */
    private static final int LIMIT = 65_536;

    private enum Seen {
        HALF_CLOSED, PEER_FIN
    }

    private final Map<Long, Seen> seen = new LinkedHashMap<>();
    private final boolean remembering;

    /**
     * A counter without memories.
     *
     * @param remembering whether sockets are asked about after they were destroyed; else only the last look is kept
     */
    public PayloadCounter(boolean remembering) {
        this.remembering = remembering;
    }

    /** Remembers what the next calls need to know of these open sockets. */
    public void look(List<InetDiagMessage> open) {
        if (!remembering) {
            seen.clear();
        }
        for (InetDiagMessage socket : open) {
            if (socket.info() == null) {
                continue;
            }
            if (socket.state().hasPeerFin()) {
                seen.put(socket.cookie(), Seen.PEER_FIN);
            } else if (socket.state().isHalfClosed() && socket.inode() != 0) {
                seen.putIfAbsent(socket.cookie(), Seen.HALF_CLOSED);
            }
        }
        var eldest = seen.keySet().iterator();
        while (seen.size() > LIMIT) {
            eldest.next();
            eldest.remove();
        }
    }

    /**
     * Payload that a socket sent so far, or, if it was destroyed, in all.
     *
     * @param accepted whether the connection came in through a listening socket
     * @return 0 or more
     */
    public long sent(InetDiagMessage socket, TcpInfo info, boolean accepted) {
        long counted = info.sentOnce();
        long acknowledged = info.bytesAcked();
        long sequence = acknowledged + socket.unacknowledged() - info.notSent();
        if (counted <= sequence) {
            return counted;
        }
        boolean ended = socket.state() == TcpState.CLOSE;
        boolean fin = ended ? socket.unacknowledged() == 0 : socket.state() == TcpState.FIN_WAIT2;
        // The queue of an open socket is not read at the same instant as the other counters.
        return Math.max(0, (ended ? sequence : acknowledged) - (accepted ? 0 : 1) - (fin ? 1 : 0));
    }

    /**
     * Payload that an open socket received so far.
     *
     * @return 0 or more
     */
    public long received(InetDiagMessage open, TcpInfo info) {
        return withoutFin(info, open.state().hasPeerFin());
    }

    private static long withoutFin(TcpInfo info, boolean fin) {
        return Math.max(0, info.bytesReceived() - (fin ? 1 : 0));
    }

    /** Whether it takes the list of remnants to tell what a destroyed socket received. */
    public boolean needsRemnants(InetDiagMessage destroyed, TcpInfo info) {
        return destroyed.unread() == 0 && info.bytesReceived() > 0
                && !seen.containsKey(destroyed.cookie());
    }

    /**
     * Payload that a destroyed socket received in all; what was remembered of it is kept until {@link #forget}.
     *
     * @param accepted whether the connection came in through a listening socket
     * @param remnants flows of the remnants in TIME_WAIT and FIN_WAIT2, as of after the notice; not their cookies, which
     *     are those of the sockets only where somebody had asked for them before
     * @return 0 or more
     */
    public long finallyReceived(InetDiagMessage destroyed, TcpInfo info, boolean accepted, Set<Flow> remnants) {
        boolean orderly = destroyed.unread() == 0 && ownFinAcknowledged(destroyed, info, accepted);
        boolean fin = switch (seen.get(destroyed.cookie())) {
            case PEER_FIN -> true;
            case HALF_CLOSED -> destroyed.unread() == 1 || orderly;
            case null -> destroyed.unread() == 1 || (orderly && !remnants.contains(destroyed.flow()));
        };
        return withoutFin(info, fin);
    }

    private static boolean ownFinAcknowledged(InetDiagMessage destroyed, TcpInfo info, boolean accepted) {
        long beyond = info.bytesAcked() - info.sentOnce();
        return beyond < 0 ? destroyed.unacknowledged() == 0 : beyond > (accepted ? 0 : 1);
    }

    /** Forgets a socket whose last bytes were handed out. */
    public void forget(long cookie) {
        seen.remove(cookie);
    }
}
