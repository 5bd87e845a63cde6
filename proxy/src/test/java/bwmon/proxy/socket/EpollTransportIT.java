package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(30)
class EpollTransportIT {
    private final EpollTransport transport = new EpollTransport();

    @Test
    void whatIsAcceptedHasTheOptionsOfItsListener() throws Exception {
        try (var pair = SocketPair.open()) {
            assertTrue(pair.server().isTcpNoDelay());
            assertTrue(pair.server().isKeepAlive());
            assertFalse(pair.client().isTcpNoDelay(), "else the assertions above say nothing");
            pair.client().tune();
            assertTrue(pair.client().isTcpNoDelay());
            assertTrue(pair.client().isKeepAlive());
        }
    }

    @Test
    void nobodyElseListensWhereLoopsShareAPlace() throws Exception {
        ListeningSocket first = transport.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try {
            first.listen();
            first.share();
            transport.join(first).close();
            InetSocketAddress address = first.localAddress();
            assertNotNull(address);
            assertEquals(SystemErrors.EADDRINUSE, SystemErrors.number(assertThrows(IOException.class, () -> {
                ListeningSocket other = transport.bind(address);
                try {
                    other.listen();
                } finally {
                    other.close();
                }
            })));
        } finally {
            first.close();
        }
    }

    @Test
    void anEndIsToldFromAReset() throws Exception {
        ByteBuf bytes = Unpooled.directBuffer(100).writeZero(100);
        try (var ended = SocketPair.open(); var broken = SocketPair.open()) {
            for (SocketPair pair : new SocketPair[]{ended, broken}) {
                assertEquals(100, pair.client().write(bytes, 0, 100));
            }
            ended.client().endOutput();
            broken.client().reset();
            await().untilAsserted(() -> assertTrue(ended.server().hasEnded(100)));
            assertFalse(broken.server().hasEnded(100));
        } finally {
            bytes.release();
        }
    }

    /** A read of a UNIX socket ends behind each message that carries descriptors, whatever comes behind it (unix(7)). */
    @Test
    void whatIsBehindADescriptorIsReadToo(@TempDir Path folder) throws Exception {
        var address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        ListeningSocket listener = transport.bind(address);
        ByteBuf bytes = Unpooled.directBuffer(100).writeZero(100);
        EpollSocket client = EpollSocket.forAddress(address);
        try {
            listener.listen();
            client.beginConnect(address, false);
            ListeningSocket.Accepted accepted = await().until(listener::accept, one -> one != null);
            StreamSocket server = accepted.socket();
            try {
                assertEquals(1, client.sendFd(client.intValue()));
                assertEquals(10, client.write(bytes, 0, 10));
                assertEquals(1, server.read(bytes, 100), "else the assertions below say nothing");
                assertTrue(server.mayRead());
                assertEquals(10, server.read(bytes, 100));
                assertEquals(0, server.read(bytes, 100));
                assertFalse(server.mayRead());
            } finally {
                server.close();
            }
        } finally {
            client.close();
            listener.close();
            bytes.release();
        }
    }

    @Test
    void oneThatIsClosedIsNotWorthATry() throws Exception {
        try (var pair = SocketPair.open()) {
            assertTrue(pair.client().mayRead() && pair.client().mayWrite());
            pair.client().close();
            assertFalse(pair.client().mayRead() || pair.client().mayWrite());
        }
    }

    /** Both are ready when the loop looks: what goes wrong with the first must not cost the second its only event. */
    @Test
    void aListenerThatFailsHarmsNobodyElse() throws Exception {
        var group = new MultiThreadIoEventLoopGroup(1, transport.loops());
        ByteBuf bytes = Unpooled.directBuffer(100).writeZero(100);
        try (var one = SocketPair.open(); var other = SocketPair.open()) {
            var told = new LongAdder();
            IoEventLoop loop = group.next();
            for (SocketPair pair : List.of(one, other)) {
                loop.submit(() -> {
                    pair.server().register(loop, () -> {
                        told.increment();
                        throw new IllegalStateException("on purpose");
                    });
                    return null;
                }).sync();
            }
            // Once each, for they can be written to.
            await().until(() -> told.sum() == 2);
            loop.submit(() -> {
                one.client().write(bytes, 0, 100);
                other.client().write(bytes, 0, 100);
                return null;
            }).sync();
            await().until(() -> told.sum() == 4);
        } finally {
            bytes.release();
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }
}
