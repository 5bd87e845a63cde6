package bwmon.monitor.rtnetlink;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;

import bwmon.monitor.netlink.FakeKernel;
import bwmon.monitor.netlink.MessageWriter;
import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LinkTest {

    private static NetlinkMessage message(byte[] payload) {
        return new NetlinkMessage(16, 0, 0, 0, ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder()));
    }

    private static byte[] text(String value) {
        return (value + "\0").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] u32(int value) {
        return FakeKernel.number(value);
    }

    private static byte[] withoutHeader(MessageWriter writer) {
        byte[] whole = writer.toBytes();
        return Arrays.copyOfRange(whole, 16, whole.length);
    }

    private static byte[] linkBytes() {
        var struct = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder()).putShort(2, (short) 1).putInt(4, 7)
                .putInt(8, 0x1003);
        var stats = ByteBuffer.allocate(200).order(ByteOrder.nativeOrder()).putLong(0, 11).putLong(8, 12)
                .putLong(16, 13).putLong(24, Long.MAX_VALUE);
        return withoutHeader(new MessageWriter(16, 0, 0, 0).bytes(struct.array()).attribute(3, text("eth0.5"))
                .attribute(5, u32(2)).attribute(37, u32(0)).attribute(10, u32(9)).attribute(23, stats.array())
                .nested(18, info -> info.attribute(1, text("vlan")).attribute(2, new byte[40]))
                .attribute(999, new byte[3]));
    }

    @Test
    void aLinkIsRead() throws Exception {
        Link link = Link.decode(message(linkBytes()));
        assertEquals(new Link(7, "eth0.5", 1, 0x1003, 9, 2, true, "vlan",
                new LinkCounters(13, Long.MAX_VALUE, 11, 12)), link);
    }

    @Test
    void anAddressIsRead() throws Exception {
        byte[] one = withoutHeader(new MessageWriter(20, 0, 0, 0).bytes(new byte[]{2, 24, 0, 0, 0, 0, 0, 0})
                .attribute(1, new byte[]{10, 0, 0, 9})
                .attribute(2, new byte[]{10, 0, 0, 1}).attribute(4, new byte[]{10, 0, 0, -1}));
        byte[] six = new byte[16];
        six[15] = 1;
        byte[] other = withoutHeader(new MessageWriter(20, 0, 0, 0).bytes(new byte[8]).attribute(1, six));
        var kernel = new FakeKernel().thenDump(one, other);
        try (var links = new Links(kernel)) {
            assertEquals(new Addresses(Set.of(InetAddress.ofLiteral("10.0.0.1"), InetAddress.ofLiteral("::1")),
                    Set.of(InetAddress.ofLiteral("10.0.0.255"))), links.addresses());
        }
        assertEquals(22, kernel.requests().getFirst().type());
        assertThrows(NetlinkException.class, () -> Addresses.decode(message(new byte[8])));
        assertThrows(NetlinkException.class, () -> Addresses.decode(message(new byte[7])));
        assertThrows(NetlinkException.class, () -> Addresses.decode(message(
                withoutHeader(new MessageWriter(20, 0, 0, 0).bytes(new byte[8]).attribute(1, new byte[5])))));
    }

    @Test
    void interfacesAreAskedFor() throws Exception {
        var kernel = new FakeKernel().thenDump(linkBytes(), linkBytes());
        try (var links = new Links(kernel)) {
            assertEquals(List.of("eth0.5", "eth0.5"), links.dump().stream().map(Link::name).toList());
        }
        assertTrue(kernel.isClosed());
        assertEquals(18, kernel.requests().getFirst().type());
        assertEquals(16, kernel.requests().getFirst().payload().remaining());
    }

    @Test
    void whatIsMalformedIsRefused() {
        assertThrows(NetlinkException.class, () -> Link.decode(message(new byte[15])));
        assertThrows(NetlinkException.class, () -> Link.decode(message(
                withoutHeader(new MessageWriter(16, 0, 0, 0).bytes(new byte[16]).attribute(23, new byte[24])))));
        byte[] negative = new byte[200];
        Arrays.fill(negative, (byte) -1);
        assertThrows(NetlinkException.class, () -> Link.decode(message(
                withoutHeader(new MessageWriter(16, 0, 0, 0).bytes(new byte[16]).attribute(23, negative)))));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyBytesEndInALinkOrInARefusal(long seed) throws Exception {
        var random = new Random(seed);
        byte[] good = linkBytes();
        int decoded = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(good.length + 1));
            for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                Link.decode(message(bytes));
                decoded++;
            } catch (NetlinkException e) {
                assertNotNull(e.getMessage());
            }
            try {
                Addresses.decode(message(bytes));
            } catch (NetlinkException e) {
                assertNotNull(e.getMessage());
            }
        }
        assertTrue(decoded > 0 && decoded < 20_000);
    }
}
