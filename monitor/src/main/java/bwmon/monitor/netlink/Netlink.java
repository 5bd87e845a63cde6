package bwmon.monitor.netlink;

/** Numbers of linux/netlink.h that messages are made of. */
public final class Netlink {
    /** NETLINK_ROUTE: the protocol of interfaces, addresses and routes, rtnetlink(7). */
    public static final int NETLINK_ROUTE = 0;

    /** NETLINK_SOCK_DIAG: the protocol that lists sockets, sock_diag(7). */
    public static final int NETLINK_SOCK_DIAG = 4;

    /** NETLINK_NETFILTER: the protocol of netfilter's subsystems, linux/netfilter/nfnetlink.h. */
    public static final int NETLINK_NETFILTER = 12;

    /** NLM_F_REQUEST: a request to the kernel. */
    public static final int NLM_F_REQUEST = 0x01;
    /** NLM_F_MULTI: a part of several, ended by NLMSG_DONE. */
    public static final int NLM_F_MULTI = 0x02;
    /** NLM_F_ACK: the kernel is to answer with an NLMSG_ERROR of 0. */
    public static final int NLM_F_ACK = 0x04;
    /** NLM_F_DUMP_INTR: what is listed changed meanwhile, so that the list may lack entries or have them twice. */
    public static final int NLM_F_DUMP_INTR = 0x10;
    /** NLM_F_DUMP: NLM_F_ROOT | NLM_F_MATCH, the whole table. */
    public static final int NLM_F_DUMP = 0x100 | 0x200;
    /** NLM_F_EXCL: what is to be created must not be there yet. */
    public static final int NLM_F_EXCL = 0x200;
    /** NLM_F_CREATE: to be created if it is not there. */
    public static final int NLM_F_CREATE = 0x400;

    /** NLA_F_NESTED: the attribute's value is attributes. */
    public static final int NLA_F_NESTED = 1 << 15;

    /** NLMSG_NOOP: to be ignored. */
    public static final int NLMSG_NOOP = 0x1;
    /** NLMSG_ERROR: the negative of errno, 0 for an acknowledgement. */
    public static final int NLMSG_ERROR = 0x2;
    /** NLMSG_DONE: the end of a dump, with 0 or the negative of errno. */
    public static final int NLMSG_DONE = 0x3;
    /** NLMSG_OVERRUN: data was lost. */
    public static final int NLMSG_OVERRUN = 0x4;

    /** sizeof(struct nlmsghdr): length u32, type u16, flags u16, sequence u32, port u32. */
    static final int NLMSG_HDRLEN = 16;
    /** sizeof(struct nlattr): length u16, type u16. */
    static final int NLA_HDRLEN = 4;
    /** NLA_TYPE_MASK: without NLA_F_NESTED (1 << 15) and NLA_F_NET_BYTEORDER (1 << 14). */
    static final int NLA_TYPE_MASK = 0x3fff;

    private Netlink() {}

    /**
     * Where the next message or attribute begins:
     *
     * <pre>
     * #define NLMSG_ALIGNTO   4U
     * #define NLMSG_ALIGN(len) ( ((len)+NLMSG_ALIGNTO-1) &amp; ~(NLMSG_ALIGNTO-1) )
     * #define NLA_ALIGNTO             4
     * #define NLA_ALIGN(len)          (((len) + NLA_ALIGNTO - 1) &amp; ~(NLA_ALIGNTO - 1))
     * </pre>
     *
     * @param length 0 to 2^31 - 4
     */
    static int align(int length) {
        return (length + 3) & ~3;
    }
}
