package bwmon.monitor.procfs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import bwmon.monitor.procfs.SocketTable.Kind;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** On lines as a little-endian kernel wrote them. */
class SocketTableTest {
    private static final String TCP = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 12345 1 ffff888 100 0 0 10 0
               1: 0201A8C0:D431 5DB8D822:01BB 01 00000FA0:00000010 01:00000014 00000000    33        0 4294967296 2 ffff888 20 4 30 10 -1
            9999: 0100007F:1F90 0100007F:C350 06 00000000:00000000 03:00001770 00000000     0        0 0 3 ffff888
            """;
    private static final String TCP6 = """
              sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 ffff888 100 0 0 10 0
               1: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000200007F:C351 01 00000000:00000000 00:00000000 00000000     0        0 100 1 ffff888
               2: B80D0120000000000000000001000000:0050 B80D0120000000000000000002000000:0051 08 00000000:00000000 00:00000000 00000000 4294967294        0 101 1 ffff888
            """;
    private static final String PACKET = """
            sk               RefCnt Type Proto  Iface R Rmem   User   Inode
            ffff8881059dd000 3      3    88cc   4     1 0      0      15303
            ffff8881059dd800 3      2    0003   0     1 2304   101    15304
            0000000000000000 3      2    0003   x     1 2304   101    15304
            """;

    @BeforeEach
    void order() {
        Assumptions.assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "the samples are little-endian");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> lines(SocketTable table) {
        return table.sockets().stream()
                .map(s -> s.protocol() + " " + s.local() + " " + s.remote() + " " + s.state() + " " + s.uid() + " "
                        + s.inode() + " " + s.txQueue() + "/" + s.rxQueue())
                .toList();
    }

    @Test
    void addressesAreInTheOrderOfTheHostAndPortsAreNot() {
        SocketTable table = SocketTable.parse(bytes(TCP), Kind.TCP);
        assertEquals(List.of("6 127.0.0.1:8080 0.0.0.0:0 10 1000 12345 0/3",
                "6 192.168.1.2:54321 34.216.184.93:443 1 33 4294967296 4000/16",
                "6 127.0.0.1:8080 127.0.0.1:50000 6 0 0 0/0"), lines(table));
        assertEquals(0, table.malformed());
    }

    @Test
    void mappedAddressesAreIpv4() {
        assertEquals(
                List.of("6 [::]:22 [::]:0 10 0 99 0/0", "6 127.0.0.1:80 127.0.0.2:50001 1 0 100 0/0",
                        "6 [2001:db8::1]:80 [2001:db8::2]:81 8 4294967294 101 0/0"),
                lines(SocketTable.parse(bytes(TCP6), Kind.TCP6)));
    }

    @Test
    void theProtocolOfARawSocketStandsForItsPort() {
        String raw = TCP.replace("0100007F:1F90", "0100007F:0059");
        assertEquals("89 127.0.0.1:0 0.0.0.0:0 10 1000 12345 0/3",
                lines(SocketTable.parse(bytes(raw), Kind.RAW)).getFirst());
        assertEquals(1, SocketTable.parse(bytes(raw), Kind.RAW).malformed(), "no protocol has a number of 54321");
        assertEquals("1 127.0.0.1:8080 0.0.0.0:0 10 1000 12345 0/3",
                lines(SocketTable.parse(bytes(TCP), Kind.ICMP)).getFirst());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "   0:", "   0: 0100007F:1F90",
            "x: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:0 0 0 0 1",
            "0: 100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
            "0: 0100007F 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
            "0: 0100007F:1F90 00000000:0000 0A0 00000000:00000000 00:00000000 00000000 0 0 1",
            "0: 0100007F:1F90 00000000:0000 0A 0000000000000000 00:00000000 00000000 0 0 1",
            "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 -1 0 1",
            "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 4294967296 0 1",
            "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 99999999999999999999",
            "0: 0000000000000000FFFF00000100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1"})
    void aLineOfAnotherFormIsLeftOutAndCounted(String line) {
        SocketTable table = SocketTable.parse(bytes("headings\n" + line + "\n" + TCP.lines().toList().get(1) + "\n"),
                Kind.TCP);
        assertEquals(1, table.malformed());
        assertEquals(1, table.sockets().size());
    }

    @Test
    void socketsOfTheLinkLayerHaveAnInterface() throws IOException {
        PacketSocket.Table table = PacketSocket.read(new ByteArrayInputStream(bytes(PACKET)));
        assertEquals(List.of(new PacketSocket(0x88cc, 4, 0, 15303), new PacketSocket(3, 0, 101, 15304)),
                table.sockets());
        assertEquals(1, table.malformed());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aMissingFileIsAnEmptyTable(Kind kind, @TempDir Path root) throws IOException {
        assertEquals(new SocketTable(List.of(), 0), new ProcFs(root).sockets(kind));
        assertEquals(List.of(), new ProcFs(root).packetSockets().sockets());
        Path net = Files.createDirectories(root.resolve("thread-self/net"));
        Files.writeString(net.resolve(kind.file()), kind.file().endsWith("6") ? TCP6 : TCP);
        SocketTable table = new ProcFs(root).sockets(kind);
        assertEquals(3, table.sockets().size() + table.malformed());
    }

    /** Gives a file in parts of any size, as the kernel may. */
    private static InputStream inParts(byte[] content, Random random) {
        return new ByteArrayInputStream(content) {
            @Override
            public int read(byte[] buffer, int offset, int length) {
                return super.read(buffer, offset, Math.min(length, 1 + random.nextInt(100)));
            }
        };
    }

    @Test
    void linesAreTheSameInWhateverPartsTheyCome() throws IOException {
        var random = new Random(5);
        String content = TCP + "x".repeat(Lines.LIMIT) + "\n" + TCP.repeat(2_000) + "y".repeat(3 * Lines.LIMIT) + "\n"
                + TCP.lines().toList().get(1) + "\n" + TCP.lines().toList().get(2);
        SocketTable whole = SocketTable.parse(bytes(content), Kind.TCP);
        assertEquals(3 + 6_000 + 1, whole.sockets().size());
        assertEquals(2_000 + 3, whole.malformed(), "headings, lines too long, and the last without its end");
        assertEquals(whole, SocketTable.read(inParts(bytes(content), random), Kind.TCP));
    }

    @Test
    void ofACutTableTheWholeLinesAreRead() {
        byte[] content = bytes(TCP);
        List<ProcSocket> all = SocketTable.parse(content, Kind.TCP).sockets();
        for (int length = 0; length < content.length; length++) {
            SocketTable table = SocketTable.parse(Arrays.copyOf(content, length), Kind.TCP);
            assertEquals(all.subList(0, table.sockets().size()), table.sockets());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyBytesAreParsed(long seed) throws IOException {
        var random = new Random(seed);
        for (int i = 0; i < 3_000; i++) {
            byte[] sample = bytes(List.of(TCP, TCP6, PACKET).get(i % 3));
            byte[] content = Arrays.copyOf(sample, random.nextInt(sample.length + 1));
            for (int flips = random.nextInt(20); flips > 0 && content.length > 0; flips--) {
                content[random.nextInt(content.length)] = (byte) (random.nextBoolean()
                        ? " :\n0F9".charAt(random.nextInt(6))
                        : random.nextInt());
            }
            long lines = new String(content, StandardCharsets.ISO_8859_1).chars().filter(c -> c == '\n').count();
            for (Kind kind : Kind.values()) {
                SocketTable table = SocketTable.parse(content, kind);
                assertTrue(table.sockets().size() + table.malformed() <= lines + 1);
                for (ProcSocket socket : table.sockets()) {
                    assertTrue(socket.inode() >= 0 && socket.uid() >= 0 && socket.uid() <= 0xffff_ffffL
                            && socket.protocol() >= 0 && socket.protocol() <= 255 && socket.txQueue() >= 0
                            && socket.rxQueue() >= 0 && socket.state() >= 0);
                }
            }
            PacketSocket.read(new ByteArrayInputStream(content));
        }
    }
}
