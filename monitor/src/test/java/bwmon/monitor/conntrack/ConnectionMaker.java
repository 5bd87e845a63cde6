package bwmon.monitor.conntrack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;

import bwmon.monitor.netlink.KernelChannel;
import bwmon.monitor.netlink.MessageWriter;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkConnection;

/** Writes what the kernel writes: connections as messages, to be decoded, or to be put into the kernel's table. */
final class ConnectionMaker {
    private static final int AF_INET = 2;
    /** linux/netfilter/nf_conntrack_tcp.h. */
    private static final byte TCP_CONNTRACK_ESTABLISHED = 3;
    private static final int IPS_CONFIRMED_SEEN_REPLY_ASSURED = 1 << 3 | 1 << 1 | 1 << 2;

    /** An IPv4 header without options, and a UDP header. */
    private static final int IP_UDP_HEADERS = 20 + 8;

    private ConnectionMaker() {}

    static byte[] be16(int value) {
        return new byte[]{(byte) (value >> 8), (byte) value};
    }

    static byte[] be32(int value) {
        return new byte[]{(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
    }

    static byte[] be64(long value) {
        var bytes = new byte[8];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (value >> (56 - 8 * i));
        }
        return bytes;
    }

    static void tuple(MessageWriter writer, int type, int source, int destination, int sourcePort,
            int destinationPort) {
        writer.nested(type, tuple -> tuple
                .nested(Ctnetlink.CTA_TUPLE_IP, ip -> ip
                        .attribute(Ctnetlink.CTA_IP_V4_SRC, be32(source))
                        .attribute(Ctnetlink.CTA_IP_V4_DST, be32(destination)))
                .nested(Ctnetlink.CTA_TUPLE_PROTO, transport -> transport
                        .attribute(Ctnetlink.CTA_PROTO_NUM, new byte[]{6})
                        .attribute(Ctnetlink.CTA_PROTO_SRC_PORT, be16(sourcePort))
                        .attribute(Ctnetlink.CTA_PROTO_DST_PORT, be16(destinationPort))));
    }

    /** Puts so many established TCP connections, all different, into the table of the calling thread's namespace. */
    static void fill(int count) throws IOException {
        try (var netlink = new NetlinkConnection(KernelChannel.open(Netlink.NETLINK_NETFILTER))) {
            var batch = new ArrayList<MessageWriter>();
            for (int i = 0; i < count; i++) {
                boolean last = batch.size() == 199 || i == count - 1;
                int client = 0x0a000000 | i >> 8;
                int port = 10_000 + (i & 0xff);
                MessageWriter request = Ctnetlink.request(Ctnetlink.IPCTNL_MSG_CT_NEW, Netlink.NLM_F_REQUEST
                        | Netlink.NLM_F_CREATE | Netlink.NLM_F_EXCL | (last ? Netlink.NLM_F_ACK : 0), AF_INET);
                tuple(request, Ctnetlink.CTA_TUPLE_ORIG, client, 0xc0a80001, port, 443);
                tuple(request, Ctnetlink.CTA_TUPLE_REPLY, 0xc0a80001, client, 443, port);
                request.attribute(Ctnetlink.CTA_STATUS, be32(IPS_CONFIRMED_SEEN_REPLY_ASSURED))
                        .attribute(Ctnetlink.CTA_TIMEOUT, be32(3600))
                        .nested(Ctnetlink.CTA_PROTOINFO, info -> info.nested(Ctnetlink.CTA_PROTOINFO_TCP,
                                tcp -> tcp.attribute(Ctnetlink.CTA_PROTOINFO_TCP_STATE,
                                        new byte[]{TCP_CONNTRACK_ESTABLISHED})));
                batch.add(request);
                if (last) {
                    netlink.transact("create connections", List.copyOf(batch), message -> message.type());
                    batch.clear();
                }
            }
        }
    }

    /** Ends every connection of the calling thread's namespace. */
    static void flush() throws IOException {
        try (var netlink = new NetlinkConnection(KernelChannel.open(Netlink.NETLINK_NETFILTER))) {
            netlink.transact("end all connections", List.of(Ctnetlink.request(Ctnetlink.IPCTNL_MSG_CT_DELETE,
                    Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK, 0)), message -> message.type());
        }
    }

    /**
     * Makes so many UDP connections of one datagram each, from one socket to addresses of the loopback network.
     *
     * @return the sum of their IP bytes
     */
    static long sendDatagrams(int count) throws IOException {
        long bytes = 0;
        try (var receiver = DatagramChannel.open(StandardProtocolFamily.INET);
                var sender = DatagramChannel.open(StandardProtocolFamily.INET)) {
            receiver.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[4]), 5000));
            for (int i = 0; i < count; i++) {
                int payload = i % 1000;
                byte[] address = be32(0x7f010000 + i);
                sender.send(ByteBuffer.allocate(payload),
                        new InetSocketAddress(InetAddress.getByAddress(address), 5000));
                bytes += IP_UDP_HEADERS + payload;
            }
        }
        return bytes;
    }
}
