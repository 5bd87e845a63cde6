package bwmon.proxy.socket;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class TcpTableTest {
    private static final String HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    private static final String V4 = HEADER
            + """
                       0: 00000000:07E8 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 548 1 0 100 0 0 10 0
                       1: 0100007F:3A99 0201007F:A933 01 0000002A:00000000 01:00000649 00000000     0        0 0 3 00000000a2f6f62b
                    12345: 0100007F:3B61 0100007F:C468 08 FFFFFFFF:00000000 01:00000640 00000000     0        0 0 3 00000000f5c4976a
                    """;

    private static Map<String, Long> read(String text) throws IOException {
        return TcpTable.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)));
    }

    private static InetSocketAddress end(String address, int port) throws IOException {
        return new InetSocketAddress(InetAddress.getByName(address), port);
    }

    @Test
    void socketsWithSomethingToSendAreTold() throws IOException {
        assertEquals(Map.of("0100007F:3A99 0201007F:A933", 42L, "0100007F:3B61 0100007F:C468", 0xffff_ffffL), read(V4));
        assertEquals(Map.of(), read(HEADER));
    }

    @Test
    void endsAreWrittenAsTheKernelWritesThem() throws IOException {
        assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "the examples are of a little-endian host");
        InetSocketAddress local = end("127.0.0.1", 0x3a99);
        InetSocketAddress remote = end("127.0.1.2", 0xa933);
        assertEquals("0100007F:3A99 0201007F:A933", TcpTable.ends(local, remote, false));
        assertEquals("0000000000000000FFFF00000100007F:3A99 0000000000000000FFFF00000201007F:A933",
                TcpTable.ends(local, remote, true));
        assertEquals("00000000000000000000000001000000:0050 B80D01200000000000000000EFCD0000:0001",
                TcpTable.ends(end("::1", 80), end("2001:db8::cdef", 1), true));
    }

    @Test
    void manyLinesInPieces() throws IOException {
        var text = new StringBuilder(HEADER);
        var random = new SplittableRandom(1);
        long sum = 0;
        for (int i = 0; i < 10_000; i++) {
            int bytes = random.nextInt(1, 1 << 20);
            sum += bytes;
            text.append(String.format("%4d: 0100007F:%04X 0100007F:0050 01 %08X:00000000 00:00000000%s\n", i, i, bytes,
                    " ".repeat(random.nextInt(200))));
        }
        byte[] all = text.toString().getBytes(StandardCharsets.US_ASCII);
        // As the kernel hands it out: never all that is asked for.
        InputStream pieces = new ByteArrayInputStream(all) {
            @Override
            public int read(byte[] buffer, int offset, int length) {
                return super.read(buffer, offset, Math.min(length, random.nextInt(1, 4096)));
            }
        };
        Map<String, Long> queues = TcpTable.read(pieces);
        assertEquals(10_000, queues.size());
        assertEquals(sum, queues.values().stream().mapToLong(Long::longValue).sum());
    }

    @Test
    void whatIsNoTableIsRefused() {
        for (String text : new String[]{"", "\n", "something\n", HEADER + "x\n", HEADER + "\n",
                V4.substring(0, V4.length() - 1), HEADER + "0: A:1 B:2 01 123456789:0\n", HEADER + "0: A:1 B:2 01 :0\n",
                HEADER + "0: A:1 B:2 01 G:0\n", HEADER + "x".repeat(100_000)}) {
            assertThrows(IOException.class, () -> read(text), text);
        }
    }

    @Test
    void anythingIsReadOrRefused() {
        var random = new SplittableRandom(42);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = V4.getBytes(StandardCharsets.US_ASCII);
            for (int n = random.nextInt(4); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) (random.nextBoolean()
                        ? random.nextInt()
                        : " :\nA0".charAt(
                                random.nextInt(5)));
            }
            try {
                Map<String, Long> queues = TcpTable.read(
                        new ByteArrayInputStream(bytes, 0, random.nextInt(bytes.length + 1)));
                queues.forEach((ends, queue) -> assertTrue(queue > 0 && queue <= TransmitQueues.MOST_BYTES));
            } catch (IOException e) {
                refused++;
            }
        }
        assertTrue(refused > 1000 && refused < 20_000, refused + " refused");
    }
}
