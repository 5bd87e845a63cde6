package bwmon.monitor.conntrack;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import bwmon.monitor.netlink.MessageWriter;
import bwmon.monitor.netlink.NetlinkException;
import bwmon.monitor.netlink.NetlinkMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ConnectionDecoderTest {
    private final ConnectionDecoder decoder = new ConnectionDecoder();

    private List<Connection> captured() throws IOException {
        var connections = new ArrayList<Connection>();
        for (NetlinkMessage message : Capture.messages()) {
            connections.add(decoder.decode(message));
        }
        return connections;
    }

    @Test
    void aCapturedDumpIsReadAsConntrackReadsIt() throws Exception {
        assertEquals(String.join("\n", ConntrackXml.lines(Capture.xml())),
                String.join("\n", ConntrackXml.lines(captured())));
        assertEquals(0, decoder.skipped());
    }

    @Test
    void aCapturedDumpSaysWhatXmlDoesNot() throws Exception {
        var echo = captured().stream().filter(c -> c.original().protocol() == 1).findFirst().orElseThrow();
        assertEquals(0x1234, echo.original().icmpId().orElseThrow());
        assertEquals(8, echo.original().icmpType().orElseThrow(), "echo request");
        assertEquals(0, echo.reply().icmpType().orElseThrow(), "echo reply");
        var echo6 = captured().stream().filter(c -> c.original().protocol() == 58).findFirst().orElseThrow();
        assertEquals(0x4321, echo6.original().icmpId().orElseThrow());
        assertEquals(128, echo6.original().icmpType().orElseThrow());
        assertEquals(129, echo6.reply().icmpType().orElseThrow());
        assertEquals(0, echo6.reply().icmpCode().orElseThrow());
        assertTrue(echo6.original().isIpv6());
        // Timestamps were switched on after the first two connections.
        assertEquals(2, captured().stream().filter(c -> c.started() == null).count());
        for (Connection c : captured()) {
            assertNull(c.stopped());
            Instant started = c.started();
            if (started != null) {
                assertTrue(started.isAfter(Instant.parse("2024-01-01T00:00:00Z")), started.toString());
            }
            assertTrue(c.timeoutSeconds() > 0 && c.timeoutSeconds() <= 432_000);
            assertFalse(c.isDying());
        }
    }

    private static MessageWriter minimal() {
        var writer = new MessageWriter(0x100, 0, 0, 0).bytes(Ctnetlink.nfgenmsg(2));
        ConnectionMaker.tuple(writer, Ctnetlink.CTA_TUPLE_ORIG, 0x0a000001, 0x0a000002, 1111, 80);
        ConnectionMaker.tuple(writer, Ctnetlink.CTA_TUPLE_REPLY, 0x0a000002, 0x0a000001, 80, 1111);
        return writer;
    }

    private Connection decode(MessageWriter writer) throws NetlinkException {
        return decode(0x100, writer);
    }

    private Connection decode(int type, MessageWriter writer) throws NetlinkException {
        byte[] bytes = writer.toBytes();
        return decoder.decode(Capture.message(type, ByteBuffer.wrap(bytes, 16, bytes.length - 16).slice()));
    }

    @Test
    void whatIsNotToldIsAbsentNotZero() throws Exception {
        Connection c = decode(minimal());
        assertNull(c.originalCounters());
        assertNull(c.replyCounters());
        assertFalse(c.isCounted());
        assertNull(c.tcpState());
        assertNull(c.started());
        assertEquals(-1, c.timeoutSeconds());
        assertEquals("protocol 6 10.0.0.1:1111 -> 10.0.0.2:80", c.original().toString());
        Connection counted = decode(minimal().nested(Ctnetlink.CTA_COUNTERS_ORIG,
                n -> n.attribute(Ctnetlink.CTA_COUNTERS_PACKETS, ConnectionMaker.be64(0))
                        .attribute(Ctnetlink.CTA_COUNTERS_BYTES, ConnectionMaker.be64(0))));
        assertEquals(Counters.ZERO, counted.originalCounters());
        assertFalse(counted.isCounted(), "one direction alone");
    }

    @Test
    void theEndOfAConnectionHasItsTimes() throws Exception {
        Connection c = decode(0x102, minimal()
                .attribute(Ctnetlink.CTA_ID, ConnectionMaker.be32(-2))
                .nested(Ctnetlink.CTA_TIMESTAMP, t -> t
                        .attribute(Ctnetlink.CTA_TIMESTAMP_START, ConnectionMaker.be64(1_700_000_000_123_456_789L))
                        .attribute(Ctnetlink.CTA_TIMESTAMP_STOP, ConnectionMaker.be64(1_700_000_001_000_000_000L))));
        assertEquals(Instant.parse("2023-11-14T22:13:20.123456789Z"), c.started());
        assertEquals(Instant.parse("2023-11-14T22:13:21Z"), c.stopped());
        assertEquals(-2, c.id());
    }

    @Test
    void attributesOfANewerKernelAreSkippedAndCounted() throws Exception {
        Connection c = decode(minimal().attribute(200, new byte[3])
                .nested(Ctnetlink.CTA_PROTOINFO, p -> p.nested(Ctnetlink.CTA_PROTOINFO_TCP,
                        t -> t.attribute(Ctnetlink.CTA_PROTOINFO_TCP_STATE, new byte[]{77}))));
        assertEquals(1, decoder.skipped());
        assertNull(c.tcpState(), "a state of a newer kernel");
    }

    @Test
    void malformedMessagesAreRefused() {
        var empty = new MessageWriter(0x100, 0, 0, 0).bytes(Ctnetlink.nfgenmsg(2));
        assertEquals("a connection without its original tuple",
                assertThrows(NetlinkException.class, () -> decode(empty)).getMessage());
        assertThrows(NetlinkException.class, () -> decode(new MessageWriter(0x100, 0, 0, 0)));
        assertThrows(NetlinkException.class, () -> decode(0x101, minimal()), "a request");
        assertThrows(NetlinkException.class, () -> decode(minimal().attribute(Ctnetlink.CTA_ID, new byte[3])));
        assertThrows(NetlinkException.class, () -> decode(minimal().nested(Ctnetlink.CTA_COUNTERS_ORIG,
                n -> n.attribute(Ctnetlink.CTA_COUNTERS_PACKETS, ConnectionMaker.be64(1)))), "bytes are missing");
        assertThrows(NetlinkException.class, () -> decode(minimal().nested(Ctnetlink.CTA_COUNTERS_ORIG,
                n -> n.attribute(Ctnetlink.CTA_COUNTERS_PACKETS, ConnectionMaker.be64(-1))
                        .attribute(Ctnetlink.CTA_COUNTERS_BYTES, ConnectionMaker.be64(1)))));
        assertThrows(NetlinkException.class, () -> decode(minimal().nested(Ctnetlink.CTA_TUPLE_ORIG,
                t -> t.nested(Ctnetlink.CTA_TUPLE_IP, ip -> ip
                        .attribute(Ctnetlink.CTA_IP_V4_SRC, new byte[4])
                        .attribute(Ctnetlink.CTA_IP_V6_DST, new byte[16])).nested(Ctnetlink.CTA_TUPLE_PROTO,
                                p -> p.attribute(Ctnetlink.CTA_PROTO_NUM, new byte[]{6})))),
                "two families");
        assertThrows(NetlinkException.class, () -> decode(minimal().nested(Ctnetlink.CTA_TUPLE_ORIG,
                t -> t.nested(Ctnetlink.CTA_TUPLE_IP, ip -> ip
                        .attribute(Ctnetlink.CTA_IP_V4_SRC, new byte[4])
                        .attribute(Ctnetlink.CTA_IP_V4_DST, new byte[4])))),
                "no protocol");
    }

    @Test
    void aCutMessageIsRefusedOrWhole() throws Exception {
        for (NetlinkMessage message : Capture.messages()) {
            Connection whole = decoder.decode(message);
            int refused = 0;
            for (int length = 0; length < message.payload().remaining(); length++) {
                try {
                    Connection cut = decoder
                            .decode(Capture.message(message.type(), message.payload().slice(0, length)));
                    assertEquals(whole.original(), cut.original());
                    assertEquals(whole.reply(), cut.reply());
                } catch (NetlinkException e) {
                    refused++;
                }
            }
            assertTrue(refused > message.payload().remaining() / 2, refused + " refused");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void spoiltMessagesEndInAConnectionOrARefusal(long seed) throws Exception {
        var random = new Random(seed);
        List<NetlinkMessage> messages = Capture.messages();
        int read = 0;
        int refused = 0;
        for (int i = 0; i < 50_000; i++) {
            NetlinkMessage message = messages.get(random.nextInt(messages.size()));
            byte[] bytes = new byte[message.payload().remaining()];
            message.payload().duplicate().get(bytes);
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                Connection c = decoder.decode(Capture.message(message.type(), ByteBuffer.wrap(bytes)));
                assertTrue(c.original().source().port() <= 0xffff, c.toString());
                read++;
            } catch (NetlinkException e) {
                refused++;
            }
        }
        assertTrue(read > 10_000 && refused > 10_000, read + " read, " + refused + " refused");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void noiseEndsInARefusal(long seed) throws Exception {
        var random = new Random(seed);
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            assertThrows(NetlinkException.class,
                    () -> decoder
                            .decode(Capture.message(0x100, ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()))));
        }
    }
}
