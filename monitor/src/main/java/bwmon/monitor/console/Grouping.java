package bwmon.monitor.console;

import java.util.Locale;

import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Usage;

/** What bytes are summed by. Whatever it is, each byte is in exactly one row. */
public enum Grouping {
    /** Each process by itself, also where others have the same command line. */
    PROCESS,
    /** Processes with the same command line together, as bwmon 1.x. */
    COMMAND,
    /** Processes of the same effective user. */
    USER,
    /** Processes of the same control group: unit, session or container. */
    CGROUP,
    /** The address of the other end. */
    REMOTE,
    /** Each owner's part of each flow. */
    CONNECTION,
    /** The transport protocol. */
    PROTOCOL,
    /** The service's port: see {@link Subject.Port}. */
    PORT;

    /** The name in options and JSON. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The row that the usage belongs to. */
    public Subject subject(Usage usage) {
        return switch (this) {
            case PROCESS -> new Subject.Charged(usage.owner());
            case COMMAND -> usage.owner() instanceof Owner.Process process
                    ? new Subject.Command(process.command())
                    : new Subject.Charged(usage.owner());
            case USER -> usage.owner() instanceof Owner.Process process
                    ? new Subject.User(process.user())
                    : new Subject.Charged(usage.owner());
            case CGROUP -> usage.owner() instanceof Owner.Process process
                    ? new Subject.Cgroup(process.cgroup(), process.container())
                    : new Subject.Charged(usage.owner());
            case REMOTE, CONNECTION, PROTOCOL, PORT -> {
                Flow flow = usage.flow();
                yield flow == null ? withoutFlow(usage.owner()) : withFlow(flow, usage.owner());
            }
        };
    }

    private Subject withoutFlow(Owner owner) {
        if (owner instanceof Owner.Unattributed || owner instanceof Owner.Others) {
            return new Subject.Charged(owner);
        }
        return this == CONNECTION ? new Subject.Rest(owner) : new Subject.Undivided(this);
    }

    private Subject withFlow(Flow flow, Owner owner) {
        return switch (this) {
            case REMOTE -> new Subject.Remote(flow.remote().address());
            case CONNECTION -> new Subject.Connection(owner, flow);
            case PORT -> port(flow);
            default -> new Subject.Transport(flow.protocol());
        };
    }

    private static Subject port(Flow flow) {
        int local = flow.local().port();
        int remote = flow.remote().port();
        if (local == 0 && remote == 0) {
            return new Subject.Transport(flow.protocol());
        }
        boolean served = remote == 0 || (local != 0 && local <= remote);
        return new Subject.Port(flow.protocol(), served ? local : remote, served);
    }
}
