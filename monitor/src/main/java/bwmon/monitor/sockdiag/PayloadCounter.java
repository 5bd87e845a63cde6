package bwmon.monitor.sockdiag;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How much payload a socket received, which takes to know whether its peer's FIN is among tcpi_bytes_received. Sockets that
 * are open tell by their state. One that was destroyed is in state CLOSE whatever happened before, so what was seen of it
 * before is remembered, and the rest is inferred. Seen on Linux 6.18, with bytes_acked taken as payload sent + 1 for the
 * SYN of the end that connected + 1 for the own FIN:
 *
 * <table>
 * <caption>Sockets that were never seen with a FIN</caption>
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
 * looks as if closed here first, and is counted one byte too high; a reset after the peer's FIN, within one interval, too.
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
     * Payload that an open socket received.
     *
     * @return 0 or more
     */
    public long received(InetDiagMessage open, TcpInfo info) {
        return withoutFin(info, open.state().hasPeerFin());
    }

    private static long withoutFin(TcpInfo info, boolean fin) {
        return Math.max(0, info.bytesReceived().orElseThrow() - (fin ? 1 : 0));
    }

    /** Whether it takes the list of remnants to tell what a destroyed socket received. */
    public boolean needsRemnants(InetDiagMessage destroyed, TcpInfo info) {
        return destroyed.unread() == 0 && info.bytesReceived().orElseThrow() > 0
                && !seen.containsKey(destroyed.cookie());
    }

    /**
     * Payload that a destroyed socket received in all; what was remembered of it is kept until {@link #forget}.
     *
     * @param accepted whether the connection came in through a listening socket
     * @param remnants cookies of the sockets in TIME_WAIT and FIN_WAIT2, as of after the notice
     * @return 0 or more
     */
    public long finallyReceived(InetDiagMessage destroyed, TcpInfo info, boolean accepted, Set<Long> remnants) {
        long ownFin = info.bytesAcked().orElse(0) - info.payloadSent() - (accepted ? 0 : 1);
        boolean fin = switch (seen.get(destroyed.cookie())) {
            case PEER_FIN -> true;
            case HALF_CLOSED -> destroyed.unread() == 1 || (destroyed.unread() == 0 && ownFin == 1);
            case null -> destroyed.unread() == 1
                    || (destroyed.unread() == 0 && ownFin == 1 && !remnants.contains(destroyed.cookie()));
        };
        return withoutFin(info, fin);
    }

    /** Forgets a socket whose last bytes were handed out. */
    public void forget(long cookie) {
        seen.remove(cookie);
    }
}
