package bwmon.monitor;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.attribution.SocketLedger;
import bwmon.monitor.attribution.SocketLedger.Answers;
import bwmon.monitor.attribution.SocketLedger.Questions;
import bwmon.monitor.attribution.SocketOwners;
import bwmon.monitor.attribution.SocketOwners.Found;
import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.monitor.procfs.ProcFs;
import bwmon.monitor.procfs.ProcessTable;
import bwmon.monitor.procfs.Users;
import bwmon.monitor.sockdiag.DestroyedSockets;
import bwmon.monitor.sockdiag.SockDiag;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Report;
import bwmon.traffic.Ticker;
import bwmon.traffic.TrafficSource;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * The payload of TCP connections by process, from the kernel's own counters of each socket: sock_diag(7) joined with
 * /proc/PID/fd. It counts no packet itself, and costs by the number of sockets. Needs Linux 4.19.
 *
 * <p><b>What the bytes are.</b> Transmitted: each byte of payload once, when it is first sent. Received: payload that
 * arrived in order, whether the program has read it or not. {@link bwmon.monitor.sockdiag.PayloadCounter} says how they
 * come from tcp_info, and where one byte may be wrong. IP bytes, UDP, and sockets of other network namespaces are not seen
 * here. A connection between two processes of this host is two sockets and so two usages, each process's own. What a socket
 * loses its counters with (SO_LINGER of 0, or connect(2) to AF_UNSPEC) after the last look is not seen.
 *
 * <p><b>Sockets that end between two looks</b> hand out their last bytes where the kernel may tell of it
 * (SKNLGRP_INET_TCP_DESTROY: Linux 6.18 asks for no capability); else {@link #notices} says that they do not. Notices that
 * the kernel could not queue are lost events.
 *
 * <p><b>The interfaces</b> of the report are those of /proc/thread-self/net/dev, with what the link layer carried: for
 * Ethernet the header of 14 bytes (not the checksum) is in each packet, ARP and other protocols count, and so do
 * retransmissions; with segmentation offload a packet may be a large one. They cannot be balanced with payload; sources
 * that know IP bytes can.
 */
public final class SockDiagSource implements TrafficSource {
    /** Its name. */
    public static final String NAME = "sock_diag";

    private final TcpLook tcp;
    private final SocketOwners owners;
    private final InterfaceTraffic.Reader interfaces;
    private final Ticker ticker;
    private final SocketLedger ledger;
    private final List<String> notices = new ArrayList<>();
    /** What is handed out with the next report: what sockets had moved before the opening, where that is asked for. */
    private List<Usage> carried = List.of();
    private Map<String, ByteCounts> interfacesBefore;
    private long begin;

    SockDiagSource(SockDiag sockets, @Nullable DestroyedSockets destroyed, SocketOwners owners,
            InterfaceTraffic.Reader interfaces, Ticker ticker, boolean lookback) throws IOException {
        this.tcp = new TcpLook(sockets, destroyed);
        this.owners = owners;
        this.interfaces = interfaces;
        this.ticker = ticker;
        ledger = new SocketLedger(destroyed != null);
        interfacesBefore = interfaces.read();
        begin = ticker.nanos();
        TcpLook.Sockets first = tcp.look();
        Answers answers = answers(first);
        if (answers.found().unreadable() > 0 && !answers.stillOpen().isEmpty()) {
            notices.add("not every process may be looked at: what sockets move whose owner is not known is shown as"
                    + " no-permission; CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, as root has them, lift that where the"
                    + " host allows it");
        }
        List<Usage> before = ledger.settle(first.open(), List.of(), answers);
        carried = lookback ? before : List.of();
        tcp.takeNotices();
        tcp.dropNotices(ledger::knows);
    }

    /**
     * Of the running kernel, in the network namespace of the calling thread.
     *
     * @param procRoot where /proc is
     * @param lookback whether what open sockets moved before the opening is in the first report
     * @throws ProgramException if sock_diag is not there or not permitted; it says what to do
     * @throws IOException if /proc or the kernel fails otherwise
     */
    public static SockDiagSource open(Path procRoot, Ticker ticker, boolean lookback)
            throws ProgramException, IOException {
        var proc = new ProcFs(procRoot);
        var notices = new ArrayList<String>();
        SockDiag sockets = null;
        DestroyedSockets destroyed = null;
        SockDiagSource source = null;
        try {
            sockets = SockDiag.open();
            destroyed = destroyed(notices);
            source = new SockDiagSource(sockets, destroyed,
                    new ProcessTable(proc, new Users(Path.of("/etc/passwd")), ticker),
                    proc::netDev, ticker, lookback);
            namespaces(proc, notices);
            source.notices.addAll(notices);
            return source;
        } catch (ErrnoException e) {
            throw explained(e);
        } catch (TcpLook.TooOldException | UnsupportedOperationException e) {
            throw new ProgramException(Kind.MISSING, String.valueOf(e.getMessage()), e);
        } finally {
            if (source == null) {
                if (sockets != null) {
                    sockets.close();
                }
                if (destroyed != null) {
                    destroyed.close();
                }
            }
        }
    }

    private static @Nullable DestroyedSockets destroyed(List<String> notices) throws ErrnoException {
        try {
            return DestroyedSockets.open();
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

    private static void namespaces(ProcFs proc, List<String> notices) throws IOException {
        var others = new HashSet<String>();
        boolean unreadable = false;
        for (int pid : proc.processes()) {
            try {
                proc.networkNamespace(pid).ifPresent(others::add);
            } catch (AccessDeniedException e) {
                unreadable = true;
            }
        }
        proc.ownNetworkNamespace().ifPresent(others::remove);
        if (!others.isEmpty()) {
            notices.add(
                    "not seen by " + NAME + ": processes of other network namespaces (containers), of which there are "
                            + (unreadable ? "at least " : "") + others.size());
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

    @Override
    public String name() {
        return NAME;
    }

    /** What a person should know of the limits of this source on this host: a sentence each, for standard error. */
    public List<String> notices() {
        return List.copyOf(notices);
    }

    @Override
    public Report collect() throws IOException {
        TcpLook.Sockets now = tcp.look();
        Answers answers = answers(now);
        Map<String, ByteCounts> counters = interfaces.read();
        long end = ticker.nanos();
        // Nothing fails from here on, so that what is handed out once is handed out.
        var usages = new ArrayList<Usage>(carried);
        usages.addAll(ledger.settle(now.open(), now.ended(), answers));
        var report = new Report(NAME, Duration.ofNanos(end - begin), usages,
                InterfaceTraffic.between(interfacesBefore, counters), now.lost());
        tcp.done();
        carried = List.of();
        interfacesBefore = counters;
        begin = end;
        return report;
    }

    private Answers answers(TcpLook.Sockets sockets) throws IOException {
        Questions questions = ledger.questions(sockets.open());
        SocketOwners.Look look = owners.look();
        var confirmed = new HashMap<Long, Holder>();
        var wanted = new HashSet<>(questions.unknown());
        for (Map.Entry<Long, Holder> known : questions.known().entrySet()) {
            Holder holder = look.confirm(known.getValue(), known.getKey());
            if (holder == null) {
                wanted.add(known.getKey());
            } else {
                confirmed.put(known.getKey(), holder);
            }
        }
        Found found = wanted.isEmpty() ? Found.NOTHING : look.find(wanted);
        var missing = new HashSet<>(wanted);
        missing.removeAll(found.holders().keySet());
        Set<Long> stillOpen = missing.isEmpty() ? Set.of() : tcp.stillOpen(missing);
        return new Answers(confirmed, found, stillOpen);
    }

    /** Closes the sockets; nothing was changed on the host. */
    @Override
    public void close() {
        tcp.close();
    }
}
