package bwmon.monitor.rtnetlink;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.monitor.sockdiag.SockDiag;
import bwmon.monitor.sockdiag.TcpInfo;
import bwmon.monitor.trial.NetworkNamespace;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Protocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The running kernel's own counters, against datagrams of known sizes. */
@Timeout(60)
class LinksIT {
    private static final String ETHTOOL = "/usr/sbin/ethtool";
    private static final String HERE = "10.77.0.1";
    private static final String THERE = "10.77.0.2";
    private static final int DATAGRAMS = 25;
    private static final int PAYLOAD = 1_000;
    /** With the headers of IPv4 and UDP. */
    private static final long IP_BYTES = DATAGRAMS * (PAYLOAD + 28L);

    /** Two namespaces with a device each, between which only known packets pass. */
    private record Pair(NetworkNamespace here, NetworkNamespace there) implements AutoCloseable {

        static Pair open(String... tools) throws Exception {
            NetworkNamespace here = NetworkNamespace.open(tools);
            NetworkNamespace there = NetworkNamespace.open();
            for (NetworkNamespace each : List.of(here, there)) {
                // Neighbour discovery and multicast listener reports would be counted, too.
                each.exec("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1");
            }
            here.exec("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth0", "netns", there.name());
            return new Pair(here, there);
        }

        /** Gives both ends their addresses, and the neighbours' addresses too, so that no ARP is asked. */
        void connect(String deviceHere, String deviceThere) throws Exception {
            here.exec("ip", "address", "add", HERE + "/24", "broadcast", "+", "dev", deviceHere);
            there.exec("ip", "address", "add", THERE + "/24", "dev", deviceThere);
            for (String device : new HashSet<>(List.of("veth0", deviceHere))) {
                here.exec("ip", "link", "set", device, "up");
            }
            for (String device : new HashSet<>(List.of("veth0", deviceThere))) {
                there.exec("ip", "link", "set", device, "up");
            }
            here.exec("ip", "neighbour", "replace", THERE, "lladdr", mac(there, deviceThere), "nud", "permanent", "dev",
                    deviceHere);
            there.exec("ip", "neighbour", "replace", HERE, "lladdr", mac(here, deviceHere), "nud", "permanent", "dev",
                    deviceThere);
        }

        private static String mac(NetworkNamespace in, String device) throws Exception {
            return in.exec("cat", "/sys/class/net/" + device + "/address").strip();
        }

        @Override
        public void close() throws IOException {
            here.close();
            there.close();
        }
    }

    private static List<Link> links(NetworkNamespace in) throws Exception {
        return in.call(() -> {
            try (var links = Links.open()) {
                return links.dump();
            }
        });
    }

    /** What the interfaces of a namespace that count moved since. */
    private static Map<String, ByteCounts> since(List<Link> before, NetworkNamespace in) throws Exception {
        return IpTraffic.between(before, links(in));
    }

    private static DatagramSocket bound(NetworkNamespace in, String address) throws Exception {
        return in.call(() -> new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(address), 0)));
    }

    /** Sends the datagrams, and waits for all of them. */
    private static void send(DatagramSocket from, DatagramSocket to) throws Exception {
        to.setSoTimeout(10_000);
        var received = new DatagramPacket(new byte[PAYLOAD], PAYLOAD);
        for (int i = 0; i < DATAGRAMS; i++) {
            from.send(new DatagramPacket(new byte[PAYLOAD], PAYLOAD, to.getLocalSocketAddress()));
            to.receive(received);
            assertEquals(PAYLOAD, received.getLength());
        }
    }

    private static void bothWays(Pair pair) throws Exception {
        try (var one = bound(pair.here, HERE); var other = bound(pair.there, THERE)) {
            send(one, other);
            send(other, one);
        }
    }

    private static final ByteCounts BOTH_WAYS = ByteCounts.ofIp(IP_BYTES, IP_BYTES, DATAGRAMS, DATAGRAMS);
    private static final ByteCounts NOTHING = ByteCounts.ofIp(0, 0, 0, 0);

    @Test
    void datagramsThroughVethAreCountedToTheByte() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.connect("veth0", "veth0");
            List<Link> before = links(pair.here);
            bothWays(pair);
            assertEquals(Map.of("veth0", BOTH_WAYS, "lo", NOTHING), since(before, pair.here));
            Link veth = before.stream().filter(link -> link.name().equals("veth0")).findFirst().orElseThrow();
            assertEquals("veth", veth.kind());
            assertTrue(veth.isParentElsewhere());
        }
    }

    @Test
    void loopbackCountsNoHeader() throws Exception {
        try (var namespace = NetworkNamespace.open();
                var one = bound(namespace, "127.0.0.1");
                var other = bound(namespace, "127.0.0.1")) {
            List<Link> before = links(namespace);
            send(one, other);
            assertEquals(Map.of("lo", BOTH_WAYS), since(before, namespace));
        }
    }

    @Test
    void aBridgeIsCountedInsteadOfItsPorts() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.here.exec("ip", "link", "add", "br0", "type", "bridge");
            pair.here.exec("ip", "link", "set", "veth0", "master", "br0");
            pair.connect("br0", "veth0");
            List<Link> before = links(pair.here);
            bothWays(pair);
            assertEquals(Map.of("br0", BOTH_WAYS, "lo", NOTHING), since(before, pair.here));
        }
    }

    @Test
    void aMacvlanIsCountedByItsParent() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.here.exec("ip", "link", "add", "mac0", "link", "veth0", "type", "macvlan", "mode", "bridge");
            pair.connect("mac0", "veth0");
            List<Link> before = links(pair.here);
            bothWays(pair);
            assertEquals(Map.of("veth0", BOTH_WAYS, "lo", NOTHING), since(before, pair.here));
        }
    }

    @Test
    void aTunnelAndItsCarrierAreBothCounted() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.connect("veth0", "veth0");
            for (NetworkNamespace each : List.of(pair.here, pair.there)) {
                boolean isHere = each.equals(pair.here);
                each.exec("ip", "link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789", "local",
                        isHere ? HERE : THERE, "remote", isHere ? THERE : HERE);
                each.exec("ip", "address", "add", isHere ? "10.78.0.1/24" : "10.78.0.2/24", "dev", "vx0");
                each.exec("ip", "link", "set", "vx0", "up");
            }
            pair.here.exec("ip", "neighbour", "replace", "10.78.0.2", "lladdr", Pair.mac(pair.there, "vx0"), "nud",
                    "permanent", "dev", "vx0");
            try (var one = bound(pair.here, "10.78.0.1"); var other = bound(pair.there, "10.78.0.2")) {
                List<Link> before = links(pair.here);
                send(one, other);
                // Outside: IPv4, UDP, VXLAN and the Ethernet inside, 20 + 8 + 8 + 14 bytes.
                assertEquals(Map.of("vx0", ByteCounts.ofIp(0, IP_BYTES, 0, DATAGRAMS), "veth0",
                        ByteCounts.ofIp(0, IP_BYTES + 50 * DATAGRAMS, 0, DATAGRAMS), "lo", NOTHING),
                        since(before, pair.here));
            }
        }
    }

    @Test
    void aConnectionWithoutOffloadsIsWhatItsSegmentsAddUpTo() throws Exception {
        try (Pair pair = Pair.open(ETHTOOL)) {
            pair.connect("veth0", "veth0");
            for (NetworkNamespace each : List.of(pair.here, pair.there)) {
                each.exec(ETHTOOL, "-K", "veth0", "tso", "off", "gso", "off", "gro", "off");
            }
            try (var listening = pair.there
                    .call(() -> ServerSocketChannel.open().bind(new InetSocketAddress(THERE, 0)));
                    var diag = pair.here.call(SockDiag::open)) {
                List<Link> before = links(pair.here);
                try (var client = pair.here.call(() -> SocketChannel.open(listening.getLocalAddress()));
                        var server = listening.accept()) {
                    var data = ByteBuffer.allocate(1 << 20);
                    Thread reader = Thread.ofPlatform().start(() -> read(server, 1 << 20));
                    while (data.hasRemaining()) {
                        client.write(data);
                    }
                    reader.join();
                    var local = (InetSocketAddress) client.getLocalAddress();
                    var remote = (InetSocketAddress) client.getRemoteAddress();
                    var flow = new Flow(Protocol.TCP, new Endpoint(local.getAddress(), local.getPort()),
                            new Endpoint(remote.getAddress(), remote.getPort()));
                    var socket = diag.find(flow);
                    assertNotNull(socket);
                    TcpInfo info = socket.info();
                    assertNotNull(info);
                    ByteCounts veth = since(before, pair.here).getOrDefault("veth0", ByteCounts.ZERO);
                    // IPv4 20, TCP 20, timestamps 12, in each segment; the SYN has 8 bytes more of options.
                    long rx = 52 * info.segsIn() + 8 + info.bytesReceived();
                    long tx = 52 * info.segsOut() + 8 + info.bytesSent();
                    assertTrue(info.segsOut() > 700, "segments were sent one by one");
                    assertEquals(ByteCounts.ofIp(rx, tx, info.segsIn(), info.segsOut()), veth);
                }
            }
        }
    }

    private static void read(SocketChannel server, int bytes) {
        var buffer = ByteBuffer.allocate(bytes);
        try {
            while (buffer.hasRemaining() && server.read(buffer) >= 0) {
                // On to the next part.
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void addressesAreThoseOfTheInterfaces() throws Exception {
        try (Pair pair = Pair.open()) {
            pair.connect("veth0", "veth0");
            Addresses addresses = pair.here.call(() -> {
                try (var links = Links.open()) {
                    return links.addresses();
                }
            });
            assertEquals(new Addresses(Set.of(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral(HERE)),
                    Set.of(InetAddress.ofLiteral("10.77.0.255"))), addresses);
        }
    }
}
