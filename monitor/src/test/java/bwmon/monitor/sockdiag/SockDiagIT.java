package bwmon.monitor.sockdiag;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

import bwmon.monitor.trial.NetworkNamespace;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Real sockets, in namespaces of our own. */
@Timeout(60)
class SockDiagIT {
    private static final String SS = "/usr/bin/ss";

    private static Endpoint endpoint(SocketAddress address) {
        var internet = (InetSocketAddress) address;
        return new Endpoint(internet.getAddress(), internet.getPort());
    }

    private static Flow flow(Protocol protocol, SocketAddress local, SocketAddress remote) {
        return new Flow(protocol, endpoint(local), endpoint(remote));
    }

    private static InetDiagMessage found(@Nullable InetDiagMessage socket) {
        assertNotNull(socket);
        return socket;
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void bothEndsOfAConnectionAreFound(String address) throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            namespace.call(() -> {
                // Java's sockets are of IPv6, so that IPv4's ends are mapped ones.
                try (var diag = SockDiag.open();
                        var listening = ServerSocketChannel.open()
                                .bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0));
                        var client = SocketChannel.open(listening.getLocalAddress());
                        var server = listening.accept()) {
                    client.write(ByteBuffer.allocate(1000));
                    Flow flow = flow(Protocol.TCP, client.getLocalAddress(), client.getRemoteAddress());
                    InetDiagMessage one = found(diag.find(flow));
                    assertEquals(flow, one.flow());
                    assertEquals(TcpState.ESTABLISHED, one.state());
                    TcpInfo info = one.info();
                    assertNotNull(info);
                    assertEquals(1000, info.bytesSent());
                    assertTrue(info.hasTimestamps());
                    assertEquals(3, info.segsOut(), "SYN, ACK, data");
                    InetDiagMessage other = found(diag.find(flow.reversed()));
                    assertEquals(flow.reversed(), other.flow());
                    assertTrue(one.inode() != 0 && other.inode() != 0 && one.inode() != other.inode());
                    assertTrue(diag.dumpTcp(SockDiag.OPEN).stream().anyMatch(s -> s.cookie() == one.cookie()
                            && s.inode() == one.inode() && s.flow().equals(flow)));
                    var nobody = new Flow(Protocol.TCP, new Endpoint(flow.local().address(), 1), flow.remote());
                    assertNull(diag.find(nobody));
                    assertNull(diag.find(nobody.reversed()), "the listening socket is not the connection");
                    client.shutdownOutput();
                    server.shutdownOutput();
                    InetDiagMessage remnant = found(diag.find(flow));
                    assertEquals(TcpState.TIME_WAIT, remnant.state());
                    assertEquals(0, remnant.inode());
                    assertEquals(Map.of(TcpState.TIME_WAIT, 1), diag.count(EnumSet.of(TcpState.TIME_WAIT)));
                }
                return null;
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void datagramSocketsAreFound(String address) throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            namespace.call(() -> {
                InetAddress here = InetAddress.ofLiteral(address);
                try (var diag = SockDiag.open();
                        var bound = new DatagramSocket(new InetSocketAddress(here, 0));
                        var wildcard = new DatagramSocket();
                        var connected = new DatagramSocket()) {
                    connected.connect(bound.getLocalSocketAddress());
                    Flow flow = flow(Protocol.UDP, connected.getLocalSocketAddress(), bound.getLocalSocketAddress());
                    InetDiagMessage one = found(diag.find(flow));
                    assertEquals(flow, one.flow());
                    assertEquals(TcpState.ESTABLISHED, one.state());
                    InetDiagMessage other = found(diag.find(flow.reversed()));
                    assertEquals(flow.remote(), other.flow().local());
                    assertEquals(0, other.flow().remote().port());
                    assertEquals(TcpState.CLOSE, other.state());
                    var any = new Flow(Protocol.UDP, new Endpoint(here, wildcard.getLocalPort()), flow.remote());
                    InetDiagMessage third = found(diag.find(any));
                    assertTrue(third.isWildcard());
                    assertFalse(third.isV6Only(), "one that takes IPv4, too");
                    assertNull(diag.find(new Flow(Protocol.UDP, new Endpoint(here, 1), flow.remote())));
                    var inodes = new HashSet<Long>();
                    for (InetDiagMessage socket : diag.dumpUdp().orElseThrow()) {
                        inodes.add(socket.inode());
                    }
                    assertTrue(inodes.containsAll(List.of(one.inode(), other.inode(), third.inode())));
                }
                return null;
            });
        }
    }

    @Test
    void ofAGroupThatSharesItsPortTheOneThatReceivesIsFound() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            namespace.call(() -> {
                var group = new ArrayList<DatagramChannel>();
                try (var diag = SockDiag.open(); var client = DatagramChannel.open(StandardProtocolFamily.INET)) {
                    int port = 0;
                    for (int i = 0; i < 8; i++) {
                        var member = DatagramChannel.open(StandardProtocolFamily.INET);
                        group.add(member);
                        member.setOption(StandardSocketOptions.SO_REUSEPORT, true);
                        member.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
                        port = endpoint(member.getLocalAddress()).port();
                        member.configureBlocking(false);
                    }
                    var to = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
                    client.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
                    client.send(ByteBuffer.allocate(100), to);
                    InetDiagMessage receiver = found(diag.find(flow(Protocol.UDP, to, client.getLocalAddress())));
                    assertTrue(receiver.unread() > 0, "what was sent waits there");
                    long waiting = diag.dumpUdp().orElseThrow().stream().filter(s -> s.unread() > 0).count();
                    assertEquals(1, waiting);
                } finally {
                    for (DatagramChannel member : group) {
                        member.close();
                    }
                }
                return null;
            });
        }
    }

    @Test
    void statesAreThoseOfSs() throws Exception {
        try (var namespace = NetworkNamespace.open(SS)) {
            namespace.call(() -> {
                var channels = new ArrayList<AutoCloseable>();
                try (var diag = SockDiag.open()) {
                    for (String address : List.of("127.0.0.1", "::1")) {
                        var listening = ServerSocketChannel.open()
                                .bind(new InetSocketAddress(InetAddress.ofLiteral(address), 0), 100);
                        channels.add(listening);
                        for (int i = 0; i < 40; i++) {
                            var client = SocketChannel.open(listening.getLocalAddress());
                            var server = listening.accept();
                            channels.add(client);
                            channels.add(server);
                            if (i % 4 == 1) {
                                client.close();
                                server.close();
                            } else if (i % 4 == 2) {
                                client.shutdownOutput();
                            }
                        }
                    }
                    // Loopback acknowledges a FIN a little later where the other end is busy.
                    await().pollInSameThread().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofSeconds(10))
                            .until(() -> diag.count(EnumSet.of(TcpState.FIN_WAIT1)).isEmpty());
                    Map<TcpState, Integer> states = diag.states();
                    assertEquals(Map.of(TcpState.LISTEN, 2, TcpState.ESTABLISHED, 80, TcpState.TIME_WAIT, 20,
                            TcpState.FIN_WAIT2, 20, TcpState.CLOSE_WAIT, 20), states);
                    assertEquals(ss(namespace), states);
                } finally {
                    for (AutoCloseable channel : channels) {
                        channel.close();
                    }
                }
                return null;
            });
        }
    }

    private static Map<TcpState, Integer> ss(NetworkNamespace namespace) throws Exception {
        Map<String, TcpState> names = Map.of("LISTEN", TcpState.LISTEN, "ESTAB", TcpState.ESTABLISHED, "TIME-WAIT",
                TcpState.TIME_WAIT, "FIN-WAIT-2", TcpState.FIN_WAIT2, "CLOSE-WAIT", TcpState.CLOSE_WAIT);
        var counts = new EnumMap<TcpState, Integer>(TcpState.class);
        for (String line : namespace.exec(SS, "-Htan").split("\n", -1)) {
            if (!line.isBlank()) {
                counts.merge(names.get(line.split(" ", 2)[0]), 1, Integer::sum);
            }
        }
        return counts;
    }
}
