package bwmon.proxy.relay;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;

import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** The bytes that haproxy.org's proxy-protocol.txt (2.1 and 2.2) asks for, written out by hand. */
class ProxyProtocolTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

    private static Flow flow(String client, int clientPort, String local, int localPort) throws UnknownHostException {
        return new Flow(Protocol.TCP, new Endpoint(InetAddress.getByName(local), localPort),
                new Endpoint(InetAddress.getByName(client), clientPort));
    }

    private static String text(ProxyProtocol protocol, @Nullable Flow flow) {
        ByteBuf header = protocol.header(flow);
        try {
            return header.toString(StandardCharsets.US_ASCII);
        } finally {
            header.release();
        }
    }

    private static String hex(ProxyProtocol protocol, @Nullable Flow flow) {
        ByteBuf header = protocol.header(flow);
        try {
            return ByteBufUtil.hexDump(header);
        } finally {
            header.release();
        }
    }

    @Test
    void v1NamesClientThenServer() throws UnknownHostException {
        assertEquals("PROXY TCP4 192.0.2.7 198.51.100.9 56324 443\r\n",
                text(ProxyProtocol.V1, flow("192.0.2.7", 56324, "198.51.100.9", 443)));
        assertEquals("PROXY TCP6 2001:db8::7 2001:db8:0:1::9 56324 443\r\n",
                text(ProxyProtocol.V1, flow("2001:db8::7", 56324, "2001:db8:0:1::9", 443)));
    }

    @Test
    void v1OfTheLongestAddressesFitsTheBoundOf107Bytes() throws UnknownHostException {
        String longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        String line = text(ProxyProtocol.V1, flow(longest, 65535, longest, 65535));
        assertEquals("PROXY TCP6 " + longest + " " + longest + " 65535 65535\r\n", line);
        assertEquals(104, line.length());
    }

    @Test
    void v2OfIpv4() throws UnknownHostException {
        assertEquals(SIGNATURE + "21" + "11" + "000c" + "c0000207" + "c6336409" + "dc04" + "01bb",
                hex(ProxyProtocol.V2, flow("192.0.2.7", 56324, "198.51.100.9", 443)));
    }

    @Test
    void v2OfIpv6() throws UnknownHostException {
        assertEquals(
                SIGNATURE + "21" + "21" + "0024" + "20010db8000000000000000000000007"
                        + "20010db8000000010000000000000009"
                        + "dc04" + "01bb",
                hex(ProxyProtocol.V2, flow("2001:db8::7", 56324, "2001:db8:0:1::9", 443)));
    }

    @Test
    void aMappedAddressIsTheIpv4AddressThatItCarries() throws UnknownHostException {
        assertEquals("PROXY TCP4 192.0.2.7 198.51.100.9 1 2\r\n",
                text(ProxyProtocol.V1, flow("::ffff:192.0.2.7", 1, "::ffff:198.51.100.9", 2)));
    }

    @Test
    void aClientOnAUnixSocketHasNoAddress() {
        assertEquals("PROXY UNKNOWN\r\n", text(ProxyProtocol.V1, null));
        assertEquals(SIGNATURE + "20" + "00" + "0000", hex(ProxyProtocol.V2, null));
    }

    @Test
    void noneSaysNothing() throws UnknownHostException {
        assertEquals("", text(ProxyProtocol.NONE, flow("192.0.2.7", 56324, "198.51.100.9", 443)));
    }

    @Test
    void knowsItsNames() {
        assertEquals(ProxyProtocol.V1, ProxyProtocol.parse("v1"));
        assertEquals(ProxyProtocol.V2, ProxyProtocol.parse("v2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "V1", "v3", " v2"})
    void refusesOtherNames(String text) {
        var error = assertThrows(IllegalArgumentException.class, () -> ProxyProtocol.parse(text));
        assertEquals("'" + text + "' is no version of the PROXY protocol: expected v1 or v2", error.getMessage());
    }
}
