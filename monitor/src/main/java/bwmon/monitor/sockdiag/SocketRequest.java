package bwmon.monitor.sockdiag;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;

import bwmon.traffic.Endpoint;

/**
 * What sock_diag is asked: struct inet_diag_req_v2, linux/inet_diag.h.
 *
 * <pre>
 *  0 family u8 | protocol u8 | ext u8 | pad u8          28 destination address be32[4]
 *  4 states u32                                         44 interface u32
 *  8 source port be16 | destination port be16           48 cookie u32[2]
 * 12 source address be32[4]
 * </pre>
 */
final class SocketRequest {
    /** sizeof(struct inet_diag_req_v2). */
    static final int SIZE = 56;
    static final int PROTOCOL = 1;
    static final int EXT = 2;
    static final int STATES = 4;
    static final int SPORT = 8;
    static final int DPORT = 10;
    static final int SRC = 12;
    static final int DST = 28;
    static final int INTERFACE = 44;
    static final int COOKIE = 48;
    /** INET_DIAG_NOCOOKIE, linux/inet_diag.h: any. */
    private static final long INET_DIAG_NOCOOKIE = -1;
    private static final byte INFO = 1 << (InetDiagMessage.INET_DIAG_INFO - 1);

    private SocketRequest() {}

    /** All sockets of a family in these states; with tcp_info or without. */
    static byte[] dump(int family, int protocol, Set<TcpState> states, boolean withInfo) {
        int bits = 0;
        for (TcpState state : states) {
            bits |= state.bit();
        }
        byte[] request = new byte[SIZE];
        begin(request, family, protocol, withInfo).putInt(STATES, bits);
        return request;
    }

    /**
     * One socket by its ends; tcp_info comes with TCP's.
     *
     * @param interfaceIndex 0 for none
     */
    static byte[] one(int protocol, Endpoint source, Endpoint destination, int interfaceIndex) {
        byte[] from = source.address().getAddress();
        byte[] to = destination.address().getAddress();
        if (from.length != to.length) {
            throw new IllegalArgumentException(source + " and " + destination + " are of two families");
        }
        int family = from.length == 4 ? InetDiagMessage.AF_INET : InetDiagMessage.AF_INET6;
        byte[] request = new byte[SIZE];
        ByteBuffer struct = begin(request, family, protocol, true).put(SRC, from).put(DST, to)
                .putInt(INTERFACE, interfaceIndex).putLong(COOKIE, INET_DIAG_NOCOOKIE);
        struct.order(ByteOrder.BIG_ENDIAN).putShort(SPORT, (short) source.port())
                .putShort(DPORT, (short) destination.port());
        return request;
    }

    private static ByteBuffer begin(byte[] request, int family, int protocol, boolean withInfo) {
        return ByteBuffer.wrap(request).order(ByteOrder.nativeOrder()).put(0, (byte) family)
                .put(PROTOCOL, (byte) protocol).put(EXT, withInfo ? INFO : 0);
    }
}
