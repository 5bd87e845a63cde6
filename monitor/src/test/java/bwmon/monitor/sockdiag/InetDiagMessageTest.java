package bwmon.monitor.sockdiag;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;

import bwmon.monitor.netlink.FakeKernel;
import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;
import bwmon.traffic.Endpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class InetDiagMessageTest {

    private static InetDiagMessage decode(byte[] payload) throws NetlinkException {
        return InetDiagMessage.decodeTcp(new NetlinkMessage(20, 0, 0, 0,
                ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder())));
    }

    private static Endpoint at(String address, int port) throws UnknownHostException {
        return new Endpoint(InetAddress.getByName(address), port);
    }

    @Test
    void everyFieldIsRead() throws Exception {
        InetDiagMessage socket = decode(new SocketBytes().state(8).flow(at("192.0.2.1", 443), at("2.3.4.5", 65535))
                .cookie(0x1_0000_0002L).inode(-1).unread(7).queue(8, 9).counters(10, 20, 3, 18).payload());
        assertEquals(TcpState.CLOSE_WAIT, socket.state());
        assertEquals("tcp 192.0.2.1:443 -> 2.3.4.5:65535", socket.flow().toString());
        assertEquals(0x1_0000_0002L, socket.cookie());
        assertEquals(0xffff_ffffL, socket.inode());
        assertEquals(7, socket.unread());
        assertEquals(8, socket.unacknowledged());
        assertEquals(1, socket.skippedAttributes());
        TcpInfo info = socket.info();
        assertNotNull(info);
        assertEquals(18, info.bytesAcked());
        assertEquals(10, info.bytesReceived());
        assertEquals(9, info.notSent());
        assertEquals(17, info.sentOnce());
        assertTrue(info.hasPayload());
    }

    @Test
    void sixIsReadAndMappedFourIsFour() throws Exception {
        assertEquals("tcp [2001:db8::1]:1 -> [::1]:2",
                decode(new SocketBytes().flow(at("2001:db8::1", 1), at("::1", 2)).payload()).flow().toString());
        byte[] mapped = new SocketBytes().flow(at("::1", 1), at("::1", 2)).payload();
        for (int base : new int[]{8, 24}) {
            Arrays.fill(mapped, base, base + 16, (byte) 0);
            mapped[base + 10] = -1;
            mapped[base + 11] = -1;
            mapped[base + 12] = 10;
            mapped[base + 15] = 9;
        }
        assertEquals("tcp 10.0.0.9:1 -> 10.0.0.9:2", decode(mapped).flow().toString());
    }

    @ParameterizedTest
    @CsvSource({"104, false, false", "128, true, false", "136, true, true", "200, true, true", "212, true, true"})
    void anOlderKernelLacksTheLaterFields(int bytes, boolean acked, boolean received) throws Exception {
        TcpInfo info = decode(new SocketBytes().infoBytes(bytes).counters(1, 2, 3, 4).payload()).info();
        assertNotNull(info);
        assertEquals(acked, info.bytesAcked() != TcpInfo.ABSENT);
        assertEquals(received, info.bytesReceived() != TcpInfo.ABSENT);
        assertEquals(bytes >= 208, info.bytesSent() != TcpInfo.ABSENT);
        assertEquals(TcpInfo.ABSENT, info.bytesRetrans());
        assertEquals(false, info.hasPayload());
    }

    @Test
    void aNewerKernelsLongerStructIsRead() throws Exception {
        TcpInfo info = decode(new SocketBytes().infoBytes(400).counters(1, 2, 1, 4).payload()).info();
        assertNotNull(info);
        assertEquals(1, info.sentOnce());
    }

    @Test
    void whatIsMalformedIsRefused() {
        assertThrows(NetlinkException.class, () -> decode(new byte[71]));
        assertThrows(NetlinkException.class, () -> decode(new SocketBytes().infoBytes(103).payload()));
        byte[] family = new SocketBytes().payload();
        family[0] = 3;
        assertThrows(NetlinkException.class, () -> decode(family));
        byte[] attribute = new SocketBytes().payload();
        attribute[72] = 1;
        assertThrows(NetlinkException.class, () -> decode(attribute));
    }

    @Test
    void remnantsHaveNoCounters() throws Exception {
        InetDiagMessage remnant = decode(new SocketBytes().state(6).infoBytes(0).payload());
        assertEquals(TcpState.TIME_WAIT, remnant.state());
        assertNull(remnant.info());
        assertEquals(TcpState.OTHER, decode(new SocketBytes().state(13).payload()).state());
        assertEquals(TcpState.OTHER, decode(new SocketBytes().state(0).payload()).state());
        assertEquals(TcpState.LISTEN, decode(new SocketBytes().state(10).payload()).state());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyBytesEndInASocketOrInARefusal(long seed) throws Exception {
        var random = new Random(seed);
        byte[] good = new SocketBytes().payload();
        int decoded = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length + 1));
            for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                decode(bytes);
                decoded++;
            } catch (NetlinkException e) {
                assertNotNull(e.getMessage());
            }
        }
        assertTrue(decoded > 0 && decoded < 20_000);
    }

    @Test
    void bothFamiliesAreAskedForWithCounters() throws Exception {
        var kernel = new FakeKernel().thenDump(new SocketBytes().cookie(1).payload())
                .thenDump(new SocketBytes().cookie(2).payload());
        try (var diag = new SockDiag(kernel)) {
            List<InetDiagMessage> sockets = diag.dumpTcp(EnumSet.of(TcpState.ESTABLISHED, TcpState.LISTEN));
            assertEquals(List.of(1L, 2L), sockets.stream().map(InetDiagMessage::cookie).toList());
        }
        var request = kernel.requests().get(0).payload();
        assertEquals(56, request.remaining());
        assertEquals(2, request.get(0));
        assertEquals(6, request.get(1), "IPPROTO_TCP");
        assertEquals(2, request.get(2), "1 << (INET_DIAG_INFO - 1)");
        assertEquals(1 << 1 | 1 << 10, request.getInt(4));
        assertEquals(10, kernel.requests().get(1).payload().get(0));
    }
}
