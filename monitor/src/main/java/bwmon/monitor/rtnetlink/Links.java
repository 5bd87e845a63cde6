package bwmon.monitor.rtnetlink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.KernelChannel;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import bwmon.monitor.netlink.NetlinkConnection;

/**
 * Lists the interfaces and addresses of the network namespace of the thread that opens this; everybody may. For one thread
 * at a time.
 */
public final class Links implements AutoCloseable {
    /** RTM_GETLINK and RTM_GETADDR, linux/rtnetlink.h. */
    static final int RTM_GETLINK = 18;
    static final int RTM_GETADDR = 22;
    /** AF_UNSPEC, linux/socket.h (bits/socket.h): every family. */
    private static final byte AF_UNSPEC = 0;

    private final NetlinkConnection connection;

    /** Over a channel that this owns from now on. */
    public Links(NetlinkChannel channel) {
        connection = new NetlinkConnection(channel);
    }

    /**
     * Of the running kernel.
     *
     * @throws ErrnoException if the kernel refuses
     */
    public static Links open() throws ErrnoException {
        return new Links(KernelChannel.open(Netlink.NETLINK_ROUTE));
    }

    /**
     * The interfaces, with their counters.
     *
     * @throws ErrnoException if the kernel refuses
     */
    public List<Link> dump() throws IOException {
        byte[] request = ByteBuffer.allocate(Link.IFINFOMSG_BYTES).order(ByteOrder.nativeOrder()).put(0, AF_UNSPEC)
                .array();
        return connection.dump("interfaces", RTM_GETLINK, request, Link::decode);
    }

    /**
     * The addresses of the interfaces, IPv4 and IPv6.
     *
     * @throws ErrnoException if the kernel refuses
     */
    public Addresses addresses() throws IOException {
        byte[] request = ByteBuffer.allocate(Addresses.IFADDRMSG_BYTES).order(ByteOrder.nativeOrder())
                .put(0, AF_UNSPEC).array();
        return Addresses.of(connection.dump("addresses", RTM_GETADDR, request, Addresses::decode));
    }

    @Override
    public void close() {
        connection.close();
    }
}
