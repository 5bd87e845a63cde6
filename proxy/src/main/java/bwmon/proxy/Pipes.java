package bwmon.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
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
import bwmon.traffic.Endpoint;
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
    private final List<Path> unixSockets = new ArrayList<>();

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
                pipes.start(pipe);
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
        switch (spec.listen()) {
            case PipeSpec.Listen.Unix(var path) -> bindUnix(pipe, path);
            case PipeSpec.Listen.Tcp(var bind, var port) when bind != null -> bind(pipe, bind, port);
            case PipeSpec.Listen.Tcp(var bind, var port) -> bindLoopback(pipe, port);
        }
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

    private static void bindLoopback(Pipe pipe, int port) throws ProgramException {
        Endpoint first = bind(pipe, PipeSpec.bindAddress("127.0.0.1"), port);
        try {
            InetAddress v6 = PipeSpec.bindAddress("::1");
            Endpoint second = pipe.forwarder().bind(new InetSocketAddress(v6, first.port()));
            if (second != null) {
                pipe.listensOn(second);
            }
        } catch (IOException e) {
            // Hosts without IPv6 are common; one where only ::1 is taken is an error like any other.
            if (reason(e).contains("in use")) {
                throw listenError(pipe, "[::1]:" + first.port(), e);
            }
            LOG.debug("no IPv6 loopback", e);
        }
    }

    private static Endpoint bind(Pipe pipe, InetAddress address, int port) throws ProgramException {
        try {
            Endpoint endpoint = pipe.forwarder().bind(new InetSocketAddress(address, port));
            if (endpoint == null) {
                throw new IOException("the socket has no address");
            }
            pipe.listensOn(endpoint);
            return endpoint;
        } catch (IOException e) {
            throw listenError(pipe, new Endpoint(address, port).toString(), e);
        }
    }

    private void bindUnix(Pipe pipe, Path path) throws ProgramException {
        String where = "unix:" + path;
        try {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                removeStale(pipe, path);
            }
            pipe.forwarder().bind(UnixDomainSocketAddress.of(path));
            unixSockets.add(path);
        } catch (IOException e) {
            throw listenError(pipe, where, e);
        }
    }

    /** A socket file outlives a program that was killed; only one that nobody answers is removed. */
    private static void removeStale(Pipe pipe, Path path) throws IOException, ProgramException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                || Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new ProgramException(Kind.USAGE,
                    pipe.owner().name() + ": cannot listen on unix:" + path + ": it is a "
                            + (Files.isDirectory(path) ? "directory" : "file")
                            + ", expected the name of a socket to be made");
        }
        try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            LOG.debug("nobody answers on {}", path, e);
            Files.delete(path);
            return;
        }
        throw new IOException("Address already in use");
    }

    private void start(Pipe pipe) throws ProgramException {
        try {
            pipe.forwarder().start();
        } catch (IOException e) {
            throw listenError(pipe, pipe.spec().listen().toString(), e);
        }
    }

    private static String reason(IOException e) {
        return String.valueOf(e.getMessage());
    }

    private static ProgramException listenError(Pipe pipe, String where, IOException e) {
        String what = pipe.owner().name() + ": cannot listen on " + where + ": ";
        String reason = reason(e);
        if (reason.contains("in use")) {
            int colon = where.lastIndexOf(':');
            String remedy = where.startsWith("unix:")
                    ? "another program answers there"
                    : "another program listens there: ss -ltnp 'sport = " + where.substring(colon) + "' shows which";
            return new ProgramException(Kind.FAILURE, what + "address already in use; " + remedy, e);
        }
        if (reason.contains("Permission denied")) {
            return new ProgramException(Kind.NOT_PERMITTED, what + "permission denied; " + (where.startsWith("unix:")
                    ? "the directory must be writable for this user"
                    : "ports below 1024 need CAP_NET_BIND_SERVICE: run as root, or set AmbientCapabilities="
                            + "CAP_NET_BIND_SERVICE in the service's unit"),
                    e);
        }
        if (reason.contains("Cannot assign")) {
            return new ProgramException(Kind.MISSING,
                    what + "this host has no such address; ip address shows which it has", e);
        }
        return new ProgramException(Kind.FAILURE, what + reason, e);
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
        removeUnixSockets();
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

    private void removeUnixSockets() {
        for (Path path : unixSockets) {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                LOG.warn("cannot remove the socket {}", path, e);
            }
        }
        unixSockets.clear();
    }

    @Override
    public void close() {
        pipes.forEach(Pipe::close);
        removeUnixSockets();
        runtime.close();
    }
}
