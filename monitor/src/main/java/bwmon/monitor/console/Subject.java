package bwmon.monitor.console;

import java.net.InetAddress;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;

/** What a row is about. */
public sealed interface Subject {
    /**
     * What makes two subjects the same row: more lasting than the subject itself, as a process may become another program
     * or change its user.
     */
    default Object key() {
        return this;
    }

    /** The text for a person; it may hold anything that a process chose to call itself. */
    String label();

    /** Where the row's bytes go when there are too many rows to keep it; itself if it is never given up. */
    default Subject folded() {
        return new Charged(new Owner.Others());
    }

    private static Object keyOf(Owner owner) {
        return owner instanceof Owner.Process process ? process.id() : owner;
    }

    /** A process, or another owner that stands for itself. */
    record Charged(Owner owner) implements Subject {
        @Override
        public Object key() {
            return keyOf(owner);
        }

        @Override
        public String label() {
            return switch (owner) {
                case Owner.Unattributed nobody -> "unattributed: " + nobody.name();
                case Owner.Others _ -> "no longer told apart";
                case Owner.Host host -> "forwarded for " + host.name();
                default -> owner.command();
            };
        }

        @Override
        public Subject folded() {
            return owner instanceof Owner.Unattributed ? this : new Charged(new Owner.Others());
        }
    }

    /** Processes with the same command line. */
    record Command(String command) implements Subject {
        @Override
        public String label() {
            return command;
        }
    }

    /**
     * Processes of the same user.
     *
     * @param user null where it is unknown
     */
    record User(@Nullable String user) implements Subject {
        @Override
        public String label() {
            return user == null ? "unknown user" : user;
        }
    }

    /**
     * Processes of the same control group.
     *
     * @param path in the unified hierarchy; null where it is unknown
     * @param container the container's id, null if none is known
     */
    record Cgroup(@Nullable String path, @Nullable String container) implements Subject {
        @Override
        public String label() {
            return path == null ? "unknown control group" : path;
        }
    }

    /** One owner's part of one flow. */
    record Connection(Owner owner, Flow flow) implements Subject {
        private record Key(Object owner, Flow flow) {}

        @Override
        public Object key() {
            return new Key(keyOf(owner), flow);
        }

        @Override
        public String label() {
            return flow + " " + new Charged(owner).label();
        }

        @Override
        public Subject folded() {
            return new Charged(owner instanceof Owner.Unattributed ? owner : new Owner.Others());
        }
    }

    /** One owner's part of the flows that the source does not tell apart. */
    record Rest(Owner owner) implements Subject {
        private record RestKey(Object owner) {}

        @Override
        public Object key() {
            return new RestKey(keyOf(owner));
        }

        @Override
        public String label() {
            return "other flows of " + new Charged(owner).label();
        }

        @Override
        public Subject folded() {
            return new Charged(new Owner.Others());
        }
    }

    /** Everything exchanged with one address. */
    record Remote(InetAddress address) implements Subject {
        @Override
        public String label() {
            return new Endpoint(address, 0).host();
        }
    }

    /** Everything of one transport protocol. */
    record Transport(Protocol protocol) implements Subject {
        @Override
        public String label() {
            return protocol.label();
        }
    }

    /**
     * Everything of one service: the lower of a flow's two ports names it, as ports chosen by the kernel are high ones (ip(7),
     * ip_local_port_range).
     *
     * @param port 1 or more
     * @param served whether it is the port of this end, so that this host offers the service; else it uses that of others
     */
    record Port(Protocol protocol, int port, boolean served) implements Subject {
        @Override
        public String label() {
            return port + "/" + protocol.label() + (served ? " served" : " used");
        }
    }

    /**
     * Bytes of owners that the source reports as a sum over their flows: payload of sockets that are not connected, and what
     * there was no room to tell apart.
     */
    record Undivided(Grouping by) implements Subject {
        @Override
        public String label() {
            return "several " + by.label() + "s, not told apart";
        }

        @Override
        public Subject folded() {
            return this;
        }
    }
}
