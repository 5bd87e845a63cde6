package bwmon.traffic;

import java.util.OptionalLong;

/**
 * One socket at one moment: what ss(8) tells of it, and whose it is.
 *
 * @param flow its ends; the remote one is the wildcard address with port 0 if it is not connected
 * @param state such as {@code ESTABLISHED}, {@code LISTEN} or {@code TIME_WAIT} (tcp(7)); {@code UNCONNECTED} for a datagram
 *     socket that talks to anybody
 * @param owner whose it is
 * @param rttMicros smoothed round-trip time in microseconds, tcpi_rtt; empty where there is none
 * @param retransmitted segments sent again since the connection began, tcpi_total_retrans; empty where that is not known
 * @param unread bytes received that the program has not read; for a listening socket connections not yet accepted
 * @param unacknowledged bytes sent, or waiting to be, that the peer has not acknowledged
 * @param isCounted whether its IP bytes are known: false if the connection table does not count it, because it began
 *     before counting was switched on, so that they are worked out from the socket or are absent
 */
public record SocketState(Flow flow, String state, Owner owner, OptionalLong rttMicros, OptionalLong retransmitted,
        long unread, long unacknowledged, boolean isCounted) {}
