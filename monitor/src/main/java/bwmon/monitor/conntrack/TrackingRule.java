package bwmon.monitor.conntrack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.KernelChannel;
import bwmon.monitor.netlink.MessageWriter;
import bwmon.monitor.netlink.Netlink;
import bwmon.monitor.netlink.NetlinkChannel;
import bwmon.monitor.netlink.NetlinkConnection;

/**
 * A rule that asks for the state of connections, and so makes the kernel track them in this network namespace: in a table
 * of nf_tables of our own, in a chain without a hook, so that no packet ever meets it. The table belongs to our socket: the
 * kernel takes it away with the socket, whatever ends us.
 *
 * <p>Numbers are those of linux/netfilter/nfnetlink.h and linux/netfilter/nf_tables.h.
 */
final class TrackingRule implements AutoCloseable {
    private static final String TABLE = "bwmon";
    private static final String CHAIN = "track";

    /** NFPROTO_INET, linux/netfilter.h: IPv4 and IPv6. */
    private static final int NFPROTO_INET = 1;

    private static final int NFNL_SUBSYS_NFTABLES = 10;
    private static final int NFNL_MSG_BATCH_BEGIN = 0x10;
    private static final int NFNL_MSG_BATCH_END = 0x11;

    private static final int NFT_MSG_NEWTABLE = 0;
    private static final int NFT_MSG_NEWCHAIN = 3;
    private static final int NFT_MSG_NEWRULE = 6;

    private static final int NFTA_TABLE_NAME = 1;
    private static final int NFTA_TABLE_FLAGS = 2;
    /** Since Linux 5.12. */
    private static final int NFT_TABLE_F_OWNER = 2;
    private static final int NFTA_CHAIN_TABLE = 1;
    private static final int NFTA_CHAIN_NAME = 3;
    private static final int NFTA_RULE_TABLE = 1;
    private static final int NFTA_RULE_CHAIN = 2;
    private static final int NFTA_RULE_EXPRESSIONS = 4;
    private static final int NFTA_LIST_ELEM = 1;
    private static final int NFTA_EXPR_NAME = 1;
    private static final int NFTA_EXPR_DATA = 2;
    private static final int NFTA_CT_DREG = 1;
    private static final int NFTA_CT_KEY = 2;
    private static final int NFT_REG_1 = 1;
    private static final int NFT_CT_STATE = 0;

    private final NetlinkConnection netlink;
    private final String table;

    private TrackingRule(NetlinkConnection netlink, String table) {
        this.netlink = netlink;
        this.table = table;
    }

    /**
     * Adds the rule in the calling thread's network namespace.
     *
     * @throws ErrnoException if the kernel refuses; EPERM without CAP_NET_ADMIN over the namespace, EOPNOTSUPP or EINVAL
     *     where it has no nf_tables, or is older than Linux 5.12
     */
    static TrackingRule add() throws IOException {
        return add(KernelChannel.open(Netlink.NETLINK_NETFILTER));
    }

    static TrackingRule add(NetlinkChannel channel) throws IOException {
        var netlink = new NetlinkConnection(channel);
        boolean added = false;
        try {
            String name = TABLE;
            try {
                add(netlink, name);
            } catch (ErrnoException e) {
                // Another program of ours has that table; the kernel lets nobody else touch it.
                if (e.errno() != Errno.EEXIST && e.errno() != Errno.EPERM) {
                    throw e;
                }
                name = TABLE + "-" + ProcessHandle.current().pid();
                add(netlink, name);
            }
            added = true;
            return new TrackingRule(netlink, name);
        } finally {
            if (!added) {
                netlink.close();
            }
        }
    }

    private static void add(NetlinkConnection netlink, String table) throws IOException {
        int create = Netlink.NLM_F_REQUEST | Netlink.NLM_F_CREATE | Netlink.NLM_F_ACK;
        MessageWriter newTable = nft(NFT_MSG_NEWTABLE, create | Netlink.NLM_F_EXCL)
                .attribute(NFTA_TABLE_NAME, text(table))
                .attribute(NFTA_TABLE_FLAGS, be32(NFT_TABLE_F_OWNER));
        MessageWriter newChain = nft(NFT_MSG_NEWCHAIN, create)
                .attribute(NFTA_CHAIN_TABLE, text(table))
                .attribute(NFTA_CHAIN_NAME, text(CHAIN));
        MessageWriter newRule = nft(NFT_MSG_NEWRULE, create)
                .attribute(NFTA_RULE_TABLE, text(table))
                .attribute(NFTA_RULE_CHAIN, text(CHAIN))
                .nested(NFTA_RULE_EXPRESSIONS, expressions -> expressions.nested(NFTA_LIST_ELEM, element -> element
                        .attribute(NFTA_EXPR_NAME, text("ct"))
                        .nested(NFTA_EXPR_DATA, ct -> ct
                                .attribute(NFTA_CT_DREG, be32(NFT_REG_1))
                                .attribute(NFTA_CT_KEY, be32(NFT_CT_STATE)))));
        netlink.transact("adding nft table inet " + table,
                List.of(batch(NFNL_MSG_BATCH_BEGIN), newTable, newChain, newRule, batch(NFNL_MSG_BATCH_END)),
                message -> message.type());
    }

    private static MessageWriter nft(int message, int flags) {
        return new MessageWriter(NFNL_SUBSYS_NFTABLES << 8 | message, flags, 0, 0)
                .bytes(Ctnetlink.nfgenmsg(NFPROTO_INET));
    }

    /** The resource of a batch's struct nfgenmsg is the subsystem, in network byte order. */
    private static MessageWriter batch(int type) {
        return new MessageWriter(type, Netlink.NLM_F_REQUEST, 0, 0).bytes((byte) 0, Ctnetlink.NFNETLINK_V0, (byte) 0,
                (byte) NFNL_SUBSYS_NFTABLES);
    }

    private static byte[] text(String text) {
        return (text + '\0').getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] be32(int value) {
        return new byte[]{0, 0, 0, (byte) value};
    }

    /** The table's name, in family inet. */
    String table() {
        return table;
    }

    /** Takes the table away, from any thread. */
    @Override
    public void close() {
        netlink.close();
    }
}
