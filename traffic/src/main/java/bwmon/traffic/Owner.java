package bwmon.traffic;

import java.net.InetAddress;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/** To whom bytes are charged. Every byte has exactly one owner; where none can be named, the cause is. */
public sealed interface Owner {

    /** What the JSON field {@code owner} says. */
    String kind();

    /** A short name for a person. */
    String name();

    /** What bwmon 1.x's rules search: the command line of a process, the name of everything else. */
    default String command() {
        return name();
    }

    /**
     * A process, or what was one: it stays an owner until its last bytes are handed out.
     *
     * @param id which process, also after its number was given to another
     * @param name the name that the kernel keeps (comm, at most 15 bytes)
     * @param command the command line, arguments joined by single spaces; the name where the process has none or it
     *     could not be read
     * @param user the name of the effective user, or its number where it has no name; null if unknown
     * @param cgroup the path in the unified cgroup hierarchy; null if unknown
     * @param container the container's id; null if it is in none or that is unknown
     * @param executable the path of the file that it runs, as the process sees it (/proc/PID/exe, proc_pid_exe(5)),
     *     without the kernel's mark of a file that was deleted; null if unknown
     */
    record Process(ProcessId id, String name, String command, @Nullable String user, @Nullable String cgroup,
            @Nullable String container, @Nullable String executable) implements Owner {
        @Override
        public String kind() {
            return "process";
        }
    }

    /**
     * Which process: a number alone is used again after its process ended.
     *
     * @param pid process (thread group) number, 1 or more
     * @param startTicks start time in clock ticks (USER_HZ, 100 a second) since boot: field 22 of /proc/PID/stat,
     *     proc_pid_stat(5)
     */
    record ProcessId(int pid, long startTicks) {}

    /**
     * A forwarding pipe, for bytes whose client is no process of this host.
     *
     * @param name what the configuration calls it, else the same as {@code command}
     * @param command {@code pipe-PORT:HOST:PORT}, as bwmon 1.x names the process of a pipe
     */
    record Pipe(String name, String command) implements Owner {
        @Override
        public String kind() {
            return "pipe";
        }
    }

    /**
     * A host whose traffic this one forwards.
     *
     * @param address its address on the local side
     */
    record Host(InetAddress address) implements Owner {
        @Override
        public String kind() {
            return "host";
        }

        @Override
        public String name() {
            return new Endpoint(address, 0).host();
        }
    }

    /**
     * A class of a queueing discipline.
     *
     * @param device the network interface
     * @param name the class's name, or its number where it has none
     */
    record QueueClass(String device, String name) implements Owner {
        @Override
        public String kind() {
            return "class";
        }
    }

    /** Several that are not told apart any more, because there are too many to be kept; each of them had a name. */
    record Others() implements Owner {
        @Override
        public String kind() {
            return "others";
        }

        @Override
        public String name() {
            return "others";
        }
    }

    /**
     * Nobody that could be named.
     *
     * @param reason why not
     */
    record Unattributed(Cause reason) implements Owner {
        @Override
        public String kind() {
            return "unattributed";
        }

        @Override
        public String name() {
            return reason.label();
        }
    }

    /** Why bytes have no owner with a name. */
    enum Cause {
        /** The process had ended, or given up the socket, before it was looked at. */
        EXITED,
        /** The host passed the bytes on for others. */
        FORWARDED,
        /** The socket belongs to the kernel itself (NFS, WireGuard, ...). */
        KERNEL,
        /** The process exists, but may not be looked at. */
        NO_PERMISSION,
        /** The kernel's queue overran and the event that names the owner was lost. */
        LOST_EVENTS,
        /** No socket is known for the flow. */
        NO_SOCKET,
        /**
         * The interfaces carried them, and no source that tells flows apart saw them: ARP and neighbour discovery, packets that
         * firewall rules except from tracking, connections that began before they were counted, programs that write to the
         * link layer (packet(7)).
         */
        UNTRACKED;

        /** The name in JSON and on screens, such as {@code no-permission}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
