package bwmon.monitor.conntrack;

import bwmon.monitor.netlink.MessageWriter;

/** Numbers of linux/netfilter/nfnetlink.h and linux/netfilter/nfnetlink_conntrack.h that messages are made of. */
final class Ctnetlink {
    /** NFNL_SUBSYS_CTNETLINK, nfnetlink.h. */
    static final int SUBSYSTEM = 1;
    /** sizeof(struct nfgenmsg), nfnetlink.h: family u8, version u8, res_id big-endian u16. */
    static final int NFGENMSG_BYTES = 4;
    /** NFNETLINK_V0, nfnetlink.h. */
    static final byte NFNETLINK_V0 = 0;

    /** Groups to join: NFNLGRP_CONNTRACK_NEW and NFNLGRP_CONNTRACK_DESTROY, nfnetlink.h. */
    static final int NFNLGRP_CONNTRACK_NEW = 1;
    static final int NFNLGRP_CONNTRACK_DESTROY = 3;

    /** enum cntl_msg_types: IPCTNL_MSG_CT_NEW, also the answer to a dump. */
    static final int IPCTNL_MSG_CT_NEW = 0;
    static final int IPCTNL_MSG_CT_GET = 1;
    static final int IPCTNL_MSG_CT_DELETE = 2;
    static final int IPCTNL_MSG_CT_GET_STATS = 5;

    /** enum ctattr_type. */
    static final int CTA_TUPLE_ORIG = 1;
    static final int CTA_TUPLE_REPLY = 2;
    static final int CTA_STATUS = 3;
    static final int CTA_PROTOINFO = 4;
    static final int CTA_TIMEOUT = 7;
    static final int CTA_MARK = 8;
    static final int CTA_COUNTERS_ORIG = 9;
    static final int CTA_COUNTERS_REPLY = 10;
    static final int CTA_ID = 12;
    static final int CTA_ZONE = 18;
    static final int CTA_TIMESTAMP = 20;

    /** enum ctattr_tuple. */
    static final int CTA_TUPLE_IP = 1;
    static final int CTA_TUPLE_PROTO = 2;
    static final int CTA_TUPLE_ZONE = 3;

    /** enum ctattr_ip. */
    static final int CTA_IP_V4_SRC = 1;
    static final int CTA_IP_V4_DST = 2;
    static final int CTA_IP_V6_SRC = 3;
    static final int CTA_IP_V6_DST = 4;

    /** enum ctattr_l4proto. */
    static final int CTA_PROTO_NUM = 1;
    static final int CTA_PROTO_SRC_PORT = 2;
    static final int CTA_PROTO_DST_PORT = 3;
    static final int CTA_PROTO_ICMP_ID = 4;
    static final int CTA_PROTO_ICMP_TYPE = 5;
    static final int CTA_PROTO_ICMP_CODE = 6;
    static final int CTA_PROTO_ICMPV6_ID = 7;
    static final int CTA_PROTO_ICMPV6_TYPE = 8;
    static final int CTA_PROTO_ICMPV6_CODE = 9;

    /** enum ctattr_protoinfo and enum ctattr_protoinfo_tcp. */
    static final int CTA_PROTOINFO_TCP = 1;
    static final int CTA_PROTOINFO_TCP_STATE = 1;

    /** enum ctattr_counters. */
    static final int CTA_COUNTERS_PACKETS = 1;
    static final int CTA_COUNTERS_BYTES = 2;

    /** enum ctattr_tstamp: nanoseconds since 1970. */
    static final int CTA_TIMESTAMP_START = 1;
    static final int CTA_TIMESTAMP_STOP = 2;

    private Ctnetlink() {}

    /**
     * The type of a netfilter message: the subsystem in the upper eight bits of 16, the operation in the lower.
     *
     * <pre>
     * #define NFNL_SUBSYS_ID(x)       ((x &amp; 0xff00) &gt;&gt; 8)
     * #define NFNL_MSG_TYPE(x)        (x &amp; 0x00ff)
     * </pre>
     */
    static int type(int message) {
        return SUBSYSTEM << 8 | message;
    }

    /** A request with its struct nfgenmsg, to which attributes are added. */
    static MessageWriter request(int message, int flags, int family) {
        return new MessageWriter(type(message), flags, 0, 0).bytes(nfgenmsg(family));
    }

    static byte[] nfgenmsg(int family) {
        return new byte[]{(byte) family, NFNETLINK_V0, 0, 0};
    }
}
