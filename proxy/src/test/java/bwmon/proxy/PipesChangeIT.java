package bwmon.proxy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.OptionalLong;

import bwmon.cli.ProgramException;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.RelayRuntime;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Ticker;
import bwmon.traffic.Usage;
import com.codahale.metrics.MetricRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Pipes that come and go while others, and connections, go on. */
class PipesChangeIT {
    private final Upstream upstream = Upstream.echo();
    private final MetricRegistry registry = new MetricRegistry();
    private final PipeSpec first = spec("first", RunPipeProcess.freePort(), OptionalLong.empty());
    private final Pipes pipes;

    PipesChangeIT() throws ProgramException {
        pipes = Pipes.open(List.of(first), RelayRuntime.of(Ticker.SYSTEM), registry, Ticker.SYSTEM, (_, _) -> {});
    }

    @AfterEach
    void close() throws IOException {
        pipes.close();
        upstream.close();
    }

    private PipeSpec spec(String name, int port, OptionalLong limit) {
        PipeOptions options = TestPipe.options(upstream.target());
        return new PipeSpec(name, new PipeSpec.Listen.Tcp(InetAddress.getLoopbackAddress(), port),
                new PipeOptions(options.target(), options.maxConnections(), options.connectTimeout(),
                        options.idleTimeout(), limit, options.proxyProtocol()));
    }

    private static Socket connect(PipeSpec spec) throws IOException {
        var socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(),
                ((PipeSpec.Listen.Tcp) spec.listen()).port()));
        return socket;
    }

    private static void exchange(Socket client) throws IOException {
        client.getOutputStream().write(1);
        assertEquals(1, client.getInputStream().read());
    }

    private long transmitted() {
        ByteCounts sum = pipes.all().stream().flatMap(pipe -> pipe.collect().usages().stream()).map(Usage::counts)
                .reduce(ByteCounts.ofPayload(0, 0), ByteCounts::plus);
        return sum.payload(Direction.TX).orElseThrow();
    }

    @Test
    void whatStaysIsUntouchedAndWhatGoesKeepsItsConnections() throws Exception {
        PipeSpec second = spec("second", RunPipeProcess.freePort(), OptionalLong.empty());
        Pipe firstPipe = pipes.pipes().getFirst();
        pipes.change(List.of(first, second));
        assertSame(firstPipe, pipes.pipes().getFirst());
        try (Socket client = connect(second)) {
            exchange(client);
            pipes.change(List.of(first));
            assertThrows(ConnectException.class, () -> connect(second));
            exchange(client);
            assertEquals(2, transmitted());
            assertEquals(2, pipes.all().size());
        }
        await().until(() -> pipes.all().size() == 1);
        assertEquals(List.of(firstPipe), pipes.pipes());
        assertTrue(registry.getNames().stream().noneMatch(name -> name.startsWith("pipe.second.")));
    }

    @Test
    void aPipeThatChangesTakesOverItsPort() throws Exception {
        try (Socket before = connect(first)) {
            exchange(before);
            Pipe old = pipes.pipes().getFirst();
            pipes.change(List.of(spec("first", ((PipeSpec.Listen.Tcp) first.listen()).port(),
                    OptionalLong.of(1_000_000))));
            assertNotSame(old, pipes.pipes().getFirst());
            try (Socket after = connect(first)) {
                exchange(before);
                exchange(after);
                assertEquals(2, old.meter().forwarded(Direction.TX));
                assertEquals(1, pipes.pipes().getFirst().meter().forwarded(Direction.TX));
                assertEquals(3, transmitted());
            }
        }
        await().until(() -> pipes.all().size() == 1);
        assertFalse(registry.getNames().isEmpty(), "the newcomer's metrics stay when the old one's go");
        assertEquals(0, transmitted());
    }

    @Test
    void whatCannotBeOpenedLeavesAllAsItWas() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            PipeSpec impossible = spec("other", taken.getLocalPort(), OptionalLong.empty());
            Pipe old = pipes.pipes().getFirst();
            String message = assertThrows(ProgramException.class, () -> pipes.change(List.of(impossible))).toString();
            assertTrue(message.contains("address already in use"), message);
            assertEquals(List.of(old), pipes.all());
            try (Socket client = connect(first)) {
                exchange(client);
            }
        }
    }
}
