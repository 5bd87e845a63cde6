package bwmon.monitor;

import java.nio.file.Path;

import bwmon.traffic.Ticker;

/**
 * How a monitor is to be opened.
 *
 * @param kind which source
 * @param procRoot where proc(5) is mounted
 * @param runDirectory for the note of what was switched on, {@code /run/bwmon}
 * @param ticker the clock
 * @param setup whether tracking and counting of connections may be switched on where they are off
 * @param looksBack whether {@link Monitor#before} will be asked; if not, it may be empty
 * @param isAlone whether only the network namespace of the thread that opens is wanted, also of a source that sees others
 */
public record MonitorOptions(Kind kind, Path procRoot, Path runDirectory, Ticker ticker, boolean setup,
        boolean looksBack, boolean isAlone) {

    /** With a look back, and all network namespaces that the source sees. */
    public MonitorOptions(Kind kind, Path procRoot, Path runDirectory, Ticker ticker, boolean setup) {
        this(kind, procRoot, runDirectory, ticker, setup, true, false);
    }

    /** Which source. */
    public enum Kind {
        /** The best that the host allows. */
        AUTO,
        /** Programs in the kernel that count every packet and every send and receive, of all network namespaces. */
        EBPF,
        /** The connection table and the sockets, by netlink. */
        CONNTRACK,
        /** The sockets alone, by netlink: no connection table, as if it were not permitted. */
        SOCK_DIAG,
        /** The text files of /proc alone. */
        PROC
    }

    /** The best source of this host. */
    public static MonitorOptions of(Ticker ticker) {
        return new MonitorOptions(Kind.AUTO, Path.of("/proc"), Path.of("/run/bwmon"), ticker, true);
    }

    /** The same with another source. */
    public MonitorOptions with(Kind other) {
        return new MonitorOptions(other, procRoot, runDirectory, ticker, setup, looksBack, isAlone);
    }

    /** The same, switching things on where need be or not. */
    public MonitorOptions settingUp(boolean yes) {
        return new MonitorOptions(kind, procRoot, runDirectory, ticker, yes, looksBack, isAlone);
    }

    /** The same, looking back or not. */
    public MonitorOptions lookingBack(boolean yes) {
        return new MonitorOptions(kind, procRoot, runDirectory, ticker, setup, yes, isAlone);
    }

    /** The same, of one network namespace or of all that the source sees. */
    public MonitorOptions alone(boolean yes) {
        return new MonitorOptions(kind, procRoot, runDirectory, ticker, setup, looksBack, yes);
    }
}
