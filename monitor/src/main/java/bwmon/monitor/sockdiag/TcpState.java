package bwmon.monitor.sockdiag;

/** States of a TCP socket by their number in inet_diag (BPF_TCP_* of linux/bpf.h, which equal net/tcp_states.h). */
public enum TcpState {
    ESTABLISHED(1), SYN_SENT(2), SYN_RECV(3), FIN_WAIT1(4), FIN_WAIT2(5), TIME_WAIT(6), CLOSE(7), CLOSE_WAIT(
            8), LAST_ACK(9), LISTEN(10), CLOSING(11),
    /** BPF_TCP_NEW_SYN_RECV and whatever a newer kernel adds; not to be asked for. */
    OTHER(0);

    private static final TcpState[] STATES = values();

    private final int number;

    TcpState(int number) {
        this.number = number;
    }

    public static TcpState of(int number) {
        for (TcpState state : STATES) {
            if (state.number == number) {
                return state;
            }
        }
        return OTHER;
    }

    /** The state's bit in a request's set of states. */
    int bit() {
        return this == OTHER ? 0 : 1 << number;
    }

    /**
     * Whether a socket in this state has received its peer's FIN (RFC 9293, 3.3.2). The kernel counts the FIN's sequence
     * number as one byte of tcpi_bytes_received.
     */
    boolean hasPeerFin() {
        return this == CLOSE_WAIT || this == LAST_ACK || this == CLOSING;
    }

    /** Whether this end has sent its FIN and the peer has not. */
    boolean isHalfClosed() {
        return this == FIN_WAIT1 || this == FIN_WAIT2;
    }
}
