package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;

import bwmon.cli.ProgramException;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Ticker;
import com.codahale.metrics.MetricRegistry;

/** Two pipes that share one event loop. */
record TwoPipes(Pipes pipes) implements AutoCloseable {

    static TwoPipes open(Way way, Upstream first, Upstream second) throws ProgramException {
        return new TwoPipes(Pipes.open(List.of(spec("first", first), spec("second", second)), way.runtime(1),
                new MetricRegistry(), Ticker.SYSTEM, (_, _) -> {}));
    }

    private static PipeSpec spec(String name, Upstream upstream) {
        return new PipeSpec(name, new PipeSpec.Listen.Tcp(InetAddress.getLoopbackAddress(), 0),
                TestPipe.options(upstream.target()));
    }

    /** A client of the first or the second. */
    Socket connect(int number) throws IOException {
        Endpoint endpoint = pipes.pipes().get(number).listeners().iterator().next();
        var socket = new Socket();
        socket.connect(new InetSocketAddress(endpoint.address(), endpoint.port()));
        return socket;
    }

    /** Bytes that came from an upstream. */
    long read(int number) {
        return pipes.pipes().get(number).meter().read(Direction.RX);
    }

    @Override
    public void close() {
        pipes.close();
    }
}
