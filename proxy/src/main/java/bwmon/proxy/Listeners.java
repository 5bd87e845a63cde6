package bwmon.proxy;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.proxy.socket.SystemErrors;
import bwmon.traffic.Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the addresses that pipes listen on, and says what is wrong where that fails. */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
    /** Which bits of a mode tell the kind of file, and the kind socket: linux/stat.h. */
    private static final int S_IFMT = 0xf000;
    private static final int S_IFSOCK = 0xc000;

    private Listeners() {}

    /**
     * Takes a pipe's addresses, without answering there yet.
     *
     * @throws ProgramException naming the pipe, the address, the cause and the remedy
     */
    static void bind(Pipe pipe) throws ProgramException {
        switch (pipe.spec().listen()) {
            case PipeSpec.Listen.Unix(var path) -> bindUnix(pipe, path);
            case PipeSpec.Listen.Tcp(var bind, var port) when bind != null -> bind(pipe, bind, port);
            case PipeSpec.Listen.Tcp(var _, var port) -> bindLoopback(pipe, port);
        }
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
            if (isInUse(e)) {
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

    private static void bindUnix(Pipe pipe, Path path) throws ProgramException {
        String where = "unix:" + path;
        try {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                removeStale(pipe, path);
            }
            pipe.forwarder().bind(UnixDomainSocketAddress.of(path));
            pipe.madeSocketFile(path);
        } catch (IOException e) {
            throw listenError(pipe, where, e);
        }
    }

    /** A socket file outlives a program that was killed; it is removed where nobody answers, and nothing else is. */
    private static void removeStale(Pipe pipe, Path path) throws IOException, ProgramException {
        int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if ((mode & S_IFMT) != S_IFSOCK) {
            throw new ProgramException(Kind.USAGE,
                    pipe.owner().name() + ": cannot listen on unix:" + path + ": it is a "
                            + (Files.isDirectory(path) ? "directory" : "file")
                            + ", expected the name of a socket to be made");
        }
        try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // Else it would wait for a busy program to accept.
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (ConnectException e) {
            LOG.debug("nobody answers on {}", path, e);
            Files.delete(path);
            return;
        } catch (SocketException e) {
            LOG.debug("{} is busy, or not for us", path, e);
        }
        throw new BindException();
    }

    static void start(Pipe pipe) throws ProgramException {
        try {
            pipe.forwarder().start();
        } catch (IOException e) {
            // Mostly a port that two pipes share: both were bound, but only one may listen.
            throw listenError(pipe, pipe.listeners().stream().map(Object::toString).sorted().findFirst()
                    .orElse(pipe.spec().listen().toString()), e);
        }
    }

    private static boolean isInUse(IOException e) {
        return SystemErrors.number(e) == SystemErrors.EADDRINUSE;
    }

    private static ProgramException listenError(Pipe pipe, String where, IOException e) {
        String what = pipe.owner().name() + ": cannot listen on " + where + ": ";
        if (isInUse(e)) {
            int colon = where.lastIndexOf(':');
            String remedy = where.startsWith("unix:")
                    ? "another program answers there"
                    : "another pipe or program listens there: ss -ltnp 'sport = " + where.substring(colon)
                            + "' shows which";
            return new ProgramException(Kind.FAILURE, what + "address already in use; " + remedy, e);
        }
        if (SystemErrors.number(e) == SystemErrors.EACCES) {
            return new ProgramException(Kind.NOT_PERMITTED, what + "permission denied; " + (where.startsWith("unix:")
                    ? "the directory must be writable for this user"
                    : "ports below 1024 need CAP_NET_BIND_SERVICE: run as root, or set AmbientCapabilities="
                            + "CAP_NET_BIND_SERVICE in the service's unit"),
                    e);
        }
        if (SystemErrors.number(e) == SystemErrors.EADDRNOTAVAIL) {
            return new ProgramException(Kind.MISSING,
                    what + "this host has no such address; ip address shows which it has", e);
        }
        return new ProgramException(Kind.FAILURE, what + SystemErrors.text(e), e);
    }

    /** Removes the file of a UNIX socket that the pipe has made; nothing where it has made none. */
    static void removeSocket(Pipe pipe) {
        pipe.takeSocketFile().ifPresent(path -> {
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                LOG.warn("cannot remove the socket {}", path, e);
            }
        });
    }
}
