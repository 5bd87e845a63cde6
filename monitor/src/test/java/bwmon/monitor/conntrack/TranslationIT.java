package bwmon.monitor.conntrack;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import bwmon.monitor.attribution.LocalAddresses;
import bwmon.monitor.attribution.LocalView;
import bwmon.monitor.attribution.LocalView.End;
import bwmon.monitor.trial.NetworkNamespace;
import bwmon.traffic.Endpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Masquerading and published ports by the real kernel: inside (10.1.0.2), router (10.1.0.1, 10.2.0.1), outside (10.2.0.2). */
@Timeout(120)
class TranslationIT {
    private static final String NFT = "/usr/sbin/nft";
    private static final String CONNTRACK = "/usr/sbin/conntrack";
    private static final int PAYLOAD = 1000;

    @TempDir
    Path run = Path.of("/nonexistent");

    /** A connection between two namespaces: both sockets, as they see themselves. */
    private record Sockets(SocketChannel client, SocketChannel server) implements AutoCloseable {
        private static End end(SocketChannel socket) throws Exception {
            return new End(endpoint(socket.getLocalAddress()), endpoint(socket.getRemoteAddress()));
        }

        private static Endpoint endpoint(SocketAddress address) {
            var inet = (InetSocketAddress) address;
            return new Endpoint(inet.getAddress(), inet.getPort());
        }

        End clientEnd() throws Exception {
            return end(client);
        }

        End serverEnd() throws Exception {
            return end(server);
        }

        @Override
        public void close() throws IOException {
            client.close();
            server.close();
        }
    }

    private static Sockets connect(NetworkNamespace from, NetworkNamespace to, int port, String address, int asked)
            throws Exception {
        try (ServerSocketChannel listener = to
                .call(() -> ServerSocketChannel.open().bind(new InetSocketAddress(port)))) {
            SocketChannel client = from.call(() -> SocketChannel.open(new InetSocketAddress(address, asked)));
            SocketChannel server = listener.accept();
            client.write(ByteBuffer.allocate(PAYLOAD));
            var buffer = ByteBuffer.allocate(PAYLOAD);
            while (buffer.hasRemaining()) {
                server.read(buffer);
            }
            return new Sockets(client, server);
        }
    }

    private static LocalAddresses addresses() throws Exception {
        Set<InetAddress> addresses = new HashSet<>();
        NetworkInterface.networkInterfaces().forEach(i -> i.inetAddresses().forEach(addresses::add));
        return new LocalAddresses(addresses, Set.of());
    }

    /** The one connection that has that port at some end, as the namespace sees it. */
    private static LocalView view(NetworkNamespace namespace, int port) throws Exception {
        return namespace.call(() -> {
            try (var table = ConntrackTable.open()) {
                List<Connection> found = table.dump(ConntrackTable.Family.IPV4).stream()
                        .filter(c -> c.original().source().port() == port || c.reply().destination().port() == port)
                        .toList();
                assertEquals(1, found.size(), () -> "port " + port + " in " + found);
                assertTrue(found.getFirst().isCounted());
                assertTrue(found.getFirst().hasReply());
                return LocalView.of(found.getFirst().ends(), addresses());
            }
        });
    }

    @Test
    void everySocketIsFoundBehindTranslation() throws Exception {
        try (var inside = NetworkNamespace.open(NFT);
                var router = NetworkNamespace.open(NFT);
                var outside = NetworkNamespace.open(NFT)) {
            link(inside, "10.1.0.2/24", router, "10.1.0.1/24", "in");
            link(outside, "10.2.0.2/24", router, "10.2.0.1/24", "out");
            inside.exec("ip", "route", "add", "default", "via", "10.1.0.1");
            router.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
            router.exec("nft", """
                    table ip nat {
                      chain pre { type nat hook prerouting priority dstnat; policy accept;
                        ip daddr 10.2.0.1 tcp dport 8080 dnat to 10.1.0.2:9000
                        ip daddr 10.1.0.1 tcp dport 81 redirect to :8100
                      }
                      chain post { type nat hook postrouting priority srcnat; policy accept;
                        oifname "out" masquerade random
                      }
                    }
                    """);
            try (EnabledConntrack in = enable(inside);
                    EnabledConntrack middle = enable(router);
                    EnabledConntrack out = enable(outside);
                    Sockets masqueraded = connect(inside, outside, 7000, "10.2.0.2", 7000);
                    Sockets published = connect(outside, inside, 9000, "10.2.0.1", 8080);
                    Sockets redirected = connect(inside, router, 8100, "10.1.0.1", 81)) {
                assertEquals(List.of(), in.warnings());
                assertEquals(List.of(), middle.warnings());
                assertEquals(List.of(), out.warnings());

                int port = masqueraded.clientEnd().local().port();
                int translated = masqueraded.serverEnd().remote().port();
                assertEquals(new LocalView.Outgoing(masqueraded.clientEnd()), view(inside, port));
                assertEquals(new LocalView.Forwarded(masqueraded.clientEnd(), true), view(router, port));
                assertEquals(new LocalView.Incoming(masqueraded.serverEnd()), view(outside, translated));

                port = published.clientEnd().local().port();
                assertEquals(new LocalView.Outgoing(published.clientEnd()), view(outside, port));
                assertEquals(new LocalView.Forwarded(published.serverEnd(), false), view(router, port));
                assertEquals(new LocalView.Incoming(published.serverEnd()), view(inside, port));

                port = redirected.clientEnd().local().port();
                assertEquals(new LocalView.Outgoing(redirected.clientEnd()), view(inside, port));
                assertEquals(new LocalView.Incoming(redirected.serverEnd()), view(router, port));

                router.call(() -> {
                    tellsWhatConntrackTells(router);
                    return null;
                });
            }
        }
    }

    private EnabledConntrack enable(NetworkNamespace namespace) throws Exception {
        return namespace.call(() -> new ConntrackSetup(Path.of("/proc"), run).enable());
    }

    private static void link(NetworkNamespace host, String address, NetworkNamespace router, String routerAddress,
            String name) throws Exception {
        router.exec("ip", "link", "add", name, "type", "veth", "peer", "name", "host0", "netns", host.name());
        router.exec("ip", "addr", "add", routerAddress, "dev", name);
        router.exec("ip", "link", "set", name, "up");
        host.exec("ip", "addr", "add", address, "dev", "host0");
        host.exec("ip", "link", "set", "host0", "up");
    }

    private static void tellsWhatConntrackTells(NetworkNamespace namespace) throws Exception {
        if (Files.isExecutable(Path.of(CONNTRACK))) {
            String xml = namespace.exec("conntrack", "-L", "-o", "xml,id").strip();
            try (var table = ConntrackTable.open()) {
                List<Connection> dump = table.dump();
                assertEquals(3, dump.size());
                assertEquals(ConntrackXml.lines(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8))),
                        ConntrackXml.lines(dump));
                assertEquals(List.of(), table.dump(ConntrackTable.Family.IPV6));
                assertEquals(0, table.skippedAttributes());
            }
        }
    }
}
