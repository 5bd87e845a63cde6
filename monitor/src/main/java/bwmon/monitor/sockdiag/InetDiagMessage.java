package bwmon.monitor.sockdiag;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import bwmon.monitor.netlink.AttributeReader;
import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * One TCP socket: struct inet_diag_msg (linux/inet_diag.h), 72 bytes, and its INET_DIAG_INFO.
 *
 * <pre>
 *  0 family u8 | state u8 | timer u8 | retrans u8      52 expires u32
 *  4 source port be16 | destination port be16          56 rqueue u32
 *  8 source address be32[4]                            60 wqueue u32
 * 24 destination address be32[4]                       64 uid u32
 * 40 interface u32                                     68 inode u32
 * 44 cookie u32[2], the low half first
 * </pre>
 *
 * @param state as the kernel has it; {@link TcpState#CLOSE} for a socket that was destroyed
 * @param flow local and remote end; the remote port is 0 for a socket that is not connected
 * @param cookie of the socket, never given to another one until the kernel restarts; a remnant
 *     (TIME_WAIT) has the same only if somebody had asked for it before the socket ended
 * @param inode that /proc/PID/fd names; 0 if no process has a descriptor: closed by its process, not yet accepted, destroyed
 * @param unread rqueue: received bytes that the program has not read, an unread FIN counts as one; for a listening socket
 *     the connections that wait
 * @param unacknowledged wqueue: bytes written that the peer has not acknowledged, sent or not; SYN and FIN count as one each
 * @param info counters; null for remnants (TIME_WAIT, FIN_WAIT2 after the close) and half-open requests
 * @param skippedAttributes how many attributes came that nobody here knows
 */
public record InetDiagMessage(TcpState state, Flow flow, long cookie, long inode, long unread, long unacknowledged,
        @Nullable TcpInfo info, int skippedAttributes) {
    /** AF_INET and AF_INET6, linux/socket.h (bits/socket.h). */
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    /** INET_DIAG_INFO, linux/inet_diag.h: struct tcp_info. */
    static final int INET_DIAG_INFO = 2;
    /** sizeof(struct inet_diag_msg). */
    static final int SIZE = 72;
    static final int STATE = 1;
    static final int SPORT = 4;
    static final int DPORT = 6;
    static final int SRC = 8;
    static final int DST = 24;
    static final int COOKIE = 44;
    static final int RQUEUE = 56;
    static final int WQUEUE = 60;
    static final int INODE = 68;

    /** Whether it waits for connections. */
    public boolean isListening() {
        return state == TcpState.LISTEN;
    }

    /**
     * Reads an answer of sock_diag, or a notification of its destroy groups: they have the same form.
     *
     * @throws NetlinkException if it is malformed
     */
    static InetDiagMessage decode(NetlinkMessage message) throws NetlinkException {
        ByteBuffer bytes = message.payload().slice().order(ByteOrder.nativeOrder());
        if (bytes.remaining() < SIZE) {
            throw new NetlinkException("an inet_diag_msg of " + bytes.remaining() + " bytes is too short");
        }
        int family = Byte.toUnsignedInt(bytes.get(0));
        int addressBytes = switch (family) {
            case AF_INET -> 4;
            case AF_INET6 -> 16;
            default -> throw new NetlinkException("address family " + family + " is neither AF_INET nor AF_INET6");
        };
        var flow = new Flow(Protocol.TCP, endpoint(bytes, SRC, addressBytes, SPORT),
                endpoint(bytes, DST, addressBytes, DPORT));
        long cookie = u32(bytes, COOKIE) | u32(bytes, COOKIE + 4) << 32;
        TcpInfo info = null;
        var attributes = new AttributeReader(bytes.slice(SIZE, bytes.limit() - SIZE));
        while (attributes.next()) {
            // Some kernels add an empty INET_DIAG_INFO to remnants.
            if (attributes.type() == INET_DIAG_INFO && attributes.bytes().hasRemaining()) {
                info = TcpInfo.decode(attributes.bytes());
            } else {
                attributes.skip();
            }
        }
        attributes.end();
        return new InetDiagMessage(TcpState.of(Byte.toUnsignedInt(bytes.get(STATE))), flow, cookie,
                u32(bytes, INODE), u32(bytes, RQUEUE), u32(bytes, WQUEUE), info, attributes.skipped());
    }

    private static Endpoint endpoint(ByteBuffer bytes, int address, int length, int port) {
        byte[] octets = new byte[length];
        bytes.get(address, octets);
        return Endpoint.of(octets, Byte.toUnsignedInt(bytes.get(port)) << 8 | Byte.toUnsignedInt(bytes.get(port + 1)));
    }

    private static long u32(ByteBuffer bytes, int offset) {
        return Integer.toUnsignedLong(bytes.getInt(offset));
    }
}
