package bwmon.monitor.rtnetlink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.traffic.ByteCounts;
import org.jspecify.annotations.Nullable;

/**
 * What the IP stack of one network namespace moved through which of its interfaces, each byte once, from the interfaces'
 * own counters. Pure.
 *
 * <p><b>Which interfaces.</b> Those at which the IP stack itself sends and receives:
 * <ul>
 * <li>Ports of a bridge and parts of a bond or team do not count, the bridge or bond does: it counts what reaches the IP
 * stack, not what passes between its ports. The interfaces of a VRF do count, and the VRF does not, as packets only change
 * hands there.
 * <li>A VLAN, macvlan or ipvlan interface does not count beside its parent in the same namespace, which counts its
 * packets. If the parent does not count, it does. What passes between two macvlan interfaces of one parent never reaches
 * the parent, and is not seen.
 * <li>If such an interface belongs to a bridge (a bridge over a VLAN), or to a virtual machine (macvtap), what it moved is
 * taken off its parent: the bridge counts it, if it was for this host at all.
 * <li>A tunnel and the interface that carries it both count: the packets inside and outside are two flows.
 * <li>An IFB does not count: what it shows was or will be another interface's. Nor does what bears no IP (CAN, monitors).
 * </ul>
 * Bytes are those of IP packets, as far as {@link LinkHeader} knows the header of the link layer.
 *
 * <p><b>Not seen:</b> what an interface moved between the last look and its end, and the traffic of a parent's macvlan
 * interfaces in other namespaces (containers), which the parent counts as if it were this host's.
 */
public final class IpTraffic {
    /** ARPHRD_*, linux/if_arp.h: no IP passes there. IEEE80211 and the two after it are monitors. */
    private static final Set<Integer> WITHOUT_IP = Set.of(280 /* CAN */, 801 /* IEEE80211 */, 802 /* _PRISM */,
            803 /* _RADIOTAP */, 804 /* IEEE802154 */, 805 /* IEEE802154_MONITOR */, 824 /* NETLINK */,
            826 /* VSOCKMON */);
    /** Kinds whose packets the parent counts as well. */
    private static final Set<String> OVER_PARENT = Set.of("vlan", "macvlan", "ipvlan", "macvtap", "ipvtap", "macsec",
            "dsa");
    /** Kinds whose packets go to a file descriptor of another program instead of the IP stack. */
    private static final Set<String> TAPS = Set.of("macvtap", "ipvtap");

    private final Map<Integer, Link> links = new HashMap<>();

    private IpTraffic(List<Link> list) {
        list.forEach(link -> links.put(link.index(), link));
    }

    /**
     * What moved between two looks.
     *
     * @param before as of the earlier look; an interface that was not there yet is held to be new
     * @param now as of the later look
     * @return by the interface's name; only those that count, also if nothing moved
     */
    public static Map<String, ByteCounts> between(List<Link> before, List<Link> now) {
        var earlier = new HashMap<Integer, Link>();
        before.forEach(link -> earlier.put(link.index(), link));
        var traffic = new IpTraffic(now);
        var gains = new HashMap<String, ByteCounts>();
        for (Link link : now) {
            if (traffic.counts(link)) {
                LinkCounters gain = gain(link, earlier.get(link.index()));
                for (Link upper : traffic.handedOn(link)) {
                    // Not read at the same instant, so that for a moment it may be less than what is taken off.
                    gain = gain.minus(gain(upper, earlier.get(upper.index())));
                }
                gains.put(link.name(), gain.without(LinkHeader.of(link)));
            }
        }
        return gains;
    }

    /** The interfaces among these that count. */
    public static List<Link> counting(List<Link> list) {
        var traffic = new IpTraffic(list);
        return list.stream().filter(traffic::counts).toList();
    }

    private boolean counts(Link link) {
        return isOfTheStack(link) && !isCountedBelow(link, new HashSet<>());
    }

    /** Whether the IP stack itself sends and receives there. */
    private boolean isOfTheStack(Link link) {
        if (WITHOUT_IP.contains(link.type()) || TAPS.contains(link.kind()) || link.kind().equals("vrf")
                || link.kind().equals("ifb")) {
            return false;
        }
        if (link.master() == 0) {
            return true;
        }
        Link master = links.get(link.master());
        return master != null && master.kind().equals("vrf");
    }

    private @Nullable Link parentOf(Link link) {
        return OVER_PARENT.contains(link.kind()) && !link.isParentElsewhere() ? links.get(link.parent()) : null;
    }

    /** Whether a parent, or the parent's parent, counts what this interface moves. */
    private boolean isCountedBelow(Link link, Set<Integer> seen) {
        Link parent = parentOf(link);
        // No interface is its own ancestor; the list may have been read while they changed.
        return parent != null && seen.add(parent.index())
                && (isOfTheStack(parent) || isCountedBelow(parent, seen));
    }

    /** The interfaces over this one whose packets do not go to the IP stack there. */
    private List<Link> handedOn(Link link) {
        var result = new ArrayList<Link>();
        for (Link other : links.values()) {
            if (!isOfTheStack(other) && isRightAbove(other, link)) {
                result.add(other);
            }
        }
        return result;
    }

    /** Whether one is over another, with nothing but interfaces of the IP stack between them. */
    private boolean isRightAbove(Link upper, Link lower) {
        var seen = new HashSet<Integer>();
        for (Link parent = parentOf(upper); parent != null && seen.add(parent.index()); parent = parentOf(parent)) {
            if (parent.index() == lower.index()) {
                return true;
            }
            if (!isOfTheStack(parent)) {
                return false;
            }
        }
        return false;
    }

    private static LinkCounters gain(Link now, @Nullable Link before) {
        // A name or an index alone is used again.
        return before != null && before.name().equals(now.name()) && before.kind().equals(now.kind())
                ? now.counters().since(before.counters())
                : now.counters();
    }
}
