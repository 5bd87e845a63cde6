package bwmon.monitor.conntrack;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalInt;
import java.util.OptionalLong;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.conntrack.ConntrackState.Access;
import bwmon.monitor.netlink.AttributeReader;
import bwmon.monitor.netlink.KernelChannel;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import bwmon.monitor.netlink.NetlinkConnection;
import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;
import bwmon.traffic.Ticker;

/**
 * Finds out what connection tracking does in the calling thread's network namespace, and switches on what is off. Once a
 * namespace in one process.
 */
public final class ConntrackSetup {
    /** CTA_STATS_GLOBAL_ENTRIES, linux/netfilter/nfnetlink_conntrack.h. */
    private static final int CTA_STATS_GLOBAL_ENTRIES = 1;

    private final Path procRoot;
    private final SysctlNoteFolder notes;
    private final Kernel kernel;

    /** What is asked of the kernel: the real one, or a test's. */
    interface Kernel {
        NetlinkChannel open() throws IOException;

        /** A number of the namespace that no other one gets until the next boot; empty if this kernel has none. */
        OptionalLong namespaceCookie() throws IOException;
    }

    private static final class RunningKernel implements Kernel {
        @Override
        public NetlinkChannel open() throws IOException {
            return KernelChannel.open(Netlink.NETLINK_NETFILTER);
        }

        @Override
        public OptionalLong namespaceCookie() throws IOException {
            KernelChannel channel = KernelChannel.open(Netlink.NETLINK_NETFILTER);
            try {
                return OptionalLong.of(channel.namespaceCookie());
            } catch (ErrnoException e) {
                if (e.errno() == Errno.ENOPROTOOPT) {
                    return OptionalLong.empty();
                }
                throw e;
            } finally {
                channel.close();
            }
        }
    }

    /**
     * The setup of this machine.
     *
     * @param procRoot where proc(5) is mounted, {@code /proc}
     * @param runDirectory for the note of what was set before, {@code /run/bwmon}; made if it is not there
     */
    public ConntrackSetup(Path procRoot, Path runDirectory) {
        this(procRoot, runDirectory, new RunningKernel(), Ticker.SYSTEM);
    }

    ConntrackSetup(Path procRoot, Path runDirectory, Kernel kernel, Ticker ticker) {
        this.procRoot = procRoot;
        notes = new SysctlNoteFolder(procRoot, runDirectory, ticker);
        this.kernel = kernel;
    }

    /**
     * Looks, and changes nothing (but the kernel may load a module for it).
     *
     * @throws IOException if it cannot be found out, for another reason than a state can tell
     */
    public ConntrackState inspect() throws IOException {
        OptionalLong entries = OptionalLong.empty();
        Access access = Access.OPEN;
        try (var netlink = new NetlinkConnection(kernel.open())) {
            List<Long> answers = netlink.transact("asking for the size of the connection table",
                    List.of(Ctnetlink.request(Ctnetlink.IPCTNL_MSG_CT_GET_STATS,
                            Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK, 0)),
                    ConntrackSetup::entries);
            entries = answers.isEmpty() ? entries : OptionalLong.of(answers.getFirst());
        } catch (ErrnoException e) {
            access = access(e);
        }
        return new ConntrackState(access, entries, value(ConntrackSwitch.ACCOUNTING), value(ConntrackSwitch.TIMESTAMPS),
                value(ConntrackSwitch.EVENTS));
    }

    /**
     * How many connections the table takes before the host begins no new ones.
     *
     * @return net.netfilter.nf_conntrack_max; empty if the kernel has no such setting yet
     */
    public OptionalLong capacity() throws IOException {
        try {
            // Not at once: a file of /proc/sys gives its whole value only to a read that is large enough.
            String line = Files.readAllLines(procRoot.resolve("sys/net/netfilter/nf_conntrack_max"),
                    StandardCharsets.US_ASCII).getFirst();
            return OptionalLong.of(Long.parseLong(line.strip()));
        } catch (NoSuchFileException e) {
            return OptionalLong.empty();
        } catch (NumberFormatException | NoSuchElementException e) {
            throw new IOException("net.netfilter.nf_conntrack_max holds no number: " + e.getMessage(), e);
        }
    }

    private OptionalInt value(ConntrackSwitch which) throws IOException {
        return which.read(procRoot);
    }

    private static Access access(ErrnoException e) throws ErrnoException {
        return switch (e.errno()) {
            case Errno.EPERM, Errno.EACCES -> Access.NOT_PERMITTED;
            // No netlink at all, no nfnetlink, no ctnetlink behind it.
            case Errno.EAFNOSUPPORT, Errno.EPROTONOSUPPORT, Errno.EINVAL, Errno.EOPNOTSUPP -> Access.NO_MODULE;
            default -> throw e;
        };
    }

    private static Long entries(NetlinkMessage message) throws NetlinkException {
        ByteBuffer payload = message.payload();
        if (payload.remaining() < Ctnetlink.NFGENMSG_BYTES) {
            throw new NetlinkException("statistics in " + payload.remaining() + " bytes");
        }
        var attributes = new AttributeReader(payload.slice(payload.position() + Ctnetlink.NFGENMSG_BYTES,
                payload.remaining() - Ctnetlink.NFGENMSG_BYTES));
        long entries = 0;
        while (attributes.next()) {
            if (attributes.type() == CTA_STATS_GLOBAL_ENTRIES) {
                entries = attributes.be32();
            } else {
                attributes.skip();
            }
        }
        attributes.end();
        return entries;
    }

    /**
     * Switches on tracking, counting, times and events for this namespace, as far as they are off. What cannot be switched
     * on is told by the result.
     *
     * @return what undoes it
     * @throws ErrnoException if tracking cannot be switched on: EPERM without CAP_NET_ADMIN over the namespace, EOPNOTSUPP
     *     or EINVAL where the kernel has no nf_tables, or is older than Linux 5.12
     */
    public EnabledConntrack enable() throws IOException {
        TrackingRule rule = TrackingRule.add(kernel.open());
        boolean enabled = false;
        try {
            OptionalLong cookie = kernel.namespaceCookie();
            var result = new EnabledConntrack(procRoot, notes,
                    cookie.isPresent() ? Long.toUnsignedString(cookie.getAsLong()) : null, rule);
            enabled = true;
            return result;
        } finally {
            if (!enabled) {
                rule.close();
            }
        }
    }
}
