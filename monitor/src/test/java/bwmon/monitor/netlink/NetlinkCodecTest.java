package bwmon.monitor.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class NetlinkCodecTest {

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 4", "4, 4", "5, 8", "17, 20", "65535, 65536"})
    void lengthsAreRoundedUpToFour(int length, int aligned) {
        assertEquals(aligned, Netlink.align(length));
    }

    @Test
    void messagesFollowEachOtherAtAlignedOffsets() throws NetlinkException {
        byte[] first = new MessageWriter(20, Netlink.NLM_F_MULTI, 7, 99).bytes((byte) 1, (byte) 2, (byte) 3).toBytes();
        byte[] second = new MessageWriter(0xfffe, 0x8001, -1, -2).toBytes();
        assertEquals(20, first.length);
        var bytes = ByteBuffer.allocate(36).put(first).put(second).flip();
        var reader = new MessageReader(bytes);

        NetlinkMessage message = reader.next();
        assertNotNull(message);
        assertEquals(20, message.type());
        assertEquals(Netlink.NLM_F_MULTI, message.flags());
        assertEquals(7, message.sequence());
        assertEquals(99, message.port());
        assertEquals(3, message.payload().remaining(), "padding is no payload");
        message = reader.next();
        assertNotNull(message);
        assertEquals(0xfffe, message.type());
        assertEquals(0x8001, message.flags());
        assertEquals(-1, message.sequence());
        assertEquals(0, message.payload().remaining());
        assertNull(reader.next());
        reader.end();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 21, Integer.MAX_VALUE, -1})
    void aMessageThatLiesAboutItsLengthIsRefused(int length) {
        var bytes = ByteBuffer.allocate(20).order(ByteOrder.nativeOrder()).putInt(0, length);
        var reader = new MessageReader(bytes);
        assertNull(reader.next());
        assertNull(reader.next());
        assertThrows(NetlinkException.class, reader::end);
    }

    @Test
    void attributesAreReadInTheirTypes() throws NetlinkException {
        byte[] message = new MessageWriter(1, 0, 0, 0).attribute(3, new byte[]{(byte) 200})
                .attribute(4, FakeKernel.number(-1)).attribute(5 | 1 << 15, ByteBuffer.allocate(8)
                        .order(ByteOrder.nativeOrder()).putLong(Long.MAX_VALUE).array())
                .attribute(6, new byte[5]).attribute(7, new byte[0]).toBytes();
        var attributes = new AttributeReader(ByteBuffer.wrap(message, 16, message.length - 16));
        assertTrue(attributes.next());
        assertEquals(3, attributes.type());
        assertEquals(200, attributes.u8());
        assertTrue(attributes.next());
        assertEquals(0xffff_ffffL, attributes.u32());
        assertTrue(attributes.next());
        assertEquals(5, attributes.type(), "without NLA_F_NESTED");
        assertEquals(Long.MAX_VALUE, attributes.u64());
        assertTrue(attributes.next());
        attributes.skip();
        assertTrue(attributes.next());
        assertEquals(0, attributes.bytes().remaining());
        attributes.skip();
        assertFalse(attributes.next());
        assertEquals(2, attributes.skipped());
        attributes.end();
    }

    @Test
    void attributesOfAttributesHaveACursorAndAnErrorOfTheirOwn() throws NetlinkException {
        byte[] message = new MessageWriter(1, 0, 0, 0)
                .nested(1, outer -> outer.attribute(2, new byte[]{0x12, 0x34})
                        .nested(3, inner -> inner.attribute(4, new byte[]{-1, 0, 0, 1})
                                .attribute(5, new byte[]{1, 2, 3, 4, 5, 6, 7, 8}).attribute(6, new byte[3])))
                .attribute(7, new byte[]{0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0, 0, 0, 0, 0, 0, 9}).toBytes();
        var attributes = new AttributeReader(ByteBuffer.wrap(message, 16, message.length - 16));
        assertTrue(attributes.next());
        assertEquals(1, attributes.type(), "without NLA_F_NESTED");
        AttributeReader outer = attributes.nested();
        assertTrue(outer.next());
        assertEquals(0x1234, outer.be16());
        assertTrue(outer.next());
        AttributeReader inner = outer.nested();
        assertFalse(outer.next());
        assertTrue(inner.next());
        assertEquals(0xff000001L, inner.be32());
        assertTrue(inner.next());
        assertEquals(0x0102030405060708L, inner.be64());
        assertTrue(inner.next());
        assertEquals(0, inner.be64());
        assertFalse(inner.next());
        assertThrows(NetlinkException.class, inner::end);
        outer.end();
        assertTrue(attributes.next());
        assertEquals(0x1100000000000009L, attributes.be64(8, 16));
        assertFalse(attributes.next());
        attributes.end();
        assertEquals(0, attributes.be64(0, 8));
        assertThrows(NetlinkException.class, attributes::end);
        assertThrows(IllegalArgumentException.class, () -> new MessageWriter(1, 0, 0, 0)
                .nested(1, n -> n.attribute(2, new byte[40_000]).attribute(3, new byte[40_000])));
    }

    @Test
    void aValueOfTheWrongLengthIsAnErrorAtTheEnd() {
        byte[] message = new MessageWriter(1, 0, 0, 0).attribute(4, new byte[3]).attribute(5, new byte[1]).toBytes();
        var attributes = new AttributeReader(ByteBuffer.wrap(message, 16, message.length - 16));
        assertTrue(attributes.next());
        assertEquals(0, attributes.u32());
        assertFalse(attributes.next());
        var e = assertThrows(NetlinkException.class, attributes::end);
        assertEquals("attribute 4 has 3 bytes instead of 4", e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 9, 0xffff})
    void anAttributeThatLiesAboutItsLengthIsRefused(int length) {
        var bytes = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putShort(0, (short) length);
        var attributes = new AttributeReader(bytes);
        assertFalse(attributes.next());
        assertThrows(NetlinkException.class, attributes::end);
    }

    @Test
    void aLongMessageGrows() throws NetlinkException {
        byte[] value = new byte[5000];
        Arrays.fill(value, (byte) 9);
        byte[] message = new MessageWriter(1, 0, 0, 0).attribute(1, value).toBytes();
        var reader = new MessageReader(ByteBuffer.wrap(message));
        var attributes = new AttributeReader(assertNotNullAnd(reader.next()).payload());
        assertTrue(attributes.next());
        byte[] read = new byte[5000];
        attributes.bytes().get(read);
        assertArrayEquals(value, read);
        assertThrows(IllegalArgumentException.class, () -> new MessageWriter(1, 0, 0, 0).attribute(1, new byte[65532]));
    }

    private static NetlinkMessage assertNotNullAnd(@Nullable NetlinkMessage message) {
        assertNotNull(message);
        return message;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyBytesEndInMessagesOrInARefusal(long seed) {
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
            if (bytes.length > 4 && random.nextBoolean()) {
                // Lengths that are nearly right reach further in.
                ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putInt(0, random.nextInt(bytes.length + 4));
            }
            var messages = new MessageReader(ByteBuffer.wrap(bytes));
            int payload = 0;
            for (NetlinkMessage m = messages.next(); m != null; m = messages.next()) {
                payload += 16 + m.payload().remaining();
                var attributes = new AttributeReader(m.payload());
                while (attributes.next()) {
                    attributes.u8();
                    attributes.u32();
                    attributes.u64();
                    assertTrue(attributes.bytes().remaining() <= m.payload().remaining());
                }
            }
            assertTrue(payload <= bytes.length);
        }
    }
}
