package bwmon.proxy.socket;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

import bwmon.traffic.Endpoint;
import org.jspecify.annotations.Nullable;

/** Socket addresses as bwmon's words and as text. */
public final class Addresses {

    private Addresses() {}

    /** The endpoint; null for UNIX sockets and for sockets that are not bound or connected. */
    public static @Nullable Endpoint endpoint(@Nullable SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? new Endpoint(inet.getAddress(), inet.getPort())
                : null;
    }

    /** {@code 192.0.2.1:80}, {@code [2001:db8::1]:80}, {@code unix:/path} or {@code unknown}. */
    public static String text(@Nullable SocketAddress address) {
        if (address instanceof UnixDomainSocketAddress unix) {
            return "unix:" + unix.getPath();
        }
        Endpoint endpoint = endpoint(address);
        return endpoint == null ? "unknown" : endpoint.toString();
    }
}
