package bwmon.aggregator.grouping;

import java.net.InetAddress;
import java.util.Set;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static bwmon.aggregator.grouping.TrafficClass.INTERNET;
import static bwmon.aggregator.grouping.TrafficClass.LAN;
import static bwmon.aggregator.grouping.TrafficClass.LOOPBACK;
import static org.junit.jupiter.api.Assertions.assertEquals;

class TrafficClassTest {
    private static Endpoint at(String address) {
        return new Endpoint(InetAddress.ofLiteral(address), 80);
    }

    private static TrafficClass of(String local, String remote, String... own) {
        Set<String> addresses = Set.of(own);
        return TrafficClass.of(new Flow(Protocol.TCP, at(local), at(remote)), end -> addresses.contains(end.host()));
    }

    private static String somebody(String remote) {
        return remote.contains(":") && !remote.startsWith("::ffff:") ? "2a00:1450::7" : "8.8.4.4";
    }

    /** The first and the last address of each network of the registries, and what lies beside it. */
    @ParameterizedTest
    @CsvSource({"0.0.0.0, LAN", "0.255.255.255, LAN", "1.0.0.0, INTERNET", "9.255.255.255, INTERNET", "10.0.0.0, LAN",
            "10.255.255.255, LAN", "11.0.0.0, INTERNET", "100.63.255.255, INTERNET", "100.64.0.0, LAN",
            "100.127.255.255, LAN", "100.128.0.0, INTERNET", "126.255.255.255, INTERNET", "127.0.0.0, LOOPBACK",
            "127.255.255.255, LOOPBACK", "128.0.0.0, INTERNET", "169.253.255.255, INTERNET", "169.254.0.0, LAN",
            "169.254.255.255, LAN", "169.255.0.0, INTERNET", "172.15.255.255, INTERNET", "172.16.0.0, LAN",
            "172.31.255.255, LAN", "172.32.0.0, INTERNET", "191.255.255.255, INTERNET", "192.0.0.0, LAN",
            "192.0.0.255, LAN", "192.0.1.0, INTERNET", "192.0.2.0, LAN", "192.0.2.255, LAN", "192.0.3.0, INTERNET",
            "192.31.196.1, INTERNET", "192.52.193.1, INTERNET", "192.88.99.1, INTERNET", "192.167.255.255, INTERNET",
            "192.168.0.0, LAN", "192.168.255.255, LAN", "192.169.0.0, INTERNET", "192.175.48.1, INTERNET",
            "198.17.255.255, INTERNET", "198.18.0.0, LAN", "198.19.255.255, LAN", "198.20.0.0, INTERNET",
            "198.51.99.255, INTERNET", "198.51.100.0, LAN", "198.51.100.255, LAN", "198.51.101.0, INTERNET",
            "203.0.112.255, INTERNET", "203.0.113.0, LAN", "203.0.113.255, LAN", "203.0.114.0, INTERNET",
            "223.255.255.255, INTERNET", "224.0.0.0, LAN", "239.255.255.255, LAN", "240.0.0.0, LAN",
            "255.255.255.255, LAN"})
    void ipv4AddressesAreOfTheClassThatTheRegistrySays(String remote, TrafficClass expected) {
        assertEquals(expected, of(somebody(remote), remote));
        assertEquals(expected, of(somebody(remote), "::ffff:" + remote), "IPv4-mapped");
    }

    @ParameterizedTest
    @CsvSource({"::, LAN", "::1, LOOPBACK", "::2, INTERNET", "::ffff:127.0.0.1, LOOPBACK", "::ffff:9.9.9.9, INTERNET",
            "64:ff9b::909:909, INTERNET", "64:ff9b:1::, LAN", "64:ff9b:1:ffff::1, LAN", "64:ff9b:2::, INTERNET",
            "100::, LAN", "100::ffff:ffff:ffff:ffff, LAN", "100:0:0:1::1, LAN", "100:0:0:2::, INTERNET",
            "2000:ffff::1, INTERNET", "2001::1, INTERNET", "2001:1::1, LAN", "2001:2::1, LAN", "2001:3::1, INTERNET",
            "2001:4:111::1, LAN", "2001:4:112::1, INTERNET", "2001:4:113::1, LAN", "2001:10::1, LAN",
            "2001:20::1, INTERNET", "2001:2f:ffff::1, INTERNET", "2001:30::1, INTERNET", "2001:40::1, LAN",
            "2001:1ff:ffff::1, LAN", "2001:200::1, INTERNET", "2001:db7:ffff::1, INTERNET", "2001:db8::, LAN",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, LAN", "2001:db9::, INTERNET", "2002:909:909::1, INTERNET",
            "2620:4f:8000::1, INTERNET", "3ffe:ffff::1, INTERNET", "3fff::1, LAN", "3fff:fff:ffff::1, LAN",
            "3fff:1000::1, INTERNET", "5eff::1, INTERNET", "5f00::1, LAN", "5f01::1, INTERNET", "fbff::1, INTERNET",
            "fc00::1, LAN", "fdff:ffff::1, LAN", "fe00::1, INTERNET", "fe7f::1, INTERNET", "fe80::1, LAN",
            "febf:ffff::1, LAN", "fec0::1, LAN", "feff::1, LAN", "ff00::, LAN", "ff02::fb, LAN", "ff0e::1, LAN",
            "ffff:ffff::1, LAN"})
    void ipv6AddressesAreOfTheClassThatTheRegistrySays(String remote, TrafficClass expected) {
        assertEquals(expected, of(somebody(remote), remote));
    }

    @ParameterizedTest
    @ValueSource(strings = {"9.9.9.9", "192.168.1.2", "2a00:1450::7", "fe80::7", "fd00::7"})
    void fromAnAddressToItselfIsWithinTheHost(String address) {
        assertEquals(LOOPBACK, of(address, address));
    }

    @ParameterizedTest
    @CsvSource({"192.168.1.2, 10.0.0.1", "2a00:1450::7, fd00::7", "192.168.1.2, 9.9.9.9"})
    void fromAnOwnAddressToAnotherIsWithinTheHost(String local, String remote) {
        assertEquals(LOOPBACK, of(local, remote, local, remote));
        assertEquals(remote.equals("9.9.9.9") ? INTERNET : LAN, of(local, remote, local), "somebody else's");
        assertEquals(remote.equals("9.9.9.9") ? INTERNET : LAN, of(local, remote, remote), "forwarded");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 9.9.9.9, INTERNET", "127.0.0.1, 192.168.1.2, LAN", "192.168.1.2, 127.0.0.1, LOOPBACK",
            "::1, 2a00:1450::7, INTERNET"})
    void theRemoteEndDecides(String local, String remote, TrafficClass expected) {
        assertEquals(expected, of(local, remote));
    }
}
