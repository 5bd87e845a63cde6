package bwmon.proxy.socket;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
    void onlyWhoSharesHisPlaceIsJoinedThere() throws Exception {
        ListeningSocket first = transport.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try {
            first.listen();
            assertEquals(SystemErrors.EADDRINUSE,
                    SystemErrors.number(assertThrows(IOException.class, () -> transport.join(first))));
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
}
