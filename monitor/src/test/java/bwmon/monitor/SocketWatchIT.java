package bwmon.monitor;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

import bwmon.ffi.Libc;
import bwmon.monitor.SocketWatch.Seen;
import bwmon.monitor.conntrack.Connection;
import bwmon.monitor.sockdiag.InetDiagMessage;
import bwmon.monitor.sockdiag.SockDiag;
import bwmon.monitor.trial.NetworkNamespace;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Real connections, in namespaces of our own. */
@Timeout(60)
class SocketWatchIT {
    private static final String NFT = "/usr/sbin/nft";
    private static final int CONNECTIONS = 40;

    /** Everything here begins on this host. */
    private static @Nullable Flow beginner(Connection connection) {
        Protocol protocol = Protocol.of(connection.original().protocol());
        return protocol == Protocol.TCP || protocol == Protocol.UDP
                ? new Flow(protocol, connection.original().source(), connection.original().destination())
                : null;
    }

    /** Where connections are tracked until it is taken down. */
    private static NetworkNamespace tracking() throws Exception {
        NetworkNamespace namespace = NetworkNamespace.open(NFT);
        namespace.exec(NFT, "add table inet t; add chain inet t c; add rule inet t c ct state new");
        return namespace;
    }

    private interface Code {
        void run(SocketWatch watch, Queue<Seen> seen) throws Exception;
    }

    private static void watching(Code code) throws Exception {
        try (var namespace = tracking()) {
            namespace.call(() -> {
                var seen = new ConcurrentLinkedQueue<Seen>();
                try (var watch = SocketWatch.open(SocketWatchIT::beginner, seen::addAll)) {
                    code.run(watch, seen);
                    assertNull(watch.failure());
                    assertEquals(new SocketWatch.Counts(watch.counts().asked(), seen.size(), 0, 0), watch.counts());
                }
                return null;
            });
        }
    }

    @Test
    void socketsAreSeenSoonAfterTheirConnectionBegins() throws Exception {
        watching((watch, seen) -> {
            try (var listening = ServerSocketChannel.open()
                    .bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0)); var diag = SockDiag.open()) {
                for (int i = 0; i < CONNECTIONS; i++) {
                    try (var client = SocketChannel.open(listening.getLocalAddress());
                            var server = listening.accept()) {
                        int expected = i + 1;
                        await().pollInSameThread().pollInterval(Duration.ofMillis(1)).atMost(Duration.ofSeconds(5))
                                .until(() -> seen.size() >= expected);
                        assertEquals(client.getLocalAddress(), server.getRemoteAddress());
                    }
                }
                for (InetDiagMessage socket : diag.dumpTcp(SockDiag.OPEN)) {
                    assertTrue(seen.stream().noneMatch(s -> s.cookie() == socket.cookie()), "they are closed");
                }
                assertEquals(CONNECTIONS, seen.stream().map(Seen::inode).distinct().count());
                assertTrue(seen.stream().allMatch(s -> s.inode() != 0 && s.uid() == 0));
            }
        });
    }

    @Test
    void datagramsAreSeen() throws Exception {
        watching((watch, seen) -> {
            InetAddress here = InetAddress.ofLiteral("127.0.0.1");
            try (var to = new DatagramSocket(new InetSocketAddress(here, 0)); var from = new DatagramSocket()) {
                from.send(new DatagramPacket(new byte[10], 10, to.getLocalSocketAddress()));
                await().atMost(Duration.ofSeconds(5)).until(() -> !seen.isEmpty());
                assertEquals(from.getLocalPort(), seen.element().flow().local().port());
            }
        });
    }

    @Test
    void manyBeginningsTakeLittleOfAProcessor() throws Exception {
        try (var namespace = tracking()) {
            namespace.call(() -> {
                var threads = ManagementFactory.getThreadMXBean();
                try (var watch = SocketWatch.open(SocketWatchIT::beginner, seen -> spin());
                        var listening = ServerSocketChannel.open()
                                .bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 4_096)) {
                    long id = Thread.getAllStackTraces().keySet().stream()
                            .filter(t -> t.getName().equals("socket-watch")).collect(Collectors.toList()).getFirst()
                            .threadId();
                    long begin = System.nanoTime();
                    long before = threads.getThreadCpuTime(id);
                    while (System.nanoTime() - begin < 5_000_000_000L) {
                        connect(listening, 100);
                    }
                    long spent = threads.getThreadCpuTime(id) - before;
                    // What is earned, what it begins with, and the last debt.
                    long allowed = (System.nanoTime() - begin) / 10 + 500_000_000 + 100_000_000;
                    assertTrue(spent < allowed, () -> "ns of a processor: " + spent + " of " + allowed);
                    SocketWatch.Counts counts = watch.counts();
                    assertTrue(counts.asked() > 0, counts::toString);
                }
                return null;
            });
        }
    }

    /** Works as hard as a search of all processes. */
    private static void spin() {
        long begin = Libc.threadCpuNanos();
        while (Libc.threadCpuNanos() - begin < 5_000_000) {
            Thread.onSpinWait();
        }
    }

    private static void connect(ServerSocketChannel listening, int connections) throws IOException {
        for (int i = 0; i < connections; i++) {
            try (var client = SocketChannel.open(listening.getLocalAddress()); var server = listening.accept()) {
                assertEquals(client.getLocalAddress(), server.getRemoteAddress());
            }
        }
    }

    @Test
    void closingEndsTheThreadAtOnce() throws Exception {
        watching((watch, seen) -> {
            assertEquals(0, seen.size());
            long begin = System.nanoTime();
            watch.close();
            assertTrue(System.nanoTime() - begin < 2_000_000_000L);
            assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().equals("socket-watch")));
        });
    }
}
