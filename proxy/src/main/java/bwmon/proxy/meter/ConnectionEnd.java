package bwmon.proxy.meter;

import java.util.Locale;

/** How a connection ended; the labels stand in the access log. */
public enum ConnectionEnd {
    /** Both sides had said all they had to say, and all of it was delivered. */
    CLOSED,
    /** The client broke the connection off. */
    CLIENT_RESET,
    /** The upstream broke the connection off. */
    UPSTREAM_RESET,
    /** Nothing moved for as long as {@code --idle-timeout} allows. */
    IDLE_TIMEOUT,
    /** The program ended before the connection did. */
    SHUTDOWN,
    /** An error of the program's own; the log has it. */
    INTERNAL_ERROR,
    /** The upstream's name does not resolve. */
    CONNECT_RESOLVE,
    /** The upstream refused the connection. */
    CONNECT_REFUSED,
    /** The upstream did not answer within {@code --connect-timeout}. */
    CONNECT_TIMEOUT,
    /** There is no way to the upstream's network or host. */
    CONNECT_UNREACHABLE,
    /** This process has no descriptor left for the upstream's socket. */
    CONNECT_DESCRIPTORS,
    /** The connection to the upstream failed in another way. */
    CONNECT_OTHER;

    /** Whether the connection never reached its upstream. */
    public boolean isConnectFailure() {
        return name().startsWith("CONNECT_");
    }

    /** Such as {@code client-reset}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
