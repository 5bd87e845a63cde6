package bwmon.proxy.relay;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.Security;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ResolverTest {
    private final Resolver resolver = new Resolver();
    private final EventExecutor executor = new DefaultEventExecutor();

    @AfterEach
    void close() {
        resolver.close();
        var _ = executor.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private Future<List<SocketAddress>> resolve(Target target) throws InterruptedException {
        Future<List<SocketAddress>> result = resolver.resolve(target, executor);
        assertTrue(result.await(30, TimeUnit.SECONDS), "no answer for " + target);
        return result;
    }

    @Test
    void addressesNeedNoLookup() throws Exception {
        assertEquals(List.of(new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 80)),
                resolver.resolve(new Target.Tcp("192.0.2.1", 80), executor).getNow());
        assertEquals(List.of(new InetSocketAddress(InetAddress.getByName("2001:db8::1"), 80)),
                resolver.resolve(new Target.Tcp("2001:db8::1", 80), executor).getNow());
    }

    @Test
    void aUnixSocketIsItsOwnAddress() {
        assertEquals(List.of(UnixDomainSocketAddress.of("/run/x.sock")),
                resolver.resolve(new Target.Unix(Path.of("/run/x.sock")), executor).getNow());
    }

    @Test
    void namesResolveAsTheHostDoes() throws Exception {
        List<SocketAddress> addresses = resolve(new Target.Tcp("localhost", 7)).getNow();
        assertFalse(addresses.isEmpty());
        for (SocketAddress address : addresses) {
            InetSocketAddress inet = assertInstanceOf(InetSocketAddress.class, address);
            assertTrue(inet.getAddress().isLoopbackAddress(), inet::toString);
            assertEquals(7, inet.getPort());
        }
    }

    @Test
    void aNameThatDoesNotResolveFailsAsSuch() throws Exception {
        // RFC 6761, 6.4: .invalid never resolves.
        Future<List<SocketAddress>> result = resolve(new Target.Tcp("no-such-host.invalid", 80));
        assertInstanceOf(UnknownHostException.class, result.cause());
    }

    @Test
    void noAnswerIsKept() {
        assertEquals("0", Security.getProperty("networkaddress.cache.ttl"));
        assertEquals("0", Security.getProperty("networkaddress.cache.negative.ttl"));
    }
}
