package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import bwmon.cli.ProgramException;
import bwmon.proxy.meter.PipeMeter;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import bwmon.proxy.relay.RelayRuntime;
import bwmon.proxy.relay.Target;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Ticker;
import bwmon.traffic.Usage;
import com.codahale.metrics.MetricRegistry;

/** A pipe within the test's own process, on a free port of 127.0.0.1 unless told otherwise. */
final class TestPipe implements AutoCloseable {
    private final Pipes pipes;
    private final BlockingQueue<FinishedConnection> ended = new LinkedBlockingQueue<>();

    private TestPipe(RelayRuntime runtime, PipeSpec spec, Pipes.ConnectionLog log) throws ProgramException {
        pipes = Pipes.open(List.of(spec), runtime, new MetricRegistry(), Ticker.SYSTEM,
                (pipe, connection) -> {
                    log.ended(pipe, connection);
                    ended.add(connection);
                });
    }

    static TestPipe to(Target target) throws ProgramException {
        return open(spec(options(target)));
    }

    static TestPipe to(Way way, Target target) throws ProgramException {
        return open(way.runtime(), spec(options(target)));
    }

    static TestPipe open(RelayRuntime runtime, PipeSpec spec) throws ProgramException {
        return new TestPipe(runtime, spec, (_, _) -> {});
    }

    static TestPipe open(PipeSpec spec) throws ProgramException {
        return open(spec, (_, _) -> {});
    }

    static TestPipe open(PipeSpec spec, Pipes.ConnectionLog log) throws ProgramException {
        return new TestPipe(RelayRuntime.of(Ticker.SYSTEM), spec, log);
    }

    static TestPipe open(Way way, PipeSpec spec, Pipes.ConnectionLog log) throws ProgramException {
        return new TestPipe(way.runtime(), spec, log);
    }

    static PipeSpec spec(PipeOptions options) {
        return new PipeSpec(null, new PipeSpec.Listen.Tcp(InetAddress.getLoopbackAddress(), 0), options);
    }

    /** What a user gets who gives no options. */
    static PipeOptions options(Target target) {
        return new PipeOptions(target, PipeSpec.DEFAULT_MAX_CONNECTIONS, PipeSpec.DEFAULT_CONNECT_TIMEOUT,
                Duration.ZERO,
                OptionalLong.empty(), ProxyProtocol.NONE);
    }

    Pipe pipe() {
        return pipes.pipes().getFirst();
    }

    Pipes pipes() {
        return pipes;
    }

    PipeMeter meter() {
        return pipe().meter();
    }

    Endpoint endpoint() {
        return pipe().listeners().iterator().next();
    }

    /** A client of the pipe. */
    Socket connect() throws IOException {
        return connect(0);
    }

    /**
     * A client of the pipe with a receive buffer of that size.
     *
     * @param receiveBuffer bytes; 0 for what the kernel gives
     */
    Socket connect(int receiveBuffer) throws IOException {
        var socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.connect(connectAddress());
        return socket;
    }

    /** Where its clients connect to. */
    InetSocketAddress connectAddress() {
        return new InetSocketAddress(endpoint().address(), endpoint().port());
    }

    /** The next connection that has ended, in the order in which they end; waits for it. */
    FinishedConnection ended() throws InterruptedException {
        FinishedConnection connection = ended.poll(30, TimeUnit.SECONDS);
        if (connection == null) {
            throw new AssertionError("no connection ended within 30 s; open: " + meter().open());
        }
        return connection;
    }

    /** What the pipe reports as a source of traffic since the last call, added up. */
    ByteCounts collect() {
        return pipe().collect().usages().stream().map(Usage::counts).reduce(ByteCounts.ofPayload(0, 0),
                ByteCounts::plus);
    }

    /** Ends a connection so that the other side gets a reset (RFC 9293, 3.10.5: ABORT). */
    static void reset(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() {
        pipes.close();
    }
}
