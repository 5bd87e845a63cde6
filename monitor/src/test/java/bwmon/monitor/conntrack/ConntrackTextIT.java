package bwmon.monitor.conntrack;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

    @Test
    void allProtocolsReadTheSameInEveryWay() throws Exception {
        try (var namespace = NetworkNamespace.open("/usr/sbin/conntrack", "/usr/sbin/nft", "/usr/bin/ping")) {
            namespace.exec("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1",
                    "net.netfilter.nf_conntrack_timestamp=1");
            namespace.exec("nft", "add table inet t; add chain inet t c { type filter hook input priority 0; };"
                    + " add rule inet t c ct state new accept;");
            namespace.exec("ping", "-qc", "2", "-i", "0.01", "127.0.0.1");
            namespace.exec("ping", "-qc", "1", "::1");
            for (String protocol : List.of("sctp", "dccp", "udplite")) {
                namespace.exec("conntrack", "-I", "-s", "10.1.1.1", "-d", "10.1.1.2", "-p", protocol, "--sport", "7",
                        "--dport", "9", "-t", "1000",
                        protocol.equals("udplite") ? "-u" : "--state",
                        protocol.equals("udplite") ? "SEEN_REPLY" : protocol.equals("dccp") ? "OPEN" : "ESTABLISHED");
            }
            namespace.call(() -> {
                ConnectionMaker.fill(300);
                ConnectionMaker.sendDatagrams(200);
                ConntrackText.Table text = text();
                assertEquals(0, text.malformed());
                Set<String> lines = comparable(ConntrackXml.lines(text.connections()));
                try (var table = ConntrackTable.open()) {
                    assertEquals(comparable(ConntrackXml.lines(table.dump())), lines);
                }
                assertTrue(lines.size() > 500, () -> "only " + lines.size());
                return null;
            });
            String xml = namespace.exec("conntrack", "-L", "-o", "xml,id");
            Set<String> listed = comparable(ConntrackXml
                    .lines(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8))));
            Set<String> lines = namespace.call(() -> comparable(ConntrackXml.lines(text().connections())));
            // conntrack -L asks for IPv4 only.
            lines.removeIf(line -> line.startsWith("58 "));
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
