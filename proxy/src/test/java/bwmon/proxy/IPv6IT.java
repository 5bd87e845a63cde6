package bwmon.proxy;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.stream.Collectors;

import bwmon.proxy.relay.Target;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

class IPv6IT {

    @BeforeAll
    static void needsIPv6() {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral("::1"), 0));
        } catch (IOException e) {
            assumeTrue(false, "this host has no ::1: " + e.getMessage());
        }
    }

    private static PipeSpec spec(String bind, int port, Target target) {
        return new PipeSpec(null, new PipeSpec.Listen.Tcp(InetAddress.ofLiteral(bind), port), TestPipe.options(target));
    }

    private static void exchange(String address, int port) throws IOException {
        try (var client = new Socket()) {
            client.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port));
            client.getOutputStream().write(new byte[]{1, 2, 3});
            client.shutdownOutput();
            assertEquals(3, client.getInputStream().readAllBytes().length);
        }
    }

    @Test
    void leadsFromIPv6ToIPv6() throws Exception {
        try (var upstream = Upstream.on("::1",
                socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
                var pipe = TestPipe.open(spec("::1", 0, new Target.Tcp("::1", upstream.port())))) {
            exchange("::1", pipe.endpoint().port());
            assertTrue(pipe.ended().client().startsWith("[::1]:"));
            assertEquals(3, pipe.meter().forwarded(Direction.RX));
            assertTrue(pipe.endpoint().address() instanceof Inet6Address);
        }
    }

    @Test
    void leadsFromEachFamilyToTheOther() throws Exception {
        try (var v4 = Upstream.echo();
                var upstream = Upstream.on("::1",
                        socket -> socket.getInputStream().transferTo(socket.getOutputStream()));
                var toV4 = TestPipe.open(spec("::1", 0, v4.target()));
                var toV6 = TestPipe.open(spec("127.0.0.1", 0, new Target.Tcp("::1", upstream.port())))) {
            exchange("::1", toV4.endpoint().port());
            exchange("127.0.0.1", toV6.endpoint().port());
            assertEquals("127.0.0.1:" + v4.port(), toV4.ended().upstream());
            assertEquals("[::1]:" + upstream.port(), toV6.ended().upstream());
        }
    }

    @Test
    void theDefaultIsLoopbackOfBothFamilies() throws Exception {
        int port = RunPipeProcess.freePort();
        try (var upstream = Upstream.echo();
                var pipe = TestPipe.open(new PipeSpec(null, new PipeSpec.Listen.Tcp(null, port),
                        TestPipe.options(upstream.target())))) {
            exchange("127.0.0.1", port);
            exchange("::1", port);
            assertEquals(Set.of("127.0.0.1:" + port, "[::1]:" + port),
                    pipe.pipe().listeners().stream().map(Endpoint::toString).collect(Collectors.toSet()));
        }
    }

    @Test
    void theWildcardOfIPv6TakesIPv4TooAndNamesItAsSuch() throws Exception {
        try (var upstream = Upstream.echo(); var pipe = TestPipe.open(spec("::", 0, upstream.target()))) {
            int port = pipe.endpoint().port();
            exchange("127.0.0.1", port);
            assertTrue(pipe.ended().client().startsWith("127.0.0.1:"));
            exchange("::1", port);
            assertTrue(pipe.ended().client().startsWith("[::1]:"));
            await().until(() -> pipe.meter().open() == 0);
            assertTrue(pipe.pipe().listensAt(new Endpoint(InetAddress.ofLiteral("192.0.2.1"), port)));
        }
    }

    @Test
    void theWildcardOfIPv4TakesNoIPv6() throws Exception {
        try (var upstream = Upstream.echo();
                var pipe = TestPipe.open(spec("0.0.0.0", 0, upstream.target()));
                var other = new Socket()) {
            exchange("127.0.0.1", pipe.endpoint().port());
            assertThrows(IOException.class, () -> other
                    .connect(new InetSocketAddress(InetAddress.ofLiteral("::1"), pipe.endpoint().port())));
        }
    }
}
