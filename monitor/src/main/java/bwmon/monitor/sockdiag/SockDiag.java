package bwmon.monitor.sockdiag;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.KernelChannel;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import bwmon.monitor.netlink.NetlinkConnection;

/**
 * Lists the TCP sockets of one network namespace, IPv4 and IPv6. For one thread at a time.
 *
 * <p>A socket of Multipath TCP (IPPROTO_MPTCP, 262) shows as its subflows, which are TCP sockets with the inode of the
 * descriptor that the program holds; their sum exceeds the program's payload by what one subflow sent again for another.
 */
public final class SockDiag implements AutoCloseable {
    /** SOCK_DIAG_BY_FAMILY, linux/sock_diag.h. */
    private static final int SOCK_DIAG_BY_FAMILY = 20;
    /** IPPROTO_TCP, linux/in.h. */
    private static final byte IPPROTO_TCP = 6;
    /** sizeof(struct inet_diag_req_v2), linux/inet_diag.h: family, protocol, ext, pad u8 each, states u32, id 48 bytes. */
    private static final int REQUEST_BYTES = 56;

    /** The states in which a socket has an owner and moves payload, and listening sockets. */
    public static final Set<TcpState> OPEN = EnumSet.complementOf(EnumSet.of(TcpState.TIME_WAIT, TcpState.SYN_RECV,
            TcpState.CLOSE, TcpState.OTHER));

    private final NetlinkConnection connection;

    /** Over a channel that this owns from now on. */
    public SockDiag(NetlinkChannel channel) {
        connection = new NetlinkConnection(channel);
    }

    /**
     * Of the running kernel.
     *
     * @throws ErrnoException if the kernel refuses; EPROTONOSUPPORT if it was built without sock_diag
     */
    public static SockDiag open() throws ErrnoException {
        return new SockDiag(KernelChannel.open(Netlink.NETLINK_SOCK_DIAG));
    }

    /**
     * The TCP sockets in these states, with their counters. A socket that changes its state meanwhile may be missing.
     *
     * @throws ErrnoException if the kernel refuses; ENOENT if it lacks the module tcp_diag
     */
    public List<InetDiagMessage> dumpTcp(Set<TcpState> states) throws IOException {
        var sockets = new ArrayList<InetDiagMessage>();
        for (int family : new int[]{InetDiagMessage.AF_INET, InetDiagMessage.AF_INET6}) {
            sockets.addAll(connection.dump("TCP sockets", SOCK_DIAG_BY_FAMILY, request(family, states),
                    InetDiagMessage::decode));
        }
        return sockets;
    }

    static byte[] request(int family, Set<TcpState> states) {
        int bits = 0;
        for (TcpState state : states) {
            bits |= state.bit();
        }
        return ByteBuffer.allocate(REQUEST_BYTES).order(ByteOrder.nativeOrder()).put((byte) family).put(IPPROTO_TCP)
                .put((byte) (1 << (InetDiagMessage.INET_DIAG_INFO - 1))).put((byte) 0).putInt(bits).array();
    }

    @Override
    public void close() {
        connection.close();
    }
}
