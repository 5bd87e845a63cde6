package bwmon.monitor.conntrack;

import java.time.Instant;

import bwmon.monitor.netlink.AttributeReader;
import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;
import org.jspecify.annotations.Nullable;

/**
 * Reads IPCTNL_MSG_CT_NEW (dump, begin, change) and IPCTNL_MSG_CT_DELETE (end). Straight from the receive buffer: nothing
 * is copied but what the {@link Connection} keeps. Not for several threads.
 */
final class ConnectionDecoder implements NetlinkMessage.Decoder<Connection> {
    /** The last of enum ctattr_type that was known when this was written: CTA_TIMESTAMP_EVENT, Linux 6.14. */
    private static final int CTA_MAX = 27;

    private static final int IPV6_BYTES = 16;
    private static final int IPV6 = 1;
    private static final int IPV4 = 2;
    private static final int SOURCE = 4;
    private static final int DESTINATION = 8;

    private long skipped;

    /** How many attributes a newer kernel than we know has sent, 0 or more. */
    long skipped() {
        return skipped;
    }

    @Override
    public Connection decode(NetlinkMessage message) throws NetlinkException {
        int type = message.type();
        if (type != Ctnetlink.type(Ctnetlink.IPCTNL_MSG_CT_NEW)
                && type != Ctnetlink.type(Ctnetlink.IPCTNL_MSG_CT_DELETE)) {
            throw new NetlinkException("message of type " + type + " where a connection was expected");
        }
        int length = message.payload().remaining();
        if (length < Ctnetlink.NFGENMSG_BYTES) {
            throw new NetlinkException("a connection in " + length + " bytes");
        }
        return connection(new AttributeReader(message.payload(), Ctnetlink.NFGENMSG_BYTES));
    }

    private Connection connection(AttributeReader attributes) throws NetlinkException {
        Tuple original = null;
        Tuple reply = null;
        Counters originalCounters = null;
        Counters replyCounters = null;
        int status = 0;
        long timeout = -1;
        TcpState state = null;
        int id = 0;
        long mark = 0;
        int zone = 0;
        Instant started = null;
        Instant stopped = null;
        while (attributes.next()) {
            switch (attributes.type()) {
                case Ctnetlink.CTA_TUPLE_ORIG -> original = tuple(attributes.nested());
                case Ctnetlink.CTA_TUPLE_REPLY -> reply = tuple(attributes.nested());
                case Ctnetlink.CTA_COUNTERS_ORIG -> originalCounters = counters(attributes.nested());
                case Ctnetlink.CTA_COUNTERS_REPLY -> replyCounters = counters(attributes.nested());
                case Ctnetlink.CTA_STATUS -> status = (int) attributes.be32();
                case Ctnetlink.CTA_TIMEOUT -> timeout = attributes.be32();
                case Ctnetlink.CTA_PROTOINFO -> state = state(attributes.nested());
                case Ctnetlink.CTA_ID -> id = (int) attributes.be32();
                case Ctnetlink.CTA_MARK -> mark = attributes.be32();
                case Ctnetlink.CTA_ZONE -> zone = attributes.be16();
                case Ctnetlink.CTA_TIMESTAMP -> {
                    AttributeReader times = attributes.nested();
                    while (times.next()) {
                        switch (times.type()) {
                            case Ctnetlink.CTA_TIMESTAMP_START -> started = instant(times.be64());
                            case Ctnetlink.CTA_TIMESTAMP_STOP -> stopped = instant(times.be64());
                            default -> times.skip();
                        }
                    }
                    times.end();
                }
                default -> {
                    if (attributes.type() > CTA_MAX) {
                        skipped++;
                    }
                }
            }
        }
        attributes.end();
        if (original == null || reply == null) {
            throw new NetlinkException(
                    "a connection without its " + (original == null ? "original" : "reply") + " tuple");
        }
        return new Connection(original, reply, originalCounters, replyCounters, status, timeout, state, id, mark, zone,
                started, stopped);
    }

    private static @Nullable Instant instant(long nanos) {
        return nanos == 0
                ? null
                : Instant.ofEpochSecond(Long.divideUnsigned(nanos, 1_000_000_000),
                        Long.remainderUnsigned(nanos, 1_000_000_000));
    }

    private static Counters counters(AttributeReader attributes) throws NetlinkException {
        long packets = -1;
        long bytes = -1;
        while (attributes.next()) {
            switch (attributes.type()) {
                case Ctnetlink.CTA_COUNTERS_PACKETS -> packets = attributes.be64();
                case Ctnetlink.CTA_COUNTERS_BYTES -> bytes = attributes.be64();
                default -> attributes.skip();
            }
        }
        attributes.end();
        if (packets < 0 || bytes < 0) {
            throw new NetlinkException("counters that are missing, or beyond 2^63: packets "
                    + Long.toUnsignedString(packets) + ", bytes " + Long.toUnsignedString(bytes));
        }
        return new Counters(packets, bytes);
    }

    private static @Nullable TcpState state(AttributeReader attributes) throws NetlinkException {
        TcpState state = null;
        while (attributes.next()) {
            if (attributes.type() == Ctnetlink.CTA_PROTOINFO_TCP) {
                AttributeReader tcp = attributes.nested();
                while (tcp.next()) {
                    if (tcp.type() == Ctnetlink.CTA_PROTOINFO_TCP_STATE) {
                        state = TcpState.of(tcp.u8());
                    }
                }
                tcp.end();
            }
        }
        attributes.end();
        return state;
    }

    private Tuple tuple(AttributeReader attributes) throws NetlinkException {
        long sourceHigh = 0;
        long sourceLow = 0;
        long destinationHigh = 0;
        long destinationLow = 0;
        int found = 0;
        int protocol = -1;
        int sourceId = 0;
        int destinationId = 0;
        int zone = 0;
        while (attributes.next()) {
            switch (attributes.type()) {
                case Ctnetlink.CTA_TUPLE_IP -> {
                    AttributeReader ip = attributes.nested();
                    while (ip.next()) {
                        switch (ip.type()) {
                            case Ctnetlink.CTA_IP_V4_SRC -> {
                                sourceLow = ip.be32();
                                found |= SOURCE | IPV4;
                            }
                            case Ctnetlink.CTA_IP_V4_DST -> {
                                destinationLow = ip.be32();
                                found |= DESTINATION | IPV4;
                            }
                            case Ctnetlink.CTA_IP_V6_SRC -> {
                                sourceHigh = ip.be64(0, IPV6_BYTES);
                                sourceLow = ip.be64(8, IPV6_BYTES);
                                found |= SOURCE | IPV6;
                            }
                            case Ctnetlink.CTA_IP_V6_DST -> {
                                destinationHigh = ip.be64(0, IPV6_BYTES);
                                destinationLow = ip.be64(8, IPV6_BYTES);
                                found |= DESTINATION | IPV6;
                            }
                            default -> skipped++;
                        }
                    }
                    ip.end();
                }
                case Ctnetlink.CTA_TUPLE_PROTO -> {
                    AttributeReader transport = attributes.nested();
                    while (transport.next()) {
                        switch (transport.type()) {
                            case Ctnetlink.CTA_PROTO_NUM -> protocol = transport.u8();
                            case Ctnetlink.CTA_PROTO_SRC_PORT, Ctnetlink.CTA_PROTO_ICMP_ID,
                                    Ctnetlink.CTA_PROTO_ICMPV6_ID ->
                                sourceId = transport.be16();
                            case Ctnetlink.CTA_PROTO_DST_PORT -> destinationId = transport.be16();
                            case Ctnetlink.CTA_PROTO_ICMP_TYPE, Ctnetlink.CTA_PROTO_ICMPV6_TYPE ->
                                destinationId |= transport.u8() << 8;
                            case Ctnetlink.CTA_PROTO_ICMP_CODE, Ctnetlink.CTA_PROTO_ICMPV6_CODE ->
                                destinationId |= transport.u8();
                            default -> skipped++;
                        }
                    }
                    transport.end();
                }
                case Ctnetlink.CTA_TUPLE_ZONE -> zone = attributes.be16();
                default -> skipped++;
            }
        }
        attributes.end();
        if (protocol < 0) {
            throw new NetlinkException("a tuple without its protocol");
        }
        return switch (found) {
            case SOURCE | DESTINATION | IPV4 -> Tuple.ofIpv4(sourceLow, destinationLow, protocol, sourceId,
                    destinationId, zone);
            case SOURCE | DESTINATION | IPV6 -> Tuple.ofIpv6(sourceHigh, sourceLow, destinationHigh, destinationLow,
                    protocol, sourceId, destinationId, zone);
            default -> throw new NetlinkException("a tuple without a source and a destination of one family");
        };
    }
}
