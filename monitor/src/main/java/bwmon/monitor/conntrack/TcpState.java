package bwmon.monitor.conntrack;

import org.jspecify.annotations.Nullable;

/** The state in which connection tracking sees a TCP connection: enum tcp_conntrack, linux/netfilter/nf_conntrack_tcp.h. */
public enum TcpState {
    NONE, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSE,
    /** Both ends sent a SYN: TCP_CONNTRACK_SYN_SENT2, once LISTEN. */
    SYN_SENT2;

    private static final TcpState[] STATES = values();

    /** The state of a number; null for one that a newer kernel may have added. */
    static @Nullable TcpState of(int number) {
        return number < STATES.length ? STATES[number] : null;
    }
}
