package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.meter.PipeMeter;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.Forwarder;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import bwmon.proxy.relay.Target;
import bwmon.traffic.Endpoint;
import com.codahale.metrics.MetricRegistry;
import com.typesafe.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Upstreams that cannot be reached. */
@Timeout(120)
@ParameterizedClass
@EnumSource(names = {"SPLICE", "NIO"})
class ConnectFailuresIT {

    @TempDir
    private Path folder = Path.of("");

    private final Way way;

    ConnectFailuresIT(Way way) {
        this.way = way;
    }

    private TestPipe impatient(Target target) throws ProgramException {
        return TestPipe.open(way.runtime(),
                TestPipe.spec(new PipeOptions(target, 10, Duration.ofMillis(500), Duration.ZERO,
                        OptionalLong.empty(), ProxyProtocol.NONE)));
    }

    private static void assertFailsToConnect(TestPipe pipe, ConnectionEnd expected) throws Exception {
        try (Socket client = pipe.connect()) {
            assertEquals(0, new Pattern(0).readToReset(client));
        }
        FinishedConnection ended = pipe.ended();
        assertEquals(expected, ended.end());
        assertTrue(ended.upstream() == null && ended.connectTime() == null);
        assertTrue(ended.error() != null && !ended.error().equals("null"), "a failure without a word");
        await().until(() -> pipe.meter().connectFailures() > 0);
    }

    private List<String> behind(String... more) {
        var prefix = new ArrayList<>(way.prefix());
        prefix.addAll(List.of(more));
        return prefix;
    }

    @Test
    void nobodyListens() throws Exception {
        try (var pipe = TestPipe.to(way, new Target.Tcp("127.0.0.1", RunPipeProcess.freePort()))) {
            for (int i = 0; i < 5; i++) {
                assertFailsToConnect(pipe, ConnectionEnd.CONNECT_REFUSED);
            }
            await().until(() -> pipe.meter().open() == 0);
            assertEquals(5, pipe.meter().connectFailures());
        }
    }

    @Test
    void noUnixSocketIsThere() throws Exception {
        try (var pipe = TestPipe.to(way, new Target.Unix(folder.resolve("none.sock")))) {
            assertFailsToConnect(pipe, ConnectionEnd.CONNECT_REFUSED);
        }
    }

    /** A listener that no longer answers, because its queue is full. */
    private record Stuck(ServerSocket listener, List<Socket> queued) implements AutoCloseable {
        static Stuck on(String address, int port) throws IOException {
            var listener = new ServerSocket();
            listener.bind(new InetSocketAddress(InetAddress.getByName(address), port), 1);
            var queued = new ArrayList<Socket>();
            while (true) {
                var socket = new Socket();
                queued.add(socket);
                try {
                    socket.connect(listener.getLocalSocketAddress(), 200);
                } catch (SocketTimeoutException e) {
                    return new Stuck(listener, queued);
                }
            }
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : queued) {
                socket.close();
            }
            listener.close();
        }
    }

    @Test
    void nobodyAnswers() throws Exception {
        try (Stuck stuck = Stuck.on("127.0.0.1", 0);
                var pipe = impatient(new Target.Tcp("127.0.0.1", stuck.listener().getLocalPort()))) {
            long before = System.nanoTime();
            assertFailsToConnect(pipe, ConnectionEnd.CONNECT_TIMEOUT);
            assertTrue(System.nanoTime() - before > 400_000_000, "not patient at all");
        }
    }

    @Test
    void aNameThatDoesNotResolveIsFoundAtStart() {
        var error = assertThrows(ProgramException.class,
                () -> TestPipe.to(way, new Target.Tcp("no-such-host.invalid", 80)).close());
        assertEquals(Kind.MISSING, error.kind());
        assertTrue(String.valueOf(error.getMessage()).contains("the name 'no-such-host.invalid' does not resolve"));
    }

    @Test
    void aNameThatResolvesNoMoreIsCounted() throws Exception {
        var meter = new PipeMeter(new MetricRegistry(), "pipe");
        var options = TestPipe.options(new Target.Tcp("no-such-host.invalid", 80));
        try (var runtime = way.runtime(1);
                var forwarder = new Forwarder(runtime, options, meter, (_, _) -> {})) {
            Endpoint endpoint = forwarder.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            forwarder.start();
            try (var client = new Socket(InetAddress.getLoopbackAddress(), endpoint == null ? 0 : endpoint.port())) {
                assertEquals(0, new Pattern(0).readToReset(client));
            }
            await().until(() -> meter.ends().equals(Map.of(ConnectionEnd.CONNECT_RESOLVE, 1L)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"connect-unreachable", "connect-timeout"})
    void whatANetworkWithoutAWayThereSays(String label) throws Exception {
        assumeTrue(new ProcessBuilder("unshare", "-n", "ip", "link").start().waitFor() == 0,
                "needs root and a kernel with network namespaces");
        Path socket = folder.resolve("in.sock");
        Path log = folder.resolve("access.log");
        // A device that takes every packet and tells nobody.
        String network = label.endsWith("timeout")
                ? "ip link add hole type veth peer name end && ip link set hole up && ip link set end up && ip addr add 192.0.2.2/24 dev hole"
                        + " && ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev hole"
                : "ip link set lo up";
        try (var runpipe = RunPipeProcess
                .startBehind(folder, behind("unshare", "-n", "sh", "-c", network + " && exec \"$@\"", "sh"), "--json",
                        "--connect-timeout=0.5", "--access-log=" + log, "unix:" + socket, "192.0.2.1:80")
                .awaitListening()) {
            try (var client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                client.connect(UnixDomainSocketAddress.of(socket));
                assertEquals(-1, client.read(ByteBuffer.allocate(1)));
            }
            Config totals = runpipe.totals();
            assertEquals(1, totals.getLong("ended_total." + label));
        }
        Config line = Json.lines(log).getFirst();
        assertEquals(label, line.getString("end"));
        assertTrue(line.getString("error").length() > 5, line::toString);
    }

    @Test
    void theNextAddressIsTriedWhereTheFirstDoesNotAnswer() throws Exception {
        Path hosts = Files.writeString(folder.resolve("hosts"), """
                127.0.0.2 stuck.test
                127.0.0.1 stuck.test
                127.0.0.3 closed.test
                127.0.0.1 closed.test
                """);
        Path log = folder.resolve("access.log");
        try (var upstream = Upstream.echo(); Stuck stuck = Stuck.on("127.0.0.2", upstream.port())) {
            assertTrue(stuck.listener().isBound());
            for (String host : List.of("stuck.test", "closed.test")) {
                int port = RunPipeProcess.freePort();
                try (var runpipe = RunPipeProcess
                        .startBehind(folder, behind("env", "JAVA_TOOL_OPTIONS=-Djdk.net.hosts.file=" + hosts), "--json",
                                "--bind=127.0.0.1", "--access-log=" + log, Integer.toString(port), host,
                                Integer.toString(upstream.port()))
                        .awaitListening()) {
                    try (Socket client = RunPipeProcess.connect(port)) {
                        client.getOutputStream().write(42);
                        assertEquals(42, client.getInputStream().read());
                    }
                    assertEquals(0, runpipe.totals().getLong("open"));
                }
            }
            List<Config> lines = Json.lines(log);
            for (Config line : lines) {
                assertEquals("127.0.0.1:" + upstream.port(), line.getString("upstream"));
            }
            // RFC 8305: the next attempt begins 250 ms after the one before, or when that fails.
            long stuckMillis = lines.get(0).getLong("connect_ms");
            assertTrue(stuckMillis >= 240 && stuckMillis < 5_000, () -> stuckMillis + " ms");
            long closedMillis = lines.get(1).getLong("connect_ms");
            assertTrue(closedMillis < 240, () -> closedMillis + " ms");
        }
    }
}
