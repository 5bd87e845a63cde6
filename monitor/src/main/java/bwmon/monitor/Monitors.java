package bwmon.monitor;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.conntrack.ConntrackSetup;
import bwmon.monitor.conntrack.ConntrackState;
import bwmon.monitor.conntrack.ConntrackText;
import bwmon.monitor.conntrack.EnabledConntrack;
import bwmon.monitor.procfs.OwnerNames;
import bwmon.monitor.procfs.ProcFs;
import bwmon.monitor.procfs.ProcessTable;
import bwmon.monitor.procfs.Users;
import bwmon.monitor.programs.CountingPrograms;
import bwmon.monitor.programs.UnavailableException;
import bwmon.monitor.rtnetlink.Links;
import bwmon.monitor.sockdiag.DestroyedSockets;
import bwmon.monitor.sockdiag.SockDiag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the best source that this host allows, in the network namespace of the calling thread: programs in the kernel, else the
 * connection table with the sockets, else the sockets alone, else the text files of /proc. What is missing is told by {@link Monitor#notices}.
 */
public final class Monitors {
    /** Names of the rungs, as the reports bear them. */
    static final String EBPF = "ebpf";
    static final String CONNTRACK = "conntrack";
    static final String SOCK_DIAG = "sock_diag";
    static final String PROC = "proc";

    /** Tracking is switched on only where the table has room for so many times the TCP sockets: UDP needs some, too. */
    private static final int ROOM_FACTOR = 3;
    private static final Path PASSWD = Path.of("/etc/passwd");
    /** The programs of this build. */
    private static final KernelTrafficOpener PROGRAMS = () -> {
        CountingPrograms programs = CountingPrograms.open();
        return new KernelTrafficOpener.Opened(programs, programs.notices(), programs::cgroup);
    };
    private static final Logger LOG = LoggerFactory.getLogger(Monitors.class);

    private final MonitorOptions options;
    private final KernelTrafficOpener programs;
    /** Not null if it stands beside another one, whose notices are told in place of its own. */
    private final SocketView.@Nullable Listed beside;
    private final ProcFs proc;
    private final List<String> notices = new ArrayList<>();
    /** What has been opened and is owned by nobody yet, the last first. */
    private final List<AutoCloseable> open = new ArrayList<>();
    /** Why the programs in the kernel, which were tried, are not to be had. */
    private @Nullable String withoutPrograms;
    /** Undoes what was changed on the host. */
    private Runnable putBack = () -> {};

    private Monitors(MonitorOptions options, KernelTrafficOpener programs, SocketView.@Nullable Listed beside) {
        this.options = options;
        this.programs = programs;
        this.beside = beside;
        proc = new ProcFs(options.procRoot());
    }

    /**
     * Opens.
     *
     * @throws ProgramException if this host does not have or allow what the source needs; it says what to do
     */
    public static Monitor open(MonitorOptions options) throws ProgramException {
        return open(options, PROGRAMS);
    }

    /** The same with programs of one's own, for tests. */
    static Monitor open(MonitorOptions options, KernelTrafficOpener programs) throws ProgramException {
        return new Monitors(options, programs, null).opened();
    }

    private Monitor opened() throws ProgramException {
        Monitor monitor = null;
        try {
            monitor = open();
            return monitor;
        } catch (NetlinkSockets.TooOldException | UnsupportedOperationException e) {
            throw new ProgramException(Kind.MISSING, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new ProgramException(Kind.FAILURE, "this host's traffic cannot be read: " + e.getMessage(), e);
        } finally {
            if (monitor == null) {
                closeAll();
            }
        }
    }

    /** Of a start that failed for a reason that is told already. */
    private void closeAll() {
        for (AutoCloseable each : open.reversed()) {
            try {
                each.close();
            } catch (Exception e) {
                LOG.warn("closing after a failed start: {}", e.toString());
            }
        }
    }

    private <T extends AutoCloseable> T owned(T resource) {
        open.add(resource);
        return resource;
    }

    private Monitor open() throws IOException, ProgramException {
        return switch (options.kind()) {
            case AUTO -> {
                Monitor monitor = ebpfIfAvailable();
                yield monitor == null ? openNetlink() : monitor;
            }
            case EBPF -> ebpf();
            case CONNTRACK, SOCK_DIAG -> openNetlink();
            case PROC -> openProc();
        };
    }

    /** Counting by programs in the kernel; null if that is not to be had, and then a notice will say why. */
    private @Nullable Monitor ebpfIfAvailable() {
        try {
            return ebpf();
        } catch (ProgramException e) {
            withoutPrograms = String.valueOf(e.getMessage());
        } catch (IOException | UnsupportedOperationException e) {
            withoutPrograms = "eBPF: " + e.getMessage();
        }
        closeAll();
        open.clear();
        notices.clear();
        return null;
    }

    private Monitor ebpf() throws IOException, ProgramException {
        KernelTrafficOpener.Opened opened;
        try {
            opened = programs.open();
        } catch (UnavailableException e) {
            throw new ProgramException(
                    e.reason() == UnavailableException.Cause.PERMISSION ? Kind.NOT_PERMITTED : Kind.MISSING,
                    "eBPF: " + e.getMessage(), e);
        } catch (NoSuchFileException e) {
            throw new ProgramException(Kind.MISSING, "eBPF: " + e.getMessage()
                    + "; run a kernel that was built with it, and in a container mount that folder from the host", e);
        } catch (IOException e) {
            throw new ProgramException(Kind.MISSING, "eBPF: " + e.getMessage(), e);
        }
        notices.addAll(opened.notices());
        KernelTraffic traffic = owned(opened.traffic());
        if (proc.forwardsIpv4()) {
            notices.add("this host passes packets on for others; how many is shown as forwarded, and --source=conntrack"
                    + " tells for which hosts");
        }
        boolean knowsNumbers = proc.hasNumbersOfHost();
        if (!knowsNumbers) {
            notices.add(
                    "this is a namespace of processes of its own (a container?): they are shown by the host's numbers,"
                            + " and some keep their first name after execve; with the host's namespace (--pid=host) all is known");
        }
        var names = new OwnerNames(proc, new Users(PASSWD), options.ticker(), traffic, opened.cgroups());
        // Who is not in /proc may live all the same: what is noted of it is kept as long as there is room.
        EndedOwners.Lives lives = knowsNumbers ? names::lives : _ -> true;
        return new EbpfMonitor(traffic, owned(new NetlinkInterfaces(Links.open())), proc::forwardedPackets, names,
                new EndedOwners(traffic, lives, proc::processes), new SocketView(this::socketsAlone), notices,
                options);
    }

    /** What sockets tell, without delay. */
    private Monitor socketsAlone(SocketView.Listed listed) throws IOException {
        try {
            return new Monitors(options.with(MonitorOptions.Kind.SOCK_DIAG), programs, listed).opened();
        } catch (ProgramException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private Monitor openNetlink() throws IOException, ProgramException {
        SockDiag diag = sockDiag();
        FlowTable table = options.kind() == MonitorOptions.Kind.SOCK_DIAG ? null : conntrack(diag);
        if (table == null && options.kind() == MonitorOptions.Kind.CONNTRACK) {
            throw new ProgramException(Kind.NOT_PERMITTED, String.join("; ", notices));
        }
        Interfaces interfaces = interfaces();
        PromptOwners prompt = table == null
                ? PromptOwners.NONE
                : owned(new PromptWatch(processes(), interfaces.look().addresses()));
        Sockets sockets = owned(new NetlinkSockets(diag, destroyed(), new ProcSockets(proc)));
        namespaces();
        String name = table == null ? SOCK_DIAG : CONNTRACK;
        if (withoutPrograms != null) {
            notices.addFirst(withoutPrograms + "; counting by " + name + " instead");
        }
        return new HostMonitor(name, sockets, table, interfaces,
                processes(), prompt, options.ticker(), notices, putBack);
    }

    /** The interfaces, which are read right after the sockets. */
    private Interfaces interfaces() throws IOException {
        Interfaces interfaces = owned(new NetlinkInterfaces(Links.open()));
        return beside == null ? interfaces : new ListedFirst(interfaces, beside);
    }

    private ProcessTable processes() {
        return new ProcessTable(proc, new Users(PASSWD), options.ticker());
    }

    /** As for hosts without netlink: nothing of it is used but to switch things on. */
    private Monitor openProc() throws IOException, ProgramException {
        if (options.setup()) {
            enable();
        } else {
            notices.addAll(new ConntrackSetup(options.procRoot(), options.runDirectory()).inspect().missing());
        }
        FlowTable table = null;
        try {
            if (ConntrackText.read(options.procRoot()).isPresent()) {
                table = owned(new TextFlowTable(options.procRoot()));
            } else {
                notices.add("this kernel has no /proc/net/nf_conntrack, so that no bytes are known: --source=conntrack"
                        + " reads the table by netlink, --source=sock_diag does without it");
            }
        } catch (AccessDeniedException e) {
            notices.add("/proc/net/nf_conntrack may not be read, so that no bytes are known: run as root, or give"
                    + " CAP_DAC_READ_SEARCH");
        }
        namespaces();
        return new HostMonitor(PROC, new ProcSockets(proc), table, new ProcInterfaces(proc), processes(),
                PromptOwners.NONE, options.ticker(), notices, putBack);
    }

    /** Whether tracking can be switched on without filling the table: a full one keeps the host from new connections. */
    private boolean hasRoom(ConntrackSetup setup, SockDiag diag) throws IOException {
        OptionalLong capacity = setup.capacity();
        long sockets = diag.states().values().stream().mapToLong(Integer::longValue).sum();
        if (capacity.isEmpty() || sockets <= capacity.getAsLong() / ROOM_FACTOR) {
            return true;
        }
        notices.add("connection tracking is off and stays off: there are " + sockets + " TCP sockets, and its table has"
                + " room for " + capacity.getAsLong() + " connections; raise net.netfilter.nf_conntrack_max to "
                + ROOM_FACTOR + " times the sockets or more, then start anew");
        return false;
    }

    private void enable() throws IOException {
        var setup = new ConntrackSetup(options.procRoot(), options.runDirectory());
        try {
            EnabledConntrack enabled = owned(setup.enable());
            putBack = () -> putBack(enabled);
            notices.add(enabled.announcement());
            notices.addAll(enabled.warnings());
        } catch (ErrnoException e) {
            notices.add("connection tracking cannot be switched on (" + e.getMessage() + ")");
            notices.addAll(setup.inspect().missing());
        }
    }

    private SockDiag sockDiag() throws IOException, ProgramException {
        try {
            return owned(SockDiag.open());
        } catch (ErrnoException e) {
            throw explained(e);
        }
    }

    /** The connection table, if it may be read and counts; null if not, and then a notice says why. */
    private @Nullable FlowTable conntrack(SockDiag diag) throws IOException {
        var setup = new ConntrackSetup(options.procRoot(), options.runDirectory());
        ConntrackState state = setup.inspect();
        if (state.access() != ConntrackState.Access.OPEN) {
            notices.addAll(state.missing());
            return null;
        }
        if (!options.setup()) {
            notices.addAll(state.missing());
        } else if (state.isTrackingSeen() || hasRoom(setup, diag)) {
            enable();
        }
        return owned(ConntrackFlowTable.open());
    }

    private @Nullable DestroyedSockets destroyed() throws ErrnoException {
        try {
            return owned(DestroyedSockets.open());
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EPERM) {
                throw e;
            }
            notices.add(
                    "what a connection moves after the last look before its end is not seen, because the kernel tells"
                            + " of that only with CAP_NET_ADMIN; run as root, or give the capability (systemd:"
                            + " AmbientCapabilities=CAP_NET_ADMIN)");
            return null;
        }
    }

    private void namespaces() throws IOException {
        if (beside != null) {
            return;
        }
        var others = new HashSet<String>();
        int unreadable = 0;
        for (int pid : proc.processes()) {
            try {
                proc.networkNamespace(pid).ifPresent(others::add);
            } catch (AccessDeniedException e) {
                unreadable++;
            }
        }
        if (unreadable > 0) {
            notices.add("processes that may not be looked at: " + unreadable + "; what they move is shown as"
                    + " no-permission. CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, as root has them, lift that where the"
                    + " host allows it");
        }
        proc.ownNetworkNamespace().ifPresent(others::remove);
        if (!others.isEmpty()) {
            notices.add("not told apart: processes of other network namespaces (containers), of which there are "
                    + (unreadable > 0 ? "at least " : "") + others.size()
                    + "; runmonitor --netns looks into one of them");
        }
    }

    /** Puts back what was switched on. What remains after that is said, and the next program of ours tries again. */
    private static void putBack(EnabledConntrack enabled) {
        try {
            enabled.close();
        } catch (IOException e) {
            LOG.warn("connection tracking could not be put back as it was: {}", e.toString());
        }
    }

    private static ProgramException explained(ErrnoException e) throws ErrnoException {
        return switch (e.errno()) {
            case Errno.EPROTONOSUPPORT, Errno.ENOENT -> new ProgramException(Kind.MISSING, "the kernel lists no TCP"
                    + " sockets (" + e.getMessage() + "): load its module (modprobe tcp_diag), or use a kernel with"
                    + " CONFIG_INET_DIAG and CONFIG_INET_TCP_DIAG", e);
            case Errno.EPERM, Errno.EACCES, Errno.EAFNOSUPPORT -> new ProgramException(Kind.NOT_PERMITTED,
                    "netlink sockets are not permitted (" + e.getMessage() + "): allow AF_NETLINK (systemd:"
                            + " RestrictAddressFamilies=, containers: the seccomp profile)",
                    e);
            default -> throw e;
        };
    }
}
