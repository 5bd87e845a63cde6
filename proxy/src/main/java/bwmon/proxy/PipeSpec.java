package bwmon.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

import bwmon.cli.Numbers;
import bwmon.cli.ProgramException;
import bwmon.cli.Settings;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import bwmon.proxy.relay.Target;
import bwmon.traffic.Owner;
import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

/**
 * What a pipe is to do, as the command line or a configuration says it.
 *
 * @param name what the user calls it; null if it has no name but its command
 * @param listen where it takes connections
 * @param options how it treats them, and where they go
 */
public record PipeSpec(@Nullable String name, Listen listen, PipeOptions options) {
    /** Enough for most, and little enough that its descriptors (two a connection) fit the usual limits. */
    public static final int DEFAULT_MAX_CONNECTIONS = 10_000;
    /** How long people and programs commonly wait for an answer. */
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private static final List<String> KEYS = List.of("listen", "to", "bind", "limit", "max-connections",
            "connect-timeout", "idle-timeout", "send-proxy");

    /** Where a pipe takes connections. */
    public sealed interface Listen {
        /**
         * A TCP port.
         *
         * @param bind the address to take; null for the loopback addresses of IPv4 and, where there is one, IPv6
         * @param port 1 to 65535, or 0 for one that the kernel chooses
         */
        record Tcp(@Nullable InetAddress bind, int port) implements Listen {
            @Override
            public String toString() {
                return Integer.toString(port);
            }
        }

        /** A UNIX-domain stream socket that the pipe makes, and removes at its end. */
        record Unix(Path path) implements Listen {
            @Override
            public String toString() {
                return "unix:" + path;
            }
        }

        /**
         * Reads a port or {@code unix:/path}.
         *
         * @param bind the address to take for a port; null as in {@link Tcp}
         * @throws IllegalArgumentException if it is neither, saying what was expected
         */
        static Listen parse(String text, @Nullable InetAddress bind) {
            if (!text.startsWith("unix:")) {
                return new Tcp(bind, port(text));
            }
            if (bind != null) {
                throw new IllegalArgumentException("'" + text + "' cannot be bound to an address: leave out bind");
            }
            return new Unix(unixPath(text));
        }
    }

    /**
     * Reads a port number.
     *
     * @throws IllegalArgumentException if it is none from 1 to 65535
     */
    public static int port(String text) {
        try {
            return Numbers.integer(text, 1, 65_535);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no port: expected a number from 1 to 65535 or unix:/path", e);
        }
    }

    private static Path unixPath(String text) {
        String path = text.substring("unix:".length());
        // struct sockaddr_un, linux/un.h: 108 bytes with the terminating zero; Netty's own bound is 100.
        if (path.isEmpty() || path.getBytes(StandardCharsets.UTF_8).length >= 100) {
            throw new IllegalArgumentException("'" + text + "': the path of a UNIX socket has 1 to 99 bytes");
        }
        return Path.of(path);
    }

    /**
     * Reads an address to bind to.
     *
     * @throws IllegalArgumentException if it is no IP address
     */
    public static InetAddress bindAddress(String text) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        if (bytes == null) {
            throw new IllegalArgumentException("'" + text
                    + "' is no IP address: expected one of this host's, or 0.0.0.0 or :: for all");
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("'" + text + "' is no IP address", e);
        }
    }

    /**
     * Reads {@code host:port}, {@code [v6-address]:port} or {@code unix:/path}; without a port, that of the listener.
     *
     * @throws IllegalArgumentException if it is none of these, saying what was expected
     */
    public static Target target(String text, Listen listen) {
        if (text.startsWith("unix:")) {
            return new Target.Unix(unixPath(text));
        }
        int port = listen instanceof Listen.Tcp tcp ? tcp.port() : 0;
        String host = text;
        // The colon before a port: the one behind the bracket, or the only one.
        int colon = text.startsWith("[") ? text.indexOf(']') + 1 : text.indexOf(':');
        if (colon >= 0 && colon < text.length() && text.charAt(colon) == ':' && text.indexOf(':', colon + 1) < 0) {
            host = text.substring(0, colon);
            port = port(text.substring(colon + 1));
        }
        if (port == 0) {
            throw new IllegalArgumentException("'" + text + "' has no port: expected HOST:PORT");
        }
        return tcpTarget(host, port);
    }

    /**
     * A host and a port.
     *
     * @param host a name, or an address; one of IPv6 also in brackets
     * @throws IllegalArgumentException if the host cannot be one
     */
    public static Target.Tcp tcpTarget(String host, int port) {
        boolean address = NetUtil.isValidIpV6Address(host);
        if (host.isBlank() || host.chars().anyMatch(c -> c <= ' ' || c == '/' || (!address && ":[]".indexOf(c) >= 0))) {
            throw new IllegalArgumentException("'" + host + "' is no host: expected a name or an IP address");
        }
        return new Target.Tcp(host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
    }

    /**
     * Reads a pipe's section of a configuration, and refuses other keys than a pipe has and than were asked for before.
     *
     * @throws ProgramException naming file and line of what is wrong
     */
    public static PipeSpec read(String name, Settings section) throws ProgramException {
        section.only(KEYS);
        InetAddress bind = section.parsed("bind", PipeSpec::bindAddress).orElse(null);
        section.requiredText("listen");
        Listen listen = section.parsed("listen", text -> Listen.parse(text, bind)).orElseThrow();
        section.requiredText("to");
        Target target = section.parsed("to", text -> target(text, listen)).orElseThrow();
        Duration connectTimeout = section.duration("connect-timeout").orElse(DEFAULT_CONNECT_TIMEOUT);
        if (connectTimeout.isZero()) {
            throw section.error("connect-timeout", "has to be longer than 0");
        }
        var options = new PipeOptions(target,
                section.integer("max-connections", 1, Integer.MAX_VALUE).orElse(DEFAULT_MAX_CONNECTIONS),
                connectTimeout,
                section.duration("idle-timeout").orElse(Duration.ZERO),
                section.rate("limit").map(OptionalLong::of).orElse(OptionalLong.empty()),
                section.parsed("send-proxy", ProxyProtocol::parse).orElse(ProxyProtocol.NONE));
        return new PipeSpec(name, listen, options);
    }

    /**
     * Reads every section below {@code pipes}, and refuses anything else in the file.
     *
     * @throws ProgramException naming file and line of what is wrong, also for a file without a pipe
     */
    public static List<PipeSpec> readAll(Settings file) throws ProgramException {
        var specs = new ArrayList<PipeSpec>();
        for (var entry : file.sections("pipes").entrySet()) {
            specs.add(read(entry.getKey(), entry.getValue()));
        }
        file.end();
        if (specs.isEmpty()) {
            throw file.error("no pipe in it: expected pipes { NAME { listen = PORT, to = \"HOST:PORT\" } }");
        }
        return List.copyOf(specs);
    }

    /** To whom the pipe's bytes are charged where no process of this host is behind them. */
    public Owner.Pipe owner() {
        String command = "pipe-" + listen + ":" + options.target();
        return new Owner.Pipe(name == null ? command : name, command);
    }
}
