package bwmon.monitor.conntrack;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ConntrackTextTest {
    private static final String TCP = "ipv4     2 tcp      6 431999 ESTABLISHED src=192.0.2.1 dst=198.51.100.2 sport=54321"
            + " dport=443 packets=12 bytes=3456 src=198.51.100.2 dst=10.0.0.1 sport=443 dport=1024 packets=9"
            + " bytes=18446744073709 [ASSURED] mark=4294967295 secctx=system_u:object_r:unlabeled_t:s0 zone=7"
            + " delta-time=39 use=2\n";
    private static final String SIX = "ipv6     10 udp      17 29 src=2001:0db8:0000:0000:0000:0000:0000:0001"
            + " dst=ff02:0000:0000:0000:0000:0000:0000:00fb sport=5353 dport=5353 zone-orig=3 [UNREPLIED]"
            + " src=ff02:0000:0000:0000:0000:0000:0000:00fb dst=2001:0db8:0000:0000:0000:0000:0000:0001 sport=5353"
            + " dport=5353 zone-reply=4 mark=0 use=1\n";
    private static final String PING = "ipv4     2 icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=3 id=4711 packets=1"
            + " bytes=84 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=4711 packets=0 bytes=0 mark=0 zone=0 use=2\n";
    private static final String GRE = "ipv4     2 gre      47 179 timeout=600, stream_timeout=18000 src=10.0.0.1 dst=10.0.0.2"
            + " srckey=0x0 dstkey=0xbeef src=10.0.0.2 dst=10.0.0.1 srckey=0xbeef dstkey=0x0 [ASSURED] mark=0 use=1\n";
    private static final String SCTP = "ipv4     2 sctp     132 209 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2"
            + " src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 [ASSURED] mark=0 use=1\n";
    private static final String OTHER = "ipv4     2 unknown  50 599 src=10.0.0.1 dst=10.0.0.2 [UNREPLIED] src=10.0.0.2"
            + " dst=10.0.0.1 mark=0 use=1\n";
    private static final String OFFLOADED = "ipv4     2 tcp      6 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 packets=1 bytes=2"
            + " src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 packets=3 bytes=4 [HW_OFFLOAD] mark=0 use=2\n";
    /** Linux 2.6 with CONFIG_NF_CONNTRACK_PROC_COMPAT, and before. */
    private static final String OLD = "tcp      6 56 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 packets=1 bytes=60"
            + " [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 packets=0 bytes=0 mark=0 use=1\n";
    private static final String ALL = TCP + SIX + PING + GRE + SCTP + OTHER + OFFLOADED + OLD;

    private static ConntrackText.Table read(String text) {
        return read(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static ConntrackText.Table read(byte[] content) {
        try {
            return ConntrackText.read(new ByteArrayInputStream(content));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Connection one(String line) {
        ConntrackText.Table table = read(line);
        assertEquals(0, table.malformed(), line);
        assertEquals(1, table.connections().size());
        return table.connections().getFirst();
    }

    private static void tuples(String original, String reply, Connection connection) {
        assertEquals(original, connection.original().toString());
        assertEquals(reply, connection.reply().toString());
    }

    private static void counters(@Nullable Counters original, @Nullable Counters reply, Connection connection) {
        assertEquals(original, connection.originalCounters());
        assertEquals(reply, connection.replyCounters());
    }

    @Test
    void aTranslatedConnectionIsReadWhole() {
        Connection c = one(TCP);
        tuples("protocol 6 192.0.2.1:54321 -> 198.51.100.2:443", "protocol 6 198.51.100.2:443 -> 10.0.0.1:1024", c);
        counters(new Counters(12, 3456), new Counters(9, 18446744073709L), c);
        assertEquals(TcpState.ESTABLISHED, c.tcpState());
        assertEquals(431999, c.timeoutSeconds());
        assertEquals(4294967295L, c.mark());
        assertEquals(7, c.zone());
        assertTrue(c.isAssured() && c.hasReply());
        assertFalse(c.isDying());
        assertNull(c.started(), "whole seconds would not stay the same from one reading to the next");
        assertEquals(0, c.id());
    }

    @Test
    void withoutAccountingThereAreNoCounters() {
        Connection c = one(SIX);
        tuples("protocol 17 [2001:db8::1]:5353 -> [ff02::fb]:5353 zone 3",
                "protocol 17 [ff02::fb]:5353 -> [2001:db8::1]:5353 zone 4", c);
        counters(null, null, c);
        assertFalse(c.isCounted());
        assertFalse(c.hasReply());
        assertFalse(c.isAssured());
        assertNull(c.tcpState());
    }

    @Test
    void everyProtocolHasItsWords() {
        Connection ping = one(PING);
        tuples("protocol 1 10.0.0.1:0 -> 10.0.0.2:0 id 4711 type 8 code 3",
                "protocol 1 10.0.0.2:0 -> 10.0.0.1:0 id 4711 type 0 code 0", ping);
        counters(new Counters(1, 84), Counters.ZERO, ping);
        tuples("protocol 47 10.0.0.1:0 -> 10.0.0.2:48879", "protocol 47 10.0.0.2:48879 -> 10.0.0.1:0", one(GRE));
        tuples("protocol 132 10.0.0.1:1 -> 10.0.0.2:2", "protocol 132 10.0.0.2:2 -> 10.0.0.1:1", one(SCTP));
        assertNull(one(SCTP).tcpState(), "SCTP's states are its own");
        tuples("protocol 50 10.0.0.1:0 -> 10.0.0.2:0", "protocol 50 10.0.0.2:0 -> 10.0.0.1:0", one(OTHER));
        assertEquals(136, one(SIX.replace("udp      17", "udplite  136")).original().protocol());
        assertEquals(33, one(SCTP.replace("sctp     132", "dccp     33")).original().protocol());
        assertEquals(58, one(SIX.replace("udp      17", "icmpv6   58")
                .replaceAll("sport=5353 dport=5353", "type=128 code=0 id=1")).original().protocol());
    }

    @Test
    void anOffloadedConnectionHasNoTimeoutAndNoState() {
        Connection c = one(OFFLOADED);
        assertEquals(-1, c.timeoutSeconds());
        assertNull(c.tcpState());
        assertEquals(3 << 14, c.status() & 3 << 14);
        counters(new Counters(1, 2), new Counters(3, 4), c);
        assertEquals(1 << 14, one(OFFLOADED.replace("HW_", "")).status() & 3 << 14);
    }

    @Test
    void theOlderFileLacksTheFamily() {
        Connection c = one(OLD);
        tuples("protocol 6 10.0.0.1:1 -> 10.0.0.2:2", "protocol 6 10.0.0.2:2 -> 10.0.0.1:1", c);
        assertEquals(TcpState.SYN_SENT, c.tcpState());
        assertEquals(56, c.timeoutSeconds());
        assertFalse(c.hasReply());
    }

    @Test
    void everyStateOfTcpIsKnown() {
        for (TcpState state : TcpState.values()) {
            assertEquals(state, one(TCP.replace("ESTABLISHED", state.name())).tcpState());
        }
        assertEquals(TcpState.SYN_SENT2, one(TCP.replace("ESTABLISHED", "LISTEN")).tcpState());
        assertNull(one(TCP.replace("ESTABLISHED", "CLOSED")).tcpState(), "of a newer kernel");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp      6 -> tcp      256", "tcp      6 -> tcp      x", "431999 -> 99999999999999999999",
            "sport=54321 -> sport=65536", "sport=54321 -> sport=", "dport=443 -> dport=4x", "192.0.2.1 -> 192.0.2",
            "192.0.2.1 -> 192.0.2.256", "192.0.2.1 -> 192.0.2.1.1", "192.0.2.1 -> ::1", "packets=12 -> use=1",
            "packets=12 -> packets=-12", "bytes=3456 -> bytes=9223372036854775808", "zone=7 -> zone=65536",
            "mark=4294967295 -> mark=4294967296", "dst=10.0.0.1 -> use=1", "[ASSURED] -> src=1.1.1.1",
            "src=198.51.100.2 -> use=1", "tcp -> ", "use=2 -> zone-orig=65536"})
    void aLineOfAnotherFormIsLeftOutAndCounted(String change) {
        String[] parts = change.split(" -> ", 2);
        assertTrue(TCP.contains(parts[0]), parts[0]);
        ConntrackText.Table table = read(OLD + TCP.replace(parts[0], parts[1]) + PING);
        assertEquals(2, table.connections().size());
        assertEquals(1, table.malformed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"2001:0db8:0000:0000:0000:0000:0000", "2001:0db8:0000:0000:0000:0000:0000:0001:0001",
            "2001:db8:0000:0000:0000:0000:0000:0001", "2001:0db8::0001", "1.2.3.4"})
    void anAddressOfIpv6IsWrittenInFull(String address) {
        assertEquals(1, read(SIX.replace("src=2001:0db8:0000:0000:0000:0000:0000:0001", "src=" + address)).malformed());
    }

    @Test
    void wordsOfANewerKernelArePassedOver() {
        assertEquals(one(TCP), one(TCP.replace(" [ASSURED]", " [NEW] l3=5 x [ASSURED]")));
    }

    @Test
    void theFileHasOneOfTwoNames(@TempDir Path root) throws IOException {
        assertEquals(Optional.empty(), ConntrackText.read(root));
        Path net = Files.createDirectories(root.resolve("thread-self/net"));
        Files.writeString(net.resolve("ip_conntrack"), OLD + "rubbish\n");
        var old = new ConntrackText.Table(List.of(one(OLD)), 1);
        assertEquals(Optional.of(old), ConntrackText.read(root));
        Files.writeString(net.resolve("nf_conntrack"), TCP);
        assertEquals(Optional.of(read(TCP)), ConntrackText.read(root));
    }

    @Test
    void ofACutTableTheWholeLinesAreRead() {
        byte[] content = ALL.getBytes(StandardCharsets.ISO_8859_1);
        List<Connection> all = read(content).connections();
        assertEquals(8, all.size());
        for (int length = 0; length <= content.length; length++) {
            ConntrackText.Table table = read(Arrays.copyOf(content, length));
            assertEquals(all.subList(0, table.connections().size()), table.connections());
            boolean isCut = length > 0 && content[length - 1] != '\n';
            assertEquals(isCut ? 1 : 0, table.malformed());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyBytesAreRead(long seed) {
        var random = new Random(seed);
        byte[] sample = ALL.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < 5_000; i++) {
            byte[] content = Arrays.copyOf(sample, random.nextInt(sample.length + 1));
            for (int flips = random.nextInt(30); flips > 0 && content.length > 0; flips--) {
                content[random.nextInt(content.length)] = (byte) (random.nextBoolean()
                        ? " =.:\n[]9fs".charAt(random.nextInt(10))
                        : random.nextInt());
            }
            ConntrackText.Table table = read(content);
            for (Connection c : table.connections()) {
                assertTrue(c.mark() >= 0 && c.mark() <= 0xffff_ffffL && c.zone() >= 0 && c.zone() <= 0xffff
                        && c.timeoutSeconds() >= -1 && c.original().protocol() <= 0xff);
                // Ports within their range, or these would throw.
                assertEquals(c.original().isIpv6(), c.reply().isIpv6());
                assertFalse(c.original().source().toString().isEmpty());
                assertFalse(c.reply().destination().toString().isEmpty());
            }
        }
    }
}
