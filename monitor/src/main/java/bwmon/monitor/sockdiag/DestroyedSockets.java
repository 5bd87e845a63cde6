package bwmon.monitor.sockdiag;

import java.io.IOException;

import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.KernelChannel;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import bwmon.monitor.netlink.NetlinkConnection;
import bwmon.monitor.netlink.NetlinkConnection.Notifications;

/**
 * The kernel's notices of TCP sockets that it destroyed, with their final counters; inode and user are 0 by then. They
 * wait in the kernel until they are taken. For one thread at a time.
 */
public final class DestroyedSockets implements AutoCloseable {
    /** SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY, linux/sock_diag.h. */
    private static final int SKNLGRP_INET_TCP_DESTROY = 1;
    private static final int SKNLGRP_INET6_TCP_DESTROY = 3;
    /**
     * Room for what is destroyed between two looks, taken only when needed: the kernel doubles it (socket(7)) and accounts
     * about 1.3 KB for a notice, so that some 100,000 fit; without
     * CAP_NET_ADMIN net.core.rmem_max is the limit. NETLINK_NO_ENOBUFS and NETLINK_BROADCAST_ERROR are left off: sock_diag does not
     * send again what did not fit, so that all they would do is to hide the loss.
     */
    private static final int RECEIVE_BUFFER = 64 * 1024 * 1024;

    private final NetlinkConnection connection;

    /** Over a channel that has joined the groups, and that this owns from now on. */
    public DestroyedSockets(NetlinkChannel channel) {
        connection = new NetlinkConnection(channel);
    }

    /**
     * Of the running kernel, from now on.
     *
     * @throws ErrnoException if the kernel refuses; 6.18 permits it to everybody (NL_CFG_F_NONROOT_RECV)
     */
    public static DestroyedSockets open() throws ErrnoException {
        KernelChannel channel = KernelChannel.open(Netlink.NETLINK_SOCK_DIAG);
        boolean opened = false;
        try {
            channel.receiveBuffer(RECEIVE_BUFFER);
            channel.join(SKNLGRP_INET_TCP_DESTROY);
            channel.join(SKNLGRP_INET6_TCP_DESTROY);
            opened = true;
            return new DestroyedSockets(channel);
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    /**
     * Takes the notices that wait.
     *
     * @param limit how many at most; the others keep waiting
     */
    public Notifications<InetDiagMessage> take(int limit) throws IOException {
        return connection.notifications(limit, InetDiagMessage::decodeTcp);
    }

    @Override
    public void close() {
        connection.close();
    }
}
