package bwmon.monitor.rtnetlink;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

import bwmon.traffic.ByteCounts;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class IpTrafficTest {
    private static final int ETHER = 1;
    private static final int LOOPBACK = 772;
    private static final int NONE = 0xfffe;

    private static Link link(int index, String name, int type, int master, int parent, String kind) {
        return new Link(index, name, type, 0, master, parent, false, kind, LinkCounters.ZERO);
    }

    private static Link counted(Link link, long rxBytes, long rxPackets, long txBytes, long txPackets) {
        return new Link(link.index(), link.name(), link.type(), link.flags(), link.master(), link.parent(),
                link.isParentElsewhere(), link.kind(), new LinkCounters(rxBytes, txBytes, rxPackets, txPackets));
    }

    private static Set<String> counting(Link... links) {
        return IpTraffic.counting(Arrays.asList(links)).stream().map(Link::name).collect(Collectors.toSet());
    }

    @Test
    void aPlainHost() {
        assertEquals(Set.of("lo", "eth0", "wg0", "tun0"),
                counting(link(1, "lo", LOOPBACK, 0, 0, ""), link(2, "eth0", ETHER, 0, 0, ""),
                        link(3, "wg0", NONE, 0, 0, "wireguard"), link(4, "tun0", NONE, 0, 0, "tun"),
                        link(5, "ifb0", ETHER, 0, 0, "ifb"), link(6, "nlmon0", 824, 0, 0, "nlmon"),
                        link(7, "can0", 280, 0, 0, "can")));
    }

    @Test
    void theBridgeCountsAndItsPortsDoNot() {
        assertEquals(Set.of("docker0", "eth0"),
                counting(link(2, "eth0", ETHER, 0, 0, ""), link(3, "docker0", ETHER, 0, 0, "bridge"),
                        link(4, "veth1", ETHER, 3, 9, "veth"), link(5, "tap0", ETHER, 3, 0, "tun")));
    }

    @Test
    void theBondCountsAndItsVlansDoNot() {
        assertEquals(Set.of("bond0"),
                counting(link(2, "eth0", ETHER, 4, 0, ""), link(3, "eth1", ETHER, 4, 0, ""),
                        link(4, "bond0", ETHER, 0, 0, "bond"), link(5, "bond0.7", ETHER, 0, 4, "vlan"),
                        link(6, "mac0", ETHER, 0, 5, "macvlan")));
    }

    @Test
    void aVlanOverAPartOfABondOrBridgeCountsItself() {
        assertEquals(Set.of("br0", "eth0.5"), counting(link(2, "eth0", ETHER, 3, 0, ""),
                link(3, "br0", ETHER, 0, 0, "bridge"), link(4, "eth0.5", ETHER, 0, 2, "vlan"),
                link(5, "eth0.5.6", ETHER, 0, 4, "vlan")));
    }

    @Test
    void theInterfacesOfAVrfCountAndTheVrfDoesNot() {
        assertEquals(Set.of("eth0"),
                counting(link(2, "eth0", ETHER, 3, 0, ""), link(3, "red", ETHER, 0, 0, "vrf"),
                        link(4, "eth0.5", ETHER, 3, 2, "vlan")));
    }

    @Test
    void aParentInAnotherNamespaceIsNotTheInterfaceOfThatNumberHere() {
        var macvlan = new Link(7, "eth0", ETHER, 0, 0, 2, true, "macvlan", LinkCounters.ZERO);
        assertEquals(Set.of("eth0", "dummy0"), counting(macvlan, link(2, "dummy0", ETHER, 0, 0, "dummy")));
    }

    @Test
    void whatAParentThatIsNotListedCountsIsUnknown() {
        assertEquals(Set.of("eth0.5"), counting(link(7, "eth0.5", ETHER, 0, 99, "vlan")));
        assertEquals(Set.of(), counting(link(7, "eth0", ETHER, 99, 0, "")));
    }

    @Test
    void aBridgeOverAVlanCountsInsteadOfTheVlan() {
        Link eth = link(2, "eth0", ETHER, 0, 0, "");
        Link vlan = link(3, "eth0.5", ETHER, 4, 2, "vlan");
        Link bridge = link(4, "br5", ETHER, 0, 0, "bridge");
        Link plain = link(5, "eth0.6", ETHER, 0, 2, "vlan");
        Link inner = link(6, "eth0.6.7", ETHER, 4, 5, "vlan");
        Link tap = link(7, "vm", ETHER, 0, 2, "macvtap");
        assertEquals(Set.of("eth0", "br5"), counting(eth, vlan, bridge, plain, inner, tap));
        List<Link> before = List.of(eth, vlan, bridge, plain, inner, tap);
        List<Link> now = List.of(counted(eth, 11_400, 100, 1_140, 10), counted(vlan, 1_000, 10, 114, 1),
                counted(bridge, 500, 5, 57, 1), counted(plain, 3_000, 30, 0, 0), counted(inner, 500, 5, 0, 0),
                counted(tap, 1_140, 10, 228, 2));
        // 11400 - 1000 - 500 - 1140 = 8760 bytes and 100 - 25 packets.
        assertEquals(Map.of("eth0", ByteCounts.ofIp(8_760 - 14 * 75, 1_140 - 342 - 14 * 7, 75, 7), "br5",
                ByteCounts.ofIp(500, 57 - 14, 5, 1)), IpTraffic.between(before, now));
    }

    @Test
    void onlyWhatCameSinceIsCounted() {
        Link eth = link(2, "eth0", ETHER, 0, 0, "");
        Link fresh = counted(link(3, "tun0", NONE, 0, 0, "tun"), 70, 1, 80, 2);
        List<Link> now = List.of(counted(eth, 5_000, 10, 7_000, 20), fresh);
        assertEquals(
                Map.of("eth0", ByteCounts.ofIp(4_000 - 14 * 5, 5_000 - 14 * 9, 5, 9), "tun0",
                        ByteCounts.ofIp(70, 80, 1, 2)),
                IpTraffic.between(List.of(counted(eth, 1_000, 5, 2_000, 11)), now));
        // Its counters began anew, or another interface has taken the number.
        Map<String, ByteCounts> all = IpTraffic.between(List.of(), now);
        assertEquals(all, IpTraffic.between(List.of(counted(eth, 5_001, 10, 0, 0)), now));
        assertEquals(all, IpTraffic.between(
                List.of(counted(link(2, "eth1", ETHER, 0, 0, ""), 1, 1, 1, 1)), now));
        assertEquals(ByteCounts.ofIp(0, 0, 0, 0), IpTraffic.between(now, now).get("eth0"));
    }

    @Test
    void headersAreThoseOfTheKind() {
        assertEquals(new LinkHeader(14, 14), LinkHeader.of(link(1, "a", ETHER, 0, 0, "veth")));
        assertEquals(new LinkHeader(14, 14), LinkHeader.of(link(1, "a", ETHER, 0, 0, "tun")));
        assertEquals(new LinkHeader(0, 14), LinkHeader.of(link(1, "a", ETHER, 0, 0, "bridge")));
        assertEquals(new LinkHeader(0, 0), LinkHeader.of(link(1, "a", ETHER, 0, 0, "vxlan")));
        assertEquals(new LinkHeader(0, 0), LinkHeader.of(link(1, "a", NONE, 0, 0, "tun")));
        assertEquals(new LinkHeader(0, 0), LinkHeader.of(link(1, "lo", LOOPBACK, 0, 0, "")));
        assertEquals(new LinkHeader(4, 4), LinkHeader.of(link(1, "ib0", 32, 0, 0, "")));
    }

    @Test
    void anyTableEndsInABalance() {
        var random = new Random(3);
        String[] kinds = {"", "vlan", "macvlan", "bridge", "vrf", "bond", "macvtap", "veth", "ifb"};
        for (int i = 0; i < 5_000; i++) {
            var table = new ArrayList<Link>();
            int size = 1 + random.nextInt(8);
            for (int n = 1; n <= size; n++) {
                table.add(counted(
                        new Link(n, "i" + n, ETHER, 0, random.nextInt(size + 1) * random.nextInt(2),
                                random.nextInt(size + 1), random.nextInt(5) == 0,
                                kinds[random.nextInt(kinds.length)], LinkCounters.ZERO),
                        random.nextInt(1 << 20), random.nextInt(100), random.nextInt(1 << 20), random.nextInt(100)));
            }
            Set<String> names = IpTraffic.counting(table).stream().map(Link::name).collect(Collectors.toSet());
            assertEquals(names, IpTraffic.between(List.of(), table).keySet());
            assertTrue(names.size() <= size);
        }
    }
}
