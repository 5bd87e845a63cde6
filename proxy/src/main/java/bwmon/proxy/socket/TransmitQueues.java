package bwmon.proxy.socket;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import bwmon.traffic.Ticker;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * How much TCP sockets have sent, FIN included, that the peer's kernel has not acknowledged, as the kernel's table tells
 * (tx_queue of /proc/net/tcp and tcp6, Documentation/networking/proc_net_tcp.rst): java.nio does not.
 *
 * <p>The table has all sockets of the network namespace, and to read it takes time for each. So one reading serves all
 * connections of a loop, and there is no other one before nine times as long as it took has gone by. One thread only.
 */
final class TransmitQueues {
    /** The most that a table can tell for one socket. */
    static final long MOST_BYTES = 0xffff_ffffL;

    private static final int PAUSE_FACTOR = 9;
    private static final FastThreadLocal<TransmitQueues> V4 = ofFile("/proc/self/net/tcp", false);
    private static final FastThreadLocal<TransmitQueues> V6 = ofFile("/proc/self/net/tcp6", true);

    private final Path file;
    private final boolean isV6;
    private final Ticker ticker;
    /** By both ends as the kernel writes them; those that are not empty. */
    private Map<String, Long> queues = new HashMap<>();
    private long number;
    private long notBefore;

    /**
     * A table that was not read yet.
     *
     * @param isV6 whether it is that of IPv6 sockets
     */
    TransmitQueues(Path file, boolean isV6, Ticker ticker) {
        this.file = file;
        this.isV6 = isV6;
        this.ticker = ticker;
        this.notBefore = ticker.nanos();
    }

    private static FastThreadLocal<TransmitQueues> ofFile(String file, boolean isV6) {
        return new FastThreadLocal<>() {
            @Override
            protected TransmitQueues initialValue() {
                return new TransmitQueues(Path.of(file), isV6, Ticker.SYSTEM);
            }
        };
    }

    /** This thread's, for sockets of a family. */
    static TransmitQueues of(ProtocolFamily family) {
        return family == StandardProtocolFamily.INET ? V4.get() : V6.get();
    }

    /** How many tables were read: what is written now may be missing in those. */
    long number() {
        return number;
    }

    /**
     * Reads the table anew, unless it is too early.
     *
     * @throws IOException if it cannot be read, or is not what is expected
     */
    void renew() throws IOException {
        long start = ticker.nanos();
        if (start - notBefore < 0) {
            return;
        }
        try (InputStream in = Files.newInputStream(file)) {
            queues = TcpTable.read(in);
        }
        number++;
        long end = ticker.nanos();
        notBefore = end + PAUSE_FACTOR * (end - start);
    }

    /** What the last table tells of a socket, in bytes; 0 for one that is no more. */
    long bytes(InetSocketAddress local, InetSocketAddress remote) {
        // Most often nothing is left anywhere.
        return queues.isEmpty() ? 0 : queues.getOrDefault(TcpTable.ends(local, remote, isV6), 0L);
    }
}
