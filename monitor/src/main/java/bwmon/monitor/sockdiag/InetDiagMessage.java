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
 * One socket: struct inet_diag_msg (linux/inet_diag.h), 72 bytes, and some of its attributes.
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
 * @param protocol the number in the IP header, 0 to 255; a raw socket's is what it was made for
 * @param state as the kernel has it; {@link TcpState#CLOSE} for a socket that was destroyed; a UDP or raw socket is
 *     {@link TcpState#ESTABLISHED} if it is connected, else {@link TcpState#CLOSE}
 * @param flow local and remote end; the remote port is 0 for a socket that is not connected; a raw socket's ports are 0
 * @param interfaceIndex of the interface that the socket is bound to (SO_BINDTODEVICE, a link-local address, a VRF); 0 if
 *     to none
 * @param cookie of the socket, never given to another one until the kernel restarts; a remnant
 *     (TIME_WAIT) has the same only if somebody had asked for it before the socket ended
 * @param uid of the user who made it, 0 to 4294967295; 0 also for remnants and for what was destroyed
 * @param inode that /proc/PID/fd names; 0 if no process has a descriptor: closed by its process, not yet accepted, destroyed
 * @param unread rqueue: received bytes that the program has not read, an unread FIN counts as one; for a listening socket
 *     the connections that wait; for UDP the memory that waiting datagrams take
 * @param unacknowledged wqueue: bytes written that the peer has not acknowledged, sent or not; SYN and FIN count as one
 *     each; for UDP the memory that unsent datagrams take
 * @param isV6Only whether an IPv6 socket takes no IPv4 (IPV6_V6ONLY); the kernel tells it of sockets that listen or are
 *     not connected, and it is false for all others
 * @param info counters of TCP; null for remnants (TIME_WAIT, FIN_WAIT2 after the close) and half-open requests
 * @param skippedAttributes how many attributes came that nobody here knows
 */
public record InetDiagMessage(int protocol, TcpState state, Flow flow, long interfaceIndex, long cookie, long uid,
        long inode, long unread, long unacknowledged, boolean isV6Only, @Nullable TcpInfo info,
        int skippedAttributes) {
    /** AF_INET and AF_INET6, linux/socket.h (bits/socket.h). */
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    /** IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE and IPPROTO_RAW, linux/in.h; the last one asks for all raw sockets. */
    static final int IPPROTO_TCP = 6;
    static final int IPPROTO_UDP = 17;
    static final int IPPROTO_UDPLITE = 136;
    static final int IPPROTO_RAW = 255;
    /** INET_DIAG_INFO, linux/inet_diag.h: struct tcp_info. */
    static final int INET_DIAG_INFO = 2;
    /** INET_DIAG_PROTOCOL: a raw socket's, u8. */
    static final int INET_DIAG_PROTOCOL = 10;
    /** INET_DIAG_SKV6ONLY: u8. */
    static final int INET_DIAG_SKV6ONLY = 11;
    private static final int IPV4_BYTES = 4;
    private static final int IPV6_BYTES = 16;
    /** sizeof(struct inet_diag_msg). */
    static final int SIZE = 72;
    static final int STATE = 1;
    static final int SPORT = 4;
    static final int DPORT = 6;
    static final int SRC = 8;
    static final int DST = 24;
    static final int INTERFACE = 40;
    static final int COOKIE = 44;
    static final int RQUEUE = 56;
    static final int WQUEUE = 60;
    static final int UID = 64;
    static final int INODE = 68;

    /** Whether it waits for connections. */
    public boolean isListening() {
        return state == TcpState.LISTEN;
    }

    /** Whether it is bound to no address of its own, so that it takes what comes for any: also IPv4's, if that is ::. */
    public boolean isWildcard() {
        return flow.local().isWildcard();
    }

    /** Reads TCP's answers, or the notifications of its destroy groups: they have the same form. */
    static InetDiagMessage decodeTcp(NetlinkMessage message) throws NetlinkException {
        return decode(message, IPPROTO_TCP);
    }

    /**
     * Reads an answer of sock_diag.
     *
     * @param asked the protocol that was asked for, IPPROTO_*
     * @throws NetlinkException if it is malformed
     */
    static InetDiagMessage decode(NetlinkMessage message, int asked) throws NetlinkException {
        ByteBuffer bytes = message.payload();
        int addressBytes = addressBytes(bytes);
        TcpInfo info = null;
        boolean isV6Only = false;
        // A raw socket has its protocol in the place of its own port.
        int protocol = asked == IPPROTO_RAW ? port(bytes, SPORT) & 0xff : asked;
        var attributes = new AttributeReader(bytes, SIZE);
        while (attributes.next()) {
            switch (attributes.type()) {
                case INET_DIAG_INFO -> {
                    ByteBuffer struct = attributes.bytes();
                    // Some kernels add an empty one to remnants.
                    if (asked == IPPROTO_TCP && struct.hasRemaining()) {
                        info = TcpInfo.decode(struct);
                    }
                }
                case INET_DIAG_PROTOCOL -> protocol = attributes.u8();
                case INET_DIAG_SKV6ONLY -> isV6Only = attributes.u8() != 0;
                default -> attributes.skip();
            }
        }
        attributes.end();
        boolean hasPorts = asked != IPPROTO_RAW;
        var flow = new Flow(Protocol.of(protocol),
                endpoint(bytes, SRC, addressBytes, hasPorts ? port(bytes, SPORT) : 0),
                endpoint(bytes, DST, addressBytes, hasPorts ? port(bytes, DPORT) : 0));
        return new InetDiagMessage(protocol, state(bytes), flow, u32(bytes, INTERFACE),
                u32(bytes, COOKIE) | u32(bytes, COOKIE + 4) << 32, u32(bytes, UID), u32(bytes, INODE),
                u32(bytes, RQUEUE), u32(bytes, WQUEUE), isV6Only, info, attributes.skipped());
    }

    /** Reads the state alone. */
    static TcpState decodeState(NetlinkMessage message) throws NetlinkException {
        ByteBuffer bytes = message.payload();
        addressBytes(bytes);
        return state(bytes);
    }

    private static TcpState state(ByteBuffer bytes) {
        return TcpState.of(Byte.toUnsignedInt(bytes.get(bytes.position() + STATE)));
    }

    private static int addressBytes(ByteBuffer bytes) throws NetlinkException {
        if (bytes.remaining() < SIZE) {
            throw new NetlinkException("an inet_diag_msg of " + bytes.remaining() + " bytes is too short");
        }
        int family = Byte.toUnsignedInt(bytes.get(bytes.position()));
        return switch (family) {
            case AF_INET -> IPV4_BYTES;
            case AF_INET6 -> IPV6_BYTES;
            default -> throw new NetlinkException("address family " + family + " is neither AF_INET nor AF_INET6");
        };
    }

    private static int port(ByteBuffer bytes, int offset) {
        int start = bytes.position() + offset;
        return Byte.toUnsignedInt(bytes.get(start)) << 8 | Byte.toUnsignedInt(bytes.get(start + 1));
    }

    private static Endpoint endpoint(ByteBuffer bytes, int address, int length, int port) {
        int start = bytes.position() + address;
        return length == IPV6_BYTES
                ? Endpoint.ofIpv6(be64(bytes, start), be64(bytes, start + Long.BYTES), port)
                : Endpoint.ofIpv4((int) (be64(bytes, start) >>> Integer.SIZE), port);
    }

    private static long be64(ByteBuffer bytes, int start) {
        long value = bytes.getLong(start);
        return bytes.order() == ByteOrder.BIG_ENDIAN ? value : Long.reverseBytes(value);
    }

    private static long u32(ByteBuffer bytes, int offset) {
        return Integer.toUnsignedLong(bytes.getInt(bytes.position() + offset));
    }
}
