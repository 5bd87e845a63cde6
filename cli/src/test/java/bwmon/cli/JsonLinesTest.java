package bwmon.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Random;

import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class JsonLinesTest {
    private static final Instant AT = Instant.parse("2026-11-21T10:00:01.234567Z");
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final JsonLines lines = new JsonLines(new PrintStream(bytes, false, UTF_8));

    private String written() {
        return bytes.toString(UTF_8);
    }

    @Test
    void aProcess() {
        var curl = new Owner.Process(new Owner.ProcessId(4711, 1), "curl", "curl -s http://x", "www-data",
                "/system.slice/nginx.service", null, null);
        assertTrue(lines.usage(AT, SECOND, "ebpf", curl, "web",
                ByteCounts.ofIp(1234, 567, 3, 2).withPayload(1100, 400)));
        assertEquals(
                """
                        {"type":"usage","schema":1,"ts":"2026-11-21T10:00:01.234Z","interval_s":1.0,"source":"ebpf",\
                        "owner":"process","pid":4711,"name":"curl","command":"curl -s http://x","user":"www-data",\
                        "cgroup":"/system.slice/nginx.service","container":null,"executable":null,"application":"web","rx_bytes":1234,\
                        "tx_bytes":567,"rx_packets":3,"tx_packets":2,"rx_payload_bytes":1100,"tx_payload_bytes":400}
                        """,
                written());
    }

    @Test
    void aPipeThatKnowsPayloadOnly() {
        assertTrue(lines.usage(AT, SECOND, "pipe", new Owner.Pipe("ssh", "pipe-2222:h:22"), null,
                ByteCounts.ofPayload(0, Long.MAX_VALUE)));
        assertEquals(
                """
                        {"type":"usage","schema":1,"ts":"2026-11-21T10:00:01.234Z","interval_s":1.0,"source":"pipe",\
                        "owner":"pipe","name":"ssh","command":"pipe-2222:h:22","application":null,"rx_bytes":null,\
                        "tx_bytes":null,"rx_packets":null,"tx_packets":null,"rx_payload_bytes":0,\
                        "tx_payload_bytes":9223372036854775807}
                        """,
                written());
    }

    @Test
    void theOtherOwners() throws Exception {
        lines.usage(AT, SECOND, "s", new Owner.Unattributed(Owner.Cause.NO_PERMISSION), null, ByteCounts.ZERO);
        lines.usage(AT, SECOND, "s", new Owner.Host(InetAddress.ofLiteral("2001:db8:0:0::1")), null, ByteCounts.ZERO);
        lines.usage(AT, SECOND, "s", new Owner.QueueClass("eth0", "1:10"), null, ByteCounts.ZERO);
        String zero = "\"application\":null,\"rx_bytes\":0,\"tx_bytes\":0,\"rx_packets\":0,\"tx_packets\":0,"
                + "\"rx_payload_bytes\":0,\"tx_payload_bytes\":0}\n";
        String head = "{\"type\":\"usage\",\"schema\":1,\"ts\":\"2026-11-21T10:00:01.234Z\",\"interval_s\":1.0,"
                + "\"source\":\"s\",\"owner\":";
        assertEquals(head + "\"unattributed\",\"reason\":\"no-permission\"," + zero
                + head + "\"host\",\"name\":\"2001:db8::1\",\"command\":\"2001:db8::1\"," + zero
                + head + "\"class\",\"name\":\"1:10\",\"command\":\"1:10\"," + zero, written());
    }

    @Test
    void aBalance() {
        var balance = new Balance(Map.of("eth0", ByteCounts.ofIp(30, 40, 3, 4)), ByteCounts.ofIp(10, 20, 1, 2),
                Map.of(Owner.Cause.FORWARDED, ByteCounts.ofIp(20, 20, 2, 2)), 5);
        assertTrue(lines.balance(AT, Duration.ofMillis(1500), balance));
        assertEquals(
                """
                        {"type":"balance","schema":1,"ts":"2026-11-21T10:00:01.234Z","interval_s":1.5,"interfaces":{"eth0":\
                        {"rx_bytes":30,"tx_bytes":40,"rx_packets":3,"tx_packets":4,"rx_payload_bytes":null,\
                        "tx_payload_bytes":null}},"named":{"rx_bytes":10,"tx_bytes":20,"rx_packets":1,"tx_packets":2,\
                        "rx_payload_bytes":null,"tx_payload_bytes":null},"unattributed":{"forwarded":{"rx_bytes":20,\
                        "tx_bytes":20,"rx_packets":2,"tx_packets":2,"rx_payload_bytes":null,"tx_payload_bytes":null}},\
                        "segmentation":{"rx_bytes":0,"tx_bytes":0,"rx_packets":0,"tx_packets":0,\
                        "rx_payload_bytes":0,"tx_payload_bytes":0},"lost_events":5}
                        """,
                written());
    }

    @Test
    void whatMovedInOtherNamespacesIsToldWhereAnythingDid() {
        lines.balance(AT, SECOND, new Balance(Map.of(), ByteCounts.ZERO, Map.of(), ByteCounts.ZERO,
                ByteCounts.ofIp(1, 2, 3, 4).withPayload(5, 6), 0));
        String line = written();
        assertTrue(
                line.contains("\"other_namespaces\":{\"rx_bytes\":1,\"tx_bytes\":2,\"rx_packets\":3,\"tx_packets\":4,"
                        + "\"rx_payload_bytes\":5,\"tx_payload_bytes\":6},\"lost_events\":0"),
                line);
    }

    @Test
    void timesAreUtcToTheMillisecondAndIntervalsToTheMicrosecond() {
        byte[] line = JsonLines.render("x", json -> JsonLines.interval(json, Instant.parse("2026-11-21T10:00:00Z"),
                Duration.ofNanos(1_000_123_999)));
        assertEquals("{\"type\":\"x\",\"schema\":1,\"ts\":\"2026-11-21T10:00:00Z\",\"interval_s\":1.000123}\n",
                new String(line, UTF_8));
    }

    @Test
    void aReaderThatHasGoneIsTold() {
        var gone = new JsonLines(new PrintStream(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        }, false, UTF_8));
        assertFalse(gone.line("x", json -> json.writeNullField("y")));
        assertFalse(gone.line("x", json -> json.writeNullField("y")));
    }

    private static void roundTrip(String name, String expected) throws IOException {
        byte[] line = JsonLines.render("x", json -> json.writeStringField("name", name));
        assertArrayEquals(line, new String(line, UTF_8).getBytes(UTF_8), "is UTF-8");
        for (int i = 0; i < line.length - 1; i++) {
            // No control character, so neither a line is broken nor a terminal driven.
            assertTrue((line[i] & 0xff) >= 0x20, () -> new String(line, UTF_8));
        }
        assertEquals('\n', line[line.length - 1]);
        try (JsonParser parser = new JsonFactory().createParser(line)) {
            while (parser.nextToken() != JsonToken.FIELD_NAME || !parser.currentName().equals("name")) {
                assertFalse(parser.isClosed());
            }
            assertEquals(JsonToken.VALUE_STRING, parser.nextToken());
            assertEquals(expected, parser.getText());
            assertEquals(JsonToken.END_OBJECT, parser.nextToken());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\"", "\\", "\",\"pid\":1,\"x\":\"", "a\nb", "\r\n", "\u0000", "\u001b[2J", "\u007f",
            "\u0085\u2028\u2029", "ü €", "\ud83d\ude00", "\ufffd\uffff", "</script>"})
    void hostileTextStaysOneStringOnOneLine(String text) throws IOException {
        roundTrip(text, text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud83d", "\ude00", "a\ud83d", "\ude00\ud83d", "\ud83d\ud83d\ude00", "\ud83dx"})
    void halfACharacterBecomesAQuestionMark(String text) throws IOException {
        roundTrip(text, new String(text.getBytes(UTF_8), UTF_8));
    }

    @Test
    void randomTextIsReadBack() throws IOException {
        var random = new Random(8259);
        for (int run = 0; run < 2_000; run++) {
            var text = new StringBuilder();
            for (int length = random.nextInt(40); length > 0; length--) {
                int point = random.nextInt(random.nextBoolean() ? 0x80 : Character.MAX_CODE_POINT + 1);
                text.appendCodePoint(point >= 0xd800 && point < 0xe000 ? 0x1f600 : point);
            }
            roundTrip(text.toString(), text.toString());
        }
    }
}
