package bwmon.traffic;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class EndpointTest {
    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    /** Addresses in network byte order, and their text; the IPv6 ones after the examples of RFC 5952. */
    @ParameterizedTest
    @CsvSource({
            "c0000201,                         192.0.2.1",
            "00000000,                         0.0.0.0",
            "ffffffff,                         255.255.255.255",
            "20010db8000000000000000000020001, 2001:db8::2:1", // 4.2.1
            "20010db8000000010001000100010001, 2001:db8:0:1:1:1:1:1", // 4.2.2: one group is not shortened
            "20010000000000010000000000000001, 2001:0:0:1::1", // 4.2.3: the longest run
            "20010db8000000000001000000000001, 2001:db8::1:0:0:1", // 4.2.3: the first of equal runs
            "20010db8aaaabbbbccccddddeeee0aaa, 2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaa", // 4.1, 4.3
            "00000000000000000000000000000000, ::",
            "00000000000000000000000000000001, ::1",
            "00010000000000000000000000000000, 1::",
            "fe800000000000000000000000000000, fe80::",
            "00000000000100000000000000000000, 0:0:1::",
            "00010002000300040005000600000000, 1:2:3:4:5:6::",
            "00000000000300040005000600070008, ::3:4:5:6:7:8",
            "00000002000300040005000600070008, 0:2:3:4:5:6:7:8",
            "0064ff9b0000000000000000c0000221, 64:ff9b::c000:221",
    })
    void hostIsTheCanonicalText(String address, String text) {
        assertEquals(text, Endpoint.of(hex(address), 1).host());
    }

    @Test
    void anIpv6AddressIsInBracketsBeforeThePort() {
        assertEquals("[2001:db8::1]:80", Endpoint.of(hex("20010db8000000000000000000000001"), 80).toString());
        assertEquals("192.0.2.1:65535", Endpoint.of(hex("c0000201"), 65_535).toString());
    }

    @Test
    void anIpv4MappedAddressIsTheIpv4Address() {
        Endpoint mapped = Endpoint.of(hex("00000000000000000000ffffc0000201"), 80);
        assertEquals(Endpoint.of(hex("c0000201"), 80), mapped);
        assertEquals(Endpoint.of(hex("c0000201"), 80).hashCode(), mapped.hashCode());
        assertTrue(mapped.address() instanceof Inet4Address);
        assertEquals("192.0.2.1:80", mapped.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000000000000000000fffec0000201", "000000000000000000000000c0000201",
            "0000000000000000ffff0000c0000201"})
    void whatOnlyLooksMappedIsAnIpv6Address(String address) {
        assertTrue(Endpoint.of(hex(address), 80).address() instanceof Inet6Address);
    }

    @Test
    void neitherANameNorAScopeTellsEndpointsApart() throws UnknownHostException {
        byte[] linkLocal = hex("fe800000000000000000000000000001");
        Endpoint plain = Endpoint.of(linkLocal, 1);
        Endpoint scoped = new Endpoint(Inet6Address.getByAddress("router.example", linkLocal, 2), 1);
        assertEquals(plain, scoped);
        assertEquals(plain.hashCode(), scoped.hashCode());
        assertEquals("[fe80::1]:1", scoped.toString());
        assertEquals("192.0.2.1:1",
                new Endpoint(InetAddress.getByAddress("www.example", hex("c0000201")), 1).toString());
    }

    @Test
    void addressAndPortTellEndpointsApart() {
        assertNotEquals(Endpoint.of(hex("c0000201"), 80), Endpoint.of(hex("c0000201"), 81));
        assertNotEquals(Endpoint.of(hex("c0000201"), 80), Endpoint.of(hex("c0000202"), 80));
    }

    @Test
    void anEndpointKeepsItsAddressWhenTheArrayChanges() {
        byte[] address = hex("c0000201");
        Endpoint endpoint = Endpoint.of(address, 80);
        address[0] = 1;
        assertEquals("192.0.2.1:80", endpoint.toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void aPortOutOfRangeIsRefused(int port) {
        var e = assertThrows(IllegalArgumentException.class, () -> Endpoint.of(new byte[4], port));
        assertEquals("port " + port + " is not between 0 and 65535", e.getMessage());
    }

    @Test
    void onlyFourOrSixteenBytesAreAnAddress() {
        for (int length = 0; length <= 20; length++) {
            byte[] address = new byte[length];
            if (length == 4 || length == 16) {
                assertTrue(Endpoint.of(address, 0).isWildcard());
            } else {
                assertThrows(IllegalArgumentException.class, () -> Endpoint.of(address, 0), "length " + length);
            }
        }
    }

    @Test
    void loopbackAndWildcardAreToldInBothFamilies() {
        assertTrue(Endpoint.of(hex("7f123456"), 0).isLoopback());
        assertTrue(Endpoint.of(hex("00000000000000000000ffff7f000001"), 0).isLoopback());
        assertTrue(Endpoint.of(hex("00000000000000000000000000000001"), 0).isLoopback());
        assertFalse(Endpoint.of(hex("80000001"), 0).isLoopback());
        assertTrue(Endpoint.of(hex("00000000000000000000ffff00000000"), 0).isWildcard());
        assertFalse(Endpoint.of(hex("00000001"), 0).isWildcard());
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1, 192.0.2.1, 32, true", "192.0.2.1, 192.0.2.0, 32, false", "192.0.2.1, 192.0.2.0, 31, true",
            "192.0.2.1, 192.0.2.255, 24, true", "192.0.3.1, 192.0.2.0, 24, false", "192.0.3.1, 192.0.2.0, 23, true",
            "128.0.0.0, 0.0.0.0, 1, false", "127.255.255.255, 0.0.0.0, 1, true", "255.255.255.255, 0.0.0.0, 0, true",
            "2001:db8::1, 2001:db8::2, 128, false", "2001:db8::1, 2001:db8::1, 128, true",
            "2001:db8::1, 2001:db8::, 127, true", "2001:db8:0:0:8000::, 2001:db8::, 64, true",
            "2001:db8:0:0:8000::, 2001:db8::, 65, false", "2001:db8:0:1::, 2001:db8::, 64, false",
            "2001:db8:0:1::, 2001:db8::, 63, true", "8000::, ::, 1, false", "ffff::1, ::, 0, true",
            "::ffff:192.0.2.1, 192.0.2.0, 24, true", "::1, 0.0.0.1, 0, false", "0.0.0.1, ::1, 0, false"})
    void anAddressIsWithinANetworkIfItsFirstBitsAreTheSame(String address, String network, int bits, boolean within) {
        assertEquals(within, new Endpoint(InetAddress.ofLiteral(address), 7)
                .isWithin(new Endpoint(InetAddress.ofLiteral(network), 9), bits));
    }

    /** The JDK reads every text back, so the text is right if it is also canonical (the table above). */
    @Test
    void randomAddressesAreReadBackFromTheirText() throws UnknownHostException {
        var random = new Random(5952);
        for (int i = 0; i < 5_000; i++) {
            byte[] address = new byte[16];
            for (int group = 0; group < 8; group++) {
                if (random.nextBoolean()) {
                    address[2 * group + 1] = (byte) random.nextInt();
                    address[2 * group] = random.nextBoolean() ? (byte) random.nextInt() : 0;
                }
            }
            Endpoint endpoint = Endpoint.of(address, 1);
            assertEquals(endpoint.address(), InetAddress.ofLiteral(endpoint.host()), endpoint::host);
            assertTrue(endpoint.host().length() <= 39, endpoint::host);
        }
    }
}
