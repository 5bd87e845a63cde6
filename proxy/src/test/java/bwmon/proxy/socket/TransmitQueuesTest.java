package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class TransmitQueuesTest {
    private static final String HEADER = "  sl  local_address rem_address   st tx_queue rx_queue\n";
    private static final InetSocketAddress ONE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    private static final InetSocketAddress TWO = new InetSocketAddress(InetAddress.getLoopbackAddress(), 2);

    @TempDir
    private Path folder = Path.of("");

    /** Each look at the clock takes a microsecond, so that each reading seems to take one. */
    private final AtomicLong nanos = new AtomicLong();

    @Test
    void oneReadingServesForNineTimesAsLongAsItTook() throws IOException {
        Path file = folder.resolve("tcp");
        var queues = new TransmitQueues(file, false, () -> nanos.addAndGet(1000));
        Files.writeString(file, HEADER + "  0: " + TcpTable.ends(ONE, TWO, false) + " 01 00000010:00000000\n");
        assertEquals(0, queues.number());
        queues.renew();
        assertEquals(1, queues.number());
        assertEquals(16, queues.bytes(ONE, TWO));
        assertEquals(0, queues.bytes(TWO, ONE), "that is the other side's socket");

        Files.writeString(file, HEADER);
        for (int i = 0; i < 8; i++) {
            queues.renew();
        }
        assertEquals(1, queues.number());
        assertEquals(16, queues.bytes(ONE, TWO));
        queues.renew();
        assertEquals(2, queues.number());
        assertEquals(0, queues.bytes(ONE, TWO));
    }

    @Test
    void aTableThatCannotBeReadIsNoEmptyOne() {
        var queues = new TransmitQueues(folder.resolve("none"), false, () -> nanos.addAndGet(1000));
        assertThrows(IOException.class, queues::renew);
        assertEquals(0, queues.number());
    }
}
