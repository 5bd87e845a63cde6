package bwmon.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.proxy.meter.PipeMeter;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.Forwarder;
import bwmon.proxy.relay.RelayRuntime;
import bwmon.proxy.relay.Target;
import bwmon.traffic.Ticker;
import com.codahale.metrics.MetricRegistry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pipes of one program: opened together or not at all, and ended together. */
public final class Pipes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pipes.class);
    private static final long DRAIN_LOOK_NANOS = 20_000_000;

    private final RelayRuntime runtime;
    private final Ticker ticker;
    private final List<Pipe> pipes = new ArrayList<>();

    private Pipes(RelayRuntime runtime, Ticker ticker) {
        this.runtime = runtime;
        this.ticker = ticker;
    }

    /** Is told of every connection that ended, on an event loop; must not block. */
    @FunctionalInterface
    public interface ConnectionLog {
        /** One connection of a pipe has ended. */
        void ended(Pipe pipe, FinishedConnection connection);
    }

    /**
     * Opens all pipes, or none.
     *
     * @param registry where the pipes' metrics go
     * @param log is told of connections that ended
     * @throws ProgramException naming the pipe and what is wrong with it; nothing is left open then
     */
    public static Pipes open(List<PipeSpec> specs, MetricRegistry registry, Ticker ticker, ConnectionLog log)
            throws ProgramException {
        Throwable unavailable = RelayRuntime.unavailable();
        if (unavailable != null) {
            throw new ProgramException(Kind.MISSING, "pipes need Netty's epoll library, which does not load here ("
                    + unavailable.getMessage()
                    + "): it is there for glibc on x86-64 and aarch64. Where /tmp is mounted noexec,"
                    + " set BWMON_JAVA_OPTS=-Dio.netty.native.workdir=DIR", unavailable);
        }
        var pipes = new Pipes(new RelayRuntime(Runtime.getRuntime().availableProcessors(), ticker), ticker);
        try {
            for (PipeSpec spec : specs) {
                pipes.add(spec, registry, log);
            }
            for (Pipe pipe : pipes.pipes) {
                Listeners.start(pipe);
            }
            return pipes;
        } catch (ProgramException | RuntimeException e) {
            pipes.close();
            throw e;
        }
    }

    private void add(PipeSpec spec, MetricRegistry registry, ConnectionLog log) throws ProgramException {
        if (spec.options().target() instanceof Target.Tcp tcp) {
            checkResolves(spec, tcp);
        }
        var meter = new PipeMeter(registry, spec.owner().name());
        var pipe = new Pipe(spec, meter, ticker,
                (self, onEnd) -> new Forwarder(runtime, spec.options(), meter, (flow, connection) -> {
                    onEnd.accept(flow, connection);
                    log.ended(self, connection);
                }));
        pipes.add(pipe);
        Listeners.bind(pipe);
    }

    /** Names are looked up again for each connection; one that is misspelt is better found now than then. */
    private static void checkResolves(PipeSpec spec, Target.Tcp target) throws ProgramException {
        try {
            if (InetAddress.getAllByName(target.host()).length > 0) {
                return;
            }
        } catch (UnknownHostException e) {
            LOG.debug("look-up", e);
        }
        throw new ProgramException(Kind.MISSING, spec.owner().name() + ": the name '" + target.host()
                + "' does not resolve: check the spelling, /etc/hosts and the name servers in /etc/resolv.conf");
    }

    /** The pipes, in the order of their specifications. */
    public List<Pipe> pipes() {
        return List.copyOf(pipes);
    }

    /** Connections of all pipes that are open now. */
    public long open() {
        return pipes.stream().mapToLong(pipe -> pipe.meter().open()).sum();
    }

    /**
     * Stops to accept, and waits until the connections that are open have ended by themselves, but no longer than that;
     * those that are left are reset. Blocks.
     *
     * @param patience 0 or more
     * @return how many connections were cut off
     */
    public long drain(Duration patience) {
        pipes.forEach(pipe -> pipe.forwarder().stopAccepting());
        pipes.forEach(Listeners::removeSocket);
        long deadline = ticker.nanos() + patience.toNanos();
        while (open() > 0 && ticker.nanos() - deadline < 0 && !Thread.interrupted()) {
            LockSupport.parkNanos(DRAIN_LOOK_NANOS);
        }
        long left = open();
        pipes.forEach(pipe -> pipe.forwarder().shutDown());
        long cutOffDeadline = ticker.nanos() + Duration.ofSeconds(2).toNanos();
        while (open() > 0 && ticker.nanos() - cutOffDeadline < 0) {
            LockSupport.parkNanos(DRAIN_LOOK_NANOS / 10);
        }
        return left;
    }

    @Override
    public void close() {
        pipes.forEach(Pipe::close);
        pipes.forEach(Listeners::removeSocket);
        runtime.close();
    }
}
