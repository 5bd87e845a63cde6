package bwmon.monitor.procfs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import bwmon.monitor.procfs.SocketTable.Kind;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The real tables, with sockets of our own in them. */
@Timeout(60)
class SocketTableIT {
    private static final Path SS = Path.of("/usr/bin/ss");
    private final ProcFs proc = new ProcFs(Path.of("/proc"));

    /** Lines of sockets that have one of these ports: protocol, both ends, inode, user. */
    private Set<String> ours(Set<Integer> ports, Kind... kinds) throws IOException {
        var lines = new TreeSet<String>();
        for (Kind kind : kinds) {
            SocketTable table = proc.sockets(kind);
            assertEquals(0, table.malformed(), kind.name());
            for (ProcSocket s : table.sockets()) {
                if (s.inode() != 0 && (ports.contains(s.local().port()) || ports.contains(s.remote().port()))) {
                    lines.add((s.protocol() == 6 ? "tcp " : "udp ") + s.local() + " "
                            + (s.remote().port() == 0 ? "-" : s.remote()) + " ino:" + s.inode() + " uid:" + s.uid());
                }
            }
        }
        return lines;
    }

    /** The same of ss(8). */
    private static Set<String> ofSs(Set<Integer> ports) throws Exception {
        Process ss = new ProcessBuilder(SS.toString(), "-tuanHeO").redirectErrorStream(true).start();
        String output = new String(ss.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, ss.waitFor(), output);
        var lines = new TreeSet<String>();
        for (String line : output.lines().toList()) {
            // Netid State Recv-Q Send-Q Local:Port Peer:Port ... uid:0 ino:1 ...
            List<String> words = List.of(line.strip().split(" +", -1));
            String local = plain(words.get(4));
            String remote = plain(words.get(5));
            String inode = word(words, "ino:", "ino:0");
            if (!inode.equals("ino:0") && (ports.contains(port(local)) || ports.contains(port(remote)))) {
                lines.add(words.get(0) + " " + local + " " + (port(remote) == 0 ? "-" : remote) + " " + inode + " "
                        + word(words, "uid:", "uid:0"));
            }
        }
        return lines;
    }

    private static String word(List<String> words, String prefix, String missing) {
        return words.stream().filter(w -> w.startsWith(prefix)).findFirst().orElse(missing);
    }

    private static String plain(String address) {
        String plain = address.replace("[::ffff:", "").replaceFirst("%[^]:]+", "");
        return plain.startsWith("*:")
                ? "[::]" + plain.substring(1)
                : plain.startsWith("[") ? plain : plain.replace("]", "");
    }

    private static int port(String address) {
        String port = address.substring(address.lastIndexOf(':') + 1);
        return port.equals("*") ? 0 : Integer.parseInt(port);
    }

    @Test
    void socketsOfAllKindsAreThereAsSsTellsThem() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(SS), "iproute2 is not installed");
        InetAddress v4 = InetAddress.ofLiteral("127.0.0.1");
        InetAddress v6 = InetAddress.ofLiteral("::1");
        var ports = new HashSet<Integer>();
        try (var any = ServerSocketChannel.open(); // dual-stack
                var six = ServerSocketChannel.open();
                var mapped = SocketChannel.open();
                var plain = SocketChannel.open(StandardProtocolFamily.INET);
                var toSix = SocketChannel.open();
                var udp = DatagramChannel.open(StandardProtocolFamily.INET);
                var udp6 = DatagramChannel.open()) {
            any.bind(null);
            six.bind(new InetSocketAddress(v6, 0));
            udp.bind(new InetSocketAddress(v4, 0));
            int port = ((InetSocketAddress) any.getLocalAddress()).getPort();
            int port6 = ((InetSocketAddress) six.getLocalAddress()).getPort();
            int portUdp = ((InetSocketAddress) udp.getLocalAddress()).getPort();
            mapped.connect(new InetSocketAddress(v4, port));
            plain.connect(new InetSocketAddress(v4, port));
            toSix.connect(new InetSocketAddress(v6, port6));
            udp6.connect(new InetSocketAddress(v4, portUdp));
            ports.addAll(List.of(port, port6, portUdp));
            try (SocketChannel first = any.accept();
                    SocketChannel second = any.accept();
                    SocketChannel third = six.accept()) {
                Set<String> ours = ours(ports, Kind.TCP, Kind.TCP6, Kind.UDP, Kind.UDP6);
                assertEquals(ofSs(ports), ours);
                // Two listeners, three connections of two ends each, two datagram sockets.
                assertEquals(2 + 3 * 2 + 2, ours.size(), ours::toString);
                assertTrue(ours.stream().anyMatch(line -> line.startsWith("tcp [::1]:" + port6 + " [::1]:")));
                assertTrue(ours.stream().anyMatch(line -> line.startsWith("udp 127.0.0.1:" + portUdp + " -")));
                assertTrue(first.isConnected() && second.isConnected() && third.isConnected());
            }
        }
    }

    @Test
    void noTableOfThisKernelHasALineOfAnotherForm() throws IOException {
        for (Kind kind : Kind.values()) {
            assertEquals(0, proc.sockets(kind).malformed(), kind.name());
        }
        assertEquals(0, proc.packetSockets().malformed());
    }
}
