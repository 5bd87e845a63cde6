package bwmon.monitor.conntrack;

import java.io.IOException;
import java.util.List;

import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.KernelChannel;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import bwmon.monitor.netlink.NetlinkConnection;

/**
 * The connection table of one network namespace, listed. For one thread at a time, on a platform thread: a dump waits for
 * the kernel.
 *
 * <p>The kernel lists bucket by bucket while connections come and go: one that lasts may be told twice, or be missing where
 * the table was resized meanwhile. Neither is marked.
 */
public final class ConntrackTable implements AutoCloseable {

    /** Which connections to list. */
    public enum Family {
        /** All of them: AF_UNSPEC, linux/socket.h. */
        ALL(0),
        /** AF_INET. */
        IPV4(2),
        /** AF_INET6. */
        IPV6(10);

        private final int number;

        Family(int number) {
            this.number = number;
        }
    }

    private final NetlinkConnection netlink;
    private final ConnectionDecoder decoder = new ConnectionDecoder();

    ConntrackTable(NetlinkChannel channel) {
        netlink = new NetlinkConnection(channel);
    }

    /**
     * The table of the calling thread's network namespace.
     *
     * @throws ErrnoException if the kernel refuses; EPROTONOSUPPORT if it is built without nfnetlink
     */
    public static ConntrackTable open() throws ErrnoException {
        return new ConntrackTable(KernelChannel.open(Netlink.NETLINK_NETFILTER));
    }

    /** Every connection of every family. */
    public List<Connection> dump() throws IOException {
        return dump(Family.ALL);
    }

    /**
     * Every connection of a family.
     *
     * @throws ErrnoException if the kernel refuses; EPERM without CAP_NET_ADMIN over the namespace, EINVAL without the
     *     module nf_conntrack_netlink
     * @throws bwmon.monitor.netlink.NetlinkException if an answer is malformed
     */
    public List<Connection> dump(Family family) throws IOException {
        return netlink.dump("the connection table", Ctnetlink.type(Ctnetlink.IPCTNL_MSG_CT_GET),
                Ctnetlink.nfgenmsg(family.number), decoder);
    }

    /** How many attributes this kernel sent that are not known here, since the opening. */
    public long skippedAttributes() {
        return decoder.skipped();
    }

    @Override
    public void close() {
        netlink.close();
    }
}
