package bwmon.monitor.conntrack;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a network namespace offers of connection tracking.
 *
 * @param access whether the table may be read
 * @param entries in the table now, 0 or more; empty if it may not be read
 * @param accounting net.netfilter.nf_conntrack_acct; empty if there is no such setting, as for the others
 * @param timestamps net.netfilter.nf_conntrack_timestamp
 * @param events net.netfilter.nf_conntrack_events
 */
public record ConntrackState(Access access, OptionalLong entries, OptionalInt accounting, OptionalInt timestamps,
        OptionalInt events) {

    /** Whether the connection table may be read. */
    public enum Access {
        /** It may. */
        OPEN,
        /** CAP_NET_ADMIN over the namespace is missing. */
        NOT_PERMITTED,
        /** The kernel has no ctnetlink, and could not load it. */
        NO_MODULE
    }

    /** Whether connections are tracked for sure; where the table is empty, the kernel does not tell. */
    public boolean isTrackingSeen() {
        return entries.orElse(0) > 0;
    }

    /** What a person must know if nothing is switched on: a line for each thing that will be missing, with its remedy. */
    public List<String> missing() {
        var lines = new ArrayList<String>();
        switch (access) {
            case NOT_PERMITTED ->
                lines.add("the connection table may not be read: CAP_NET_ADMIN is missing (run as root, or"
                        + " give the capability by systemd's AmbientCapabilities= or by setpriv)");
            case NO_MODULE -> lines.add("this kernel has no connection table to read: modprobe nf_conntrack_netlink, if"
                    + " its package has the module");
            case OPEN -> {
                if (!isTrackingSeen()) {
                    lines.add("the connection table is empty: unless a firewall rule asks for the state of connections,"
                            + " Linux does not track them, and no traffic will be seen in it");
                }
                if (accounting.orElse(0) == 0) {
                    lines.add("connections are not counted, so that their bytes are unknown: sysctl -w"
                            + " net.netfilter.nf_conntrack_acct=1");
                }
                if (events.orElse(0) == 0) {
                    lines.add("the end of a connection is not told, so that bytes of one that lived shorter than an"
                            + " interval are missed: sysctl -w net.netfilter.nf_conntrack_events=1");
                }
                if (timestamps.orElse(0) == 0) {
                    lines.add("when a connection began is unknown: sysctl -w net.netfilter.nf_conntrack_timestamp=1");
                }
            }
        }
        return lines;
    }
}
