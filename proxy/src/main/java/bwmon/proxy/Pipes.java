package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.meter.PipeMeter;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.proxy.relay.Forwarder;
import bwmon.proxy.relay.RelayRuntime;
import bwmon.proxy.relay.Target;
import bwmon.traffic.Ticker;
import com.codahale.metrics.MetricRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pipes of one program: opened together or not at all, and ended together. */
public final class Pipes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pipes.class);
    private static final long DRAIN_LOOK_NANOS = 20_000_000;
    private static final Duration RESET_PATIENCE = Duration.ofSeconds(2);

    private final RelayRuntime runtime;
    private final MetricRegistry registry;
    private final Ticker ticker;
    private final ConnectionLog log;
    private final List<Pipe> pipes = new ArrayList<>();
    /** Take no more connections, and still have some. */
    private final List<Pipe> retired = new ArrayList<>();
    /** Of those: without a connection when {@link #all} was called last. */
    private final Set<Pipe> quiet = new HashSet<>();

    private Pipes(RelayRuntime runtime, MetricRegistry registry, Ticker ticker, ConnectionLog log) {
        this.runtime = runtime;
        this.registry = registry;
        this.ticker = ticker;
        this.log = log;
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
     * @param runtime what they run on; closed with them, and where they cannot be opened
     * @param registry where the pipes' metrics go
     * @param log is told of connections that ended
     * @throws ProgramException naming the pipe and what is wrong with it; nothing is left open then
     */
    public static Pipes open(List<PipeSpec> specs, RelayRuntime runtime, MetricRegistry registry, Ticker ticker,
            ConnectionLog log)
            throws ProgramException {
        var pipes = new Pipes(runtime, registry, ticker, log);
        try {
            checkResolves(specs);
            pipes.pipes.addAll(pipes.openAll(specs));
            return pipes;
        } catch (ProgramException | RuntimeException e) {
            pipes.close();
            throw e;
        }
    }

    /**
     * What pipes can run on.
     *
     * @param threads as {@link RelayRuntime#of(int, Ticker)}
     * @throws ProgramException if the kernel does not give that many
     */
    public static RelayRuntime runtime(int threads, Ticker ticker) throws ProgramException {
        try {
            return RelayRuntime.of(threads, ticker);
        } catch (IOException e) {
            throw new ProgramException(Kind.FAILURE, "cannot start the threads that forward: " + e.getMessage()
                    + "; ask for fewer threads, or for more descriptors by LimitNOFILE= of the service, or ulimit -n",
                    e);
        }
    }

    /** Opens all of them, or none. */
    private List<Pipe> openAll(List<PipeSpec> specs) throws ProgramException {
        var opened = new ArrayList<Pipe>();
        try {
            for (PipeSpec spec : specs) {
                Pipe pipe = pipe(spec);
                opened.add(pipe);
                Listeners.bind(pipe);
            }
            for (Pipe pipe : opened) {
                Listeners.start(pipe);
            }
            return opened;
        } catch (ProgramException | RuntimeException e) {
            opened.forEach(Pipe::close);
            opened.forEach(Listeners::removeSocket);
            throw e;
        }
    }

    private Pipe pipe(PipeSpec spec) {
        var meter = new PipeMeter(registry, spec.owner().name());
        return new Pipe(spec, meter, ticker,
                (self, onEnd) -> new Forwarder(runtime, spec.options(), meter, (flow, connection) -> {
                    onEnd.accept(flow, connection);
                    log.ended(self, connection);
                }));
    }

    /**
     * From now on these. A pipe that is asked for as it is goes on untouched. One that is not takes no more connections; those
     * that are open go on until they end, and are counted: see {@link #all}. No name is looked up, see
     * {@link #checkResolves}.
     *
     * @throws ProgramException naming the pipe and what is wrong with it; all is as it was then
     */
    public void change(List<PipeSpec> specs) throws ProgramException {
        List<Pipe> leaving = pipes.stream().filter(pipe -> !specs.contains(pipe.spec())).toList();
        Set<PipeSpec> kept = pipes.stream().map(Pipe::spec).collect(Collectors.toSet());
        List<PipeSpec> fresh = specs.stream().filter(spec -> !kept.contains(spec)).toList();
        leaving.forEach(Pipe::stopListening);
        leaving.forEach(Listeners::removeSocket);
        leaving.forEach(pipe -> pipe.meter().unregister());
        List<Pipe> opened;
        try {
            opened = openAll(fresh);
        } catch (ProgramException | RuntimeException e) {
            for (Pipe pipe : leaving) {
                pipe.meter().register();
                Listeners.bind(pipe);
                Listeners.start(pipe);
            }
            throw e;
        }
        for (Pipe pipe : leaving) {
            LOG.info("{} takes no more connections; {} go on until they end", pipe.owner().name(), pipe.meter().open());
        }
        pipes.removeAll(leaving);
        retired.addAll(leaving);
        pipes.addAll(opened);
    }

    /**
     * All that may still have to report: the pipes, and those of before whose last connections go on. One of these that had
     * none at the last call is closed and left out.
     */
    public List<Pipe> all() {
        for (Pipe pipe : quiet) {
            pipe.close();
            retired.remove(pipe);
        }
        quiet.clear();
        retired.stream().filter(pipe -> pipe.meter().open() == 0).forEach(quiet::add);
        var all = new ArrayList<>(pipes);
        all.addAll(retired);
        return List.copyOf(all);
    }

    /**
     * Looks the names of all upstreams up, which may take seconds. They are looked up again for each connection; one that is
     * misspelt is better found now than then.
     *
     * @throws ProgramException naming the first pipe whose upstream has no address
     */
    public static void checkResolves(List<PipeSpec> specs) throws ProgramException {
        for (PipeSpec spec : specs) {
            if (spec.options().target() instanceof Target.Tcp tcp) {
                checkResolves(spec, tcp);
            }
        }
    }

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

    /** What a person should know of how they forward here, as a sentence without its stop; null for nothing. */
    public @Nullable String remark() {
        return runtime.remark();
    }

    /** The pipes that take connections, those that were opened first coming first. */
    public List<Pipe> pipes() {
        return List.copyOf(pipes);
    }

    private Stream<Pipe> each() {
        return Stream.concat(pipes.stream(), retired.stream());
    }

    /** Connections of all pipes that are open now. */
    public long open() {
        return each().mapToLong(pipe -> pipe.meter().open()).sum();
    }

    /**
     * Stops to accept, and waits until the connections that are open have ended by themselves, but no longer than that;
     * those that are left are reset. Blocks.
     *
     * @param patience 0 or more
     * @return how many connections were cut off
     */
    public long drain(Duration patience) {
        pipes.forEach(Pipe::stopListening);
        pipes.forEach(Listeners::removeSocket);
        long deadline = ticker.nanos() + patience.toNanos();
        while (open() > 0 && ticker.nanos() - deadline < 0 && !Thread.interrupted()) {
            LockSupport.parkNanos(DRAIN_LOOK_NANOS);
        }
        long before = cutOff();
        reset();
        return cutOff() - before;
    }

    private long cutOff() {
        return each().mapToLong(pipe -> pipe.meter().ends().getOrDefault(ConnectionEnd.SHUTDOWN, 0L)).sum();
    }

    /** Resets all connections that are open, and waits for that, for a moment at most. */
    public void reset() {
        each().forEach(pipe -> pipe.forwarder().shutDown());
        long deadline = ticker.nanos() + RESET_PATIENCE.toNanos();
        while (open() > 0 && ticker.nanos() - deadline < 0) {
            LockSupport.parkNanos(DRAIN_LOOK_NANOS / 10);
        }
    }

    @Override
    public void close() {
        // Before the event loops end: they would close what is left in order, as if it were all there was.
        drain(Duration.ZERO);
        each().forEach(Pipe::close);
        pipes.forEach(Listeners::removeSocket);
        runtime.close();
    }
}
