package bwmon.monitor.rtnetlink;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import bwmon.monitor.netlink.AttributeReader;
import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of a namespace's interfaces; without the network of each, and without its interface's scope.
 *
 * @param unicast the interfaces' own
 * @param broadcast of their networks, IPv4 only; those with none, such as loopback's and those of /31 and /32, have none here
 */
public record Addresses(Set<InetAddress> unicast, Set<InetAddress> broadcast) {
    /** sizeof(struct ifaddrmsg), linux/if_addr.h: family, prefix length, flags, scope u8 each, index u32. */
    static final int IFADDRMSG_BYTES = 8;
    /** IFA_*, linux/if_addr.h: of a point-to-point interface IFA_ADDRESS is the peer's, of others it equals IFA_LOCAL. */
    static final int IFA_ADDRESS = 1;
    static final int IFA_LOCAL = 2;
    static final int IFA_BROADCAST = 4;

    public Addresses {
        unicast = Set.copyOf(unicast);
        broadcast = Set.copyOf(broadcast);
    }

    /** One address of one interface. */
    record One(InetAddress local, @Nullable InetAddress broadcast) {}

    static Addresses of(List<One> list) {
        var unicast = new HashSet<InetAddress>();
        var broadcast = new HashSet<InetAddress>();
        for (One one : list) {
            unicast.add(one.local());
            if (one.broadcast() != null) {
                broadcast.add(one.broadcast());
            }
        }
        return new Addresses(unicast, broadcast);
    }

    /**
     * Reads an RTM_NEWADDR.
     *
     * @throws NetlinkException if it is malformed
     */
    static One decode(NetlinkMessage message) throws NetlinkException {
        ByteBuffer bytes = message.payload();
        if (bytes.remaining() < IFADDRMSG_BYTES) {
            throw new NetlinkException("an ifaddrmsg of " + bytes.remaining() + " bytes is too short");
        }
        InetAddress address = null;
        InetAddress local = null;
        InetAddress broadcast = null;
        var attributes = new AttributeReader(bytes, IFADDRMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case IFA_ADDRESS -> address = address(attributes.bytes());
                case IFA_LOCAL -> local = address(attributes.bytes());
                case IFA_BROADCAST -> broadcast = address(attributes.bytes());
                default -> attributes.skip();
            }
        }
        attributes.end();
        if (local == null) {
            local = address; // IPv6 has IFA_LOCAL only where there is a peer.
        }
        if (local == null) {
            throw new NetlinkException("an address that is not told");
        }
        return new One(local, broadcast);
    }

    private static InetAddress address(ByteBuffer value) throws NetlinkException {
        byte[] octets = new byte[value.remaining()];
        value.get(octets);
        try {
            return InetAddress.getByAddress(octets);
        } catch (UnknownHostException e) {
            throw new NetlinkException("an address of " + octets.length + " bytes");
        }
    }
}
