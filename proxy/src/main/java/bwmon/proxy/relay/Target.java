package bwmon.proxy.relay;

import java.nio.file.Path;

import io.netty.util.NetUtil;

/** Where a pipe's connections go. */
public sealed interface Target {

    /**
     * A TCP port of a host.
     *
     * @param host a name, or an address without brackets
     * @param port 1 to 65535
     */
    record Tcp(String host, int port) implements Target {
        @Override
        public String toString() {
            return (NetUtil.isValidIpV6Address(host) ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** A UNIX-domain stream socket. */
    record Unix(Path path) implements Target {
        @Override
        public String toString() {
            return "unix:" + path;
        }
    }
}
