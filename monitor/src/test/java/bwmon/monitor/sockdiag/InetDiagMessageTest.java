package bwmon.monitor.sockdiag;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;

import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.monitor.netlink.FakeKernel;
import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
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

    private static long u32At(int offset) {
        return Integer.toUnsignedLong(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                ? (offset + 3) << 24 | (offset + 2) << 16 | (offset + 1) << 8 | offset
                : offset << 24 | (offset + 1) << 16 | (offset + 2) << 8 | (offset + 3));
    }

    @Test
    void everyCounterOfTcpInfoIsReadFromItsPlace() throws Exception {
        TcpInfo info = decode(new SocketBytes().countingInfo().infoBytes(228).payload()).info();
        assertNotNull(info);
        assertEquals(5, info.options());
        assertTrue(info.hasTimestamps());
        assertTrue(info.hasSegments());
        assertEquals(u32At(68), info.rttMicros());
        assertEquals(u32At(72), info.rttVarianceMicros());
        assertEquals(u32At(80), info.congestionWindow());
        assertEquals(u32At(100), info.totalRetrans());
        assertEquals(u32At(136), info.segsOut());
        assertEquals(u32At(140), info.segsIn());
        assertEquals(u32At(148), info.minRttMicros());
        assertEquals(u32At(160), ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
                ? info.deliveryRate() & 0xffff_ffffL
                : info.deliveryRate() >>> 32);
        assertEquals(u32At(216), info.dsackDups());
        assertEquals(u32At(220), info.reordSeen());
        assertEquals(u32At(224), info.rcvOooPackets());
        TcpInfo older = decode(new SocketBytes().countingInfo().infoBytes(224).payload()).info();
        assertNotNull(older);
        assertEquals(TcpInfo.ABSENT, older.rcvOooPackets());
        assertTrue(older.hasPayload());
        TcpInfo oldest = decode(new SocketBytes().infoBytes(104).payload()).info();
        assertNotNull(oldest);
        assertEquals(false, oldest.hasSegments());
        assertEquals(false, oldest.hasTimestamps());
        assertThrows(IllegalStateException.class, oldest::sentOnce);
    }

    @Test
    void otherProtocolsAreRead() throws Exception {
        byte[] udp = new SocketBytes().state(7).flow(at("::", 53), at("::", 0)).boundBy(-2, 7).attribute(11, 1)
                .infoBytes(0).payload();
        InetDiagMessage socket = InetDiagMessage.decode(message(udp), InetDiagMessage.IPPROTO_UDP);
        assertEquals("udp [::]:53 -> [::]:0", socket.flow().toString());
        assertEquals(0xffff_fffeL, socket.uid());
        assertEquals(7, socket.interfaceIndex());
        assertTrue(socket.isV6Only());
        assertTrue(socket.isWildcard());
        assertEquals(17, socket.protocol());
        // A raw socket has its protocol where others have their port, and tells it as an attribute as well.
        byte[] raw = new SocketBytes().state(7).flow(at("0.0.0.0", 1), at("0.0.0.0", 0)).infoBytes(0).payload();
        socket = InetDiagMessage.decode(message(raw), InetDiagMessage.IPPROTO_RAW);
        assertEquals("icmp 0.0.0.0:0 -> 0.0.0.0:0", socket.flow().toString());
        byte[] ospf = new SocketBytes().state(7).attribute(10, 89).infoBytes(0).payload();
        socket = InetDiagMessage.decode(message(ospf), InetDiagMessage.IPPROTO_RAW);
        assertEquals(89, socket.protocol());
        assertEquals(Protocol.OTHER, socket.flow().protocol());
    }

    private static NetlinkMessage message(byte[] payload) {
        return new NetlinkMessage(20, 0, 0, 0, ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder()));
    }

    /** Answers as the kernel does: by this socket where it was asked for, else that there is none. */
    private static FakeKernel.Script one(byte[] payload) {
        return (kernel, request) -> kernel.arrives(kernel.part(request, 20, 0, payload));
    }

    private static FakeKernel.Script error(int errno) {
        return (kernel, request) -> kernel.arrives(kernel.part(request, 2, 0, FakeKernel.number(-errno)));
    }

    @Test
    void aConnectionIsFoundByItsEnds() throws Exception {
        var flow = new Flow(Protocol.TCP, at("192.0.2.1", 0x1234), at("192.0.2.2", 443));
        var listening = new SocketBytes().state(10).flow(at("0.0.0.0", 0x1234), at("0.0.0.0", 0));
        var kernel = new FakeKernel().then(one(new SocketBytes().flow(flow.local(), flow.remote()).payload()))
                .then(error(Errno.ENOENT)).then(one(listening.payload())).then(error(Errno.EPERM));
        try (var diag = new SockDiag(kernel)) {
            InetDiagMessage found = diag.find(flow, 9);
            assertNotNull(found);
            assertEquals(flow, found.flow());
            assertNull(diag.find(flow));
            assertNull(diag.find(flow), "who listens is not the connection");
            var e = assertThrows(ErrnoException.class, () -> diag.find(flow));
            assertEquals(Errno.EPERM, e.errno());
        }
        ByteBuffer request = kernel.requests().get(0).payload();
        assertEquals(2, request.get(0));
        assertEquals(6, request.get(1));
        assertEquals(0x12, request.get(8));
        assertEquals(0x34, request.get(9));
        assertEquals(443, (request.get(10) << 8) | (request.get(11) & 0xff));
        assertEquals(9, request.getInt(44));
        assertEquals(-1, request.getInt(48), "INET_DIAG_NOCOOKIE");
        assertEquals(-1, request.getInt(52));
    }

    @Test
    void udpIsFoundWhicheverEndTheKernelCallsItsSource() throws Exception {
        var flow = new Flow(Protocol.UDP, at("::1", 5000), at("::2", 53));
        // The kernel that has it the other way round takes the remote port for the local one.
        var stranger = new SocketBytes().state(7).flow(at("::", 53), at("::", 0)).infoBytes(0);
        var right = new SocketBytes().state(7).flow(at("::", 5000), at("::", 0)).cookie(5).infoBytes(0);
        var kernel = new FakeKernel().then(one(stranger.payload())).then(one(right.payload()));
        try (var diag = new SockDiag(kernel)) {
            InetDiagMessage found = diag.find(flow);
            assertNotNull(found);
            assertEquals(5, found.cookie());
        }
        assertEquals(53, kernel.requests().get(0).payload().get(9));
        assertEquals(53, kernel.requests().get(1).payload().get(11));
    }

    @Test
    void aMissingModuleIsNoAnswer() throws Exception {
        var kernel = new FakeKernel().then((k, request) -> k.arrives(k.done(request, -Errno.ENOENT)))
                .then(error(Errno.ENOENT)).then((k, request) -> k.arrives(k.done(request, -Errno.EPERM)));
        try (var diag = new SockDiag(kernel)) {
            assertEquals(Optional.empty(), diag.dumpRaw());
            assertEquals(Optional.empty(), diag.dumpUdp());
            assertThrows(ErrnoException.class, diag::dumpUdp);
        }
    }
}
