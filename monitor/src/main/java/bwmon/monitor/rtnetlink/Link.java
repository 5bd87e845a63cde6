package bwmon.monitor.rtnetlink;

import java.nio.ByteBuffer;

import bwmon.monitor.netlink.AttributeReader;
import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;

/**
 * One interface: struct ifinfomsg (linux/rtnetlink.h) and some of its attributes (linux/if_link.h).
 *
 * @param index 1 or more, its number in its namespace
 * @param name up to 15 bytes, any but / and white space
 * @param type ARPHRD_*, linux/if_arp.h
 * @param flags IFF_*, linux/if.h
 * @param master index of the bridge, bond or VRF that it is a part of; 0 if of none
 * @param parent index of the interface that it is made over; 0 if over none
 * @param isParentElsewhere whether the parent is in another network namespace, where its index means another interface
 * @param kind such as {@code bridge}, {@code veth}, {@code tun}; empty for a device with a driver of its own
 * @param counters since it was made
 */
public record Link(int index, String name, int type, int flags, int master, int parent, boolean isParentElsewhere,
        String kind, LinkCounters counters) {
    /** sizeof(struct ifinfomsg): family u8, pad u8, type u16, index i32, flags u32, change u32. */
    static final int IFINFOMSG_BYTES = 16;
    static final int TYPE = 2;
    static final int INDEX = 4;
    static final int FLAGS = 8;

    /** IFLA_*, linux/if_link.h. */
    static final int IFLA_IFNAME = 3;
    static final int IFLA_LINK = 5;
    static final int IFLA_MASTER = 10;
    static final int IFLA_LINKINFO = 18;
    static final int IFLA_STATS64 = 23;
    static final int IFLA_LINK_NETNSID = 37;
    static final int IFLA_INFO_KIND = 1;

    /**
     * Reads an RTM_NEWLINK.
     *
     * @throws NetlinkException if it is malformed
     */
    static Link decode(NetlinkMessage message) throws NetlinkException {
        ByteBuffer bytes = message.payload();
        if (bytes.remaining() < IFINFOMSG_BYTES) {
            throw new NetlinkException("an ifinfomsg of " + bytes.remaining() + " bytes is too short");
        }
        int start = bytes.position();
        String name = "";
        String kind = "";
        int master = 0;
        int parent = 0;
        boolean isParentElsewhere = false;
        LinkCounters counters = LinkCounters.ZERO;
        var attributes = new AttributeReader(bytes, IFINFOMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case IFLA_IFNAME -> name = attributes.text();
                case IFLA_MASTER -> master = (int) attributes.u32();
                case IFLA_LINK -> parent = (int) attributes.u32();
                case IFLA_LINK_NETNSID -> isParentElsewhere = true;
                case IFLA_LINKINFO -> kind = kind(attributes.nested());
                case IFLA_STATS64 -> counters = LinkCounters.decode(attributes.bytes());
                default -> attributes.skip();
            }
        }
        attributes.end();
        int index = bytes.getInt(start + INDEX);
        return new Link(index, name, Short.toUnsignedInt(bytes.getShort(start + TYPE)), bytes.getInt(start + FLAGS),
                master, parent == index ? 0 : parent, isParentElsewhere, kind, counters);
    }

    private static String kind(AttributeReader info) throws NetlinkException {
        String kind = "";
        while (info.next()) {
            if (info.type() == IFLA_INFO_KIND) {
                kind = info.text();
            } else {
                info.skip();
            }
        }
        info.end();
        return kind;
    }
}
