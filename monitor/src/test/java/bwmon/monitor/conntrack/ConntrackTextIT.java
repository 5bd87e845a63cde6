package bwmon.monitor.conntrack;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import bwmon.monitor.trial.NetworkNamespace;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The text of a real table beside what ctnetlink and conntrack(8) tell of it, in a namespace of our own. */
@Timeout(120)
class ConntrackTextIT {
    private static final Path PROC = Path.of("/proc");

    private static ConntrackText.Table text() throws Exception {
        Optional<ConntrackText.Table> table = ConntrackText.read(PROC);
        Assumptions.assumeTrue(table.isPresent(), "this kernel has no /proc/net/nf_conntrack");
        return table.orElseThrow();
    }

    /** Without what the text does not tell. */
    private static Set<String> comparable(Iterable<String> lines) {
        var comparable = new TreeSet<String>();
        lines.forEach(line -> comparable.add(line.replaceFirst(" id [0-9]+", "")));
        return comparable;
    }

    /** All that the text tells, but what changes by itself. */
    private static Set<String> told(Iterable<Connection> connections) {
        var told = new TreeSet<String>();
        connections.forEach(c -> told.add(c.original() + ", " + c.reply() + ", " + c.originalCounters() + ", "
                + c.replyCounters() + ", " + c.tcpState() + " " + c.mark() + " " + c.zone() + " " + c.isAssured()
                + c.hasReply() + c.isDying()));
        return told;
    }

    private static void insert(NetworkNamespace namespace, String words) throws Exception {
        String command = "conntrack -I -t 1000 " + words;
        namespace.exec(command.split(" ", -1));
    }

    @Test
    void allProtocolsReadTheSameInEveryWay() throws Exception {
        try (var namespace = NetworkNamespace.open("/usr/sbin/conntrack", "/usr/sbin/nft")) {
            namespace.exec("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1",
                    "net.netfilter.nf_conntrack_timestamp=1");
            namespace.exec("nft", "add table inet t; add chain inet t c { type filter hook input priority 0; };"
                    + " add rule inet t c ct state new accept;");
            String v4 = "-s 10.1.1.1 -d 10.1.1.2 -p ";
            String v6 = "-s 2001:db8::1 -d fe80::a:2 -p ";
            insert(namespace, v4 + "sctp --sport 7 --dport 9 --state ESTABLISHED --orig-vtag 1 --reply-vtag 2");
            insert(namespace, v4 + "udplite --sport 7 --dport 9 -u SEEN_REPLY,ASSURED");
            insert(namespace, v4 + "icmp --icmp-type 8 --icmp-code 0 --icmp-id 4711");
            insert(namespace, v6 + "icmpv6 --icmpv6-type 128 --icmpv6-code 0 --icmpv6-id 4712");
            insert(namespace, v4 + "gre --srckey 0x5 --dstkey 0xbeef");
            insert(namespace, v4 + "50");
            insert(namespace, v6 + "udp --sport 5353 --dport 53 -m 4294967295");
            insert(namespace, v4 + "tcp --sport 7 --dport 9 --state SYN_SENT -w 9");
            insert(namespace, v6 + "tcp --sport 7 --dport 9 --state TIME_WAIT -u SEEN_REPLY,ASSURED");
            namespace.call(() -> {
                ConnectionMaker.fill(300);
                ConnectionMaker.sendDatagrams(200);
                ConntrackText.Table text = text();
                assertEquals(0, text.malformed());
                Set<String> lines = told(text.connections());
                try (var table = ConntrackTable.open()) {
                    assertEquals(told(table.dump()), lines);
                }
                assertEquals(9 + 300 + 200, lines.size());
                return null;
            });
            String xml = namespace.exec("conntrack", "-L", "-o", "xml,id");
            Set<String> listed = comparable(ConntrackXml
                    .lines(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8))));
            Set<String> lines = namespace.call(() -> comparable(ConntrackXml.lines(text().connections())));
            // Keys of GRE are no ports to conntrack(8), and it tells a state of SCTP, too.
            listed.removeIf(line -> line.matches("(47|132) .*"));
            lines.removeIf(line -> line.matches("(47|132) .*"));
            assertEquals(listed, lines);
        }
    }

    @Test
    void aHundredThousandLinesAreReadWhole() throws Exception {
        try (var namespace = NetworkNamespace.open()) {
            namespace.call(() -> {
                ConnectionMaker.fill(100_000);
                ConntrackText.Table table = text();
                assertEquals(0, table.malformed());
                assertEquals(100_000, Set.copyOf(table.connections()).size());
                return null;
            });
        }
    }
}
