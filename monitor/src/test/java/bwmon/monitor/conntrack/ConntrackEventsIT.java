package bwmon.monitor.conntrack;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

import bwmon.monitor.conntrack.ConntrackEvents.Delivery;
import bwmon.monitor.trial.NetworkNamespace;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Real events, in namespaces of our own. */
@Timeout(120)
class ConntrackEventsIT {
    private static final int CONNECTIONS = 20_000;
    /** The kernel doubles it to 208 KiB, its usual net.core.rmem_default. */
    private static final int SMALL = 104 * 1024;

    private static NetworkNamespace tracking(String... tools) throws Exception {
        var namespace = NetworkNamespace.open(tools);
        namespace.exec("sysctl", "-qw", "net.netfilter.nf_conntrack_acct=1", "net.netfilter.nf_conntrack_timestamp=1");
        return namespace;
    }

    /** The rule that switches tracking on, while the code runs. */
    private interface Code {
        void run() throws Exception;
    }

    private static void inside(NetworkNamespace namespace, Code code) throws Exception {
        namespace.call(() -> {
            try (var rule = TrackingRule.add()) {
                assertEquals("bwmon", rule.table());
                code.run();
            }
            return null;
        });
    }

    @Test
    void noEndIsLostInASmallBuffer() throws Exception {
        try (var namespace = tracking()) {
            inside(namespace, () -> {
                try (var ended = ConntrackEvents.ended(Delivery.RELIABLE, SMALL)) {
                    long sent = ConnectionMaker.sendDatagrams(CONNECTIONS);
                    ConnectionMaker.flush();
                    var taken = new ArrayList<Connection>();
                    var figures = new long[2];
                    await().atMost(Duration.ofSeconds(60)).pollInSameThread().pollInterval(Duration.ofMillis(20))
                            .until(() -> {
                                ConntrackEvents.Events events = ended.take(1000);
                                taken.addAll(events.connections());
                                figures[0] += events.lost();
                                figures[1] += events.deferred();
                                return taken.size() >= CONNECTIONS;
                            });
                    assertEquals(CONNECTIONS, taken.size());
                    var different = new HashSet<Connection.Key>();
                    long bytes = 0;
                    for (Connection c : taken) {
                        different.add(c.key());
                        bytes += Objects.requireNonNull(c.originalCounters()).bytes();
                        assertEquals(1, Objects.requireNonNull(c.originalCounters()).packets());
                        assertTrue(Objects.requireNonNull(c.stopped())
                                .compareTo(Objects.requireNonNull(c.started())) >= 0);
                    }
                    assertEquals(CONNECTIONS, different.size());
                    assertEquals(sent, bytes);
                    assertEquals(0, figures[0], "lost");
                    assertTrue(figures[1] > 0, "the buffer was never full, so that this test shows nothing");
                }
            });
        }
    }

    @Test
    void beginningsThatAreLostAreCounted() throws Exception {
        try (var namespace = tracking()) {
            inside(namespace, () -> {
                try (var begun = ConntrackEvents.begun(SMALL)) {
                    ConnectionMaker.sendDatagrams(CONNECTIONS);
                    ConntrackEvents.Events events = begun.take(Integer.MAX_VALUE);
                    assertTrue(events.lost() > 0, "the buffer was never full, so that this test shows nothing");
                    assertEquals(CONNECTIONS, events.connections().size() + events.lost());
                    assertEquals(0, events.deferred());
                    assertFalse(events.connections().getFirst().isCounted());
                    assertEquals(new ConntrackEvents.Events(List.of(), 0, 0), begun.take(10));
                }
            });
        }
    }

    private static long entries() throws IOException {
        return new ConntrackSetup(Path.of("/proc"), Path.of("/nonexistent")).inspect().entries().orElseThrow();
    }

    @Test
    void aListenerThatDoesNotReadKeepsEntriesInTheTableOnlyIfReliable() throws Exception {
        try (var namespace = tracking()) {
            inside(namespace, () -> {
                try (var reliable = ConntrackEvents.ended(Delivery.RELIABLE, SMALL)) {
                    ConnectionMaker.sendDatagrams(CONNECTIONS);
                    ConnectionMaker.flush();
                    assertTrue(entries() > CONNECTIONS / 2, "entries are kept");
                    assertFalse(reliable.take(1).connections().isEmpty());
                }
                await().atMost(Duration.ofSeconds(20)).pollInSameThread().until(() -> entries() == 0);
                try (var counted = ConntrackEvents.ended(Delivery.COUNTED, SMALL)) {
                    ConnectionMaker.sendDatagrams(CONNECTIONS);
                    ConnectionMaker.flush();
                    await().atMost(Duration.ofSeconds(20)).pollInSameThread().until(() -> entries() == 0);
                    ConntrackEvents.Events events = counted.take(Integer.MAX_VALUE);
                    assertEquals(CONNECTIONS, events.connections().size() + events.lost());
                    assertTrue(events.lost() > 0, "the buffer was never full, so that this test shows nothing");
                }
            });
        }
    }

    @Test
    void endsAreReadAsConntrackReadsThem() throws Exception {
        try (var namespace = tracking("/usr/sbin/conntrack")) {
            inside(namespace, () -> {
                Path output = Files.createTempFile("bwmon", ".xml");
                Process conntrack = new ProcessBuilder("/usr/sbin/conntrack", "-E", "-e", "DESTROY", "-o", "xml,id")
                        .redirectOutput(output.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
                try (var ended = ConntrackEvents.ended(Delivery.RELIABLE)) {
                    // Two listeners: the port in the third column, NETLINK_NETFILTER in the second, a group in the fourth.
                    await().atMost(Duration.ofSeconds(20)).pollInSameThread().until(() -> Files
                            .readAllLines(Path.of("/proc/thread-self/net/netlink")).stream()
                            .map(line -> line.trim().split("\\s+", -1))
                            .filter(w -> w[1].equals("12") && !w[3].equals("00000000")).count() == 2);
                    ConnectionMaker.sendDatagrams(20);
                    ConnectionMaker.flush();
                    List<Connection> taken = ended.take(1000).connections();
                    assertEquals(20, taken.size());
                    await().atMost(Duration.ofSeconds(20)).pollInSameThread().until(
                            () -> Files.readString(output).split("</flow>", -1).length > 20);
                    String xml = Files.readString(output);
                    var whole = xml.endsWith("</conntrack>") ? xml : xml + "</conntrack>";
                    assertEquals(
                            ConntrackXml.lines(
                                    new ByteArrayInputStream(whole.strip().getBytes(StandardCharsets.UTF_8))),
                            ConntrackXml.lines(taken));
                } finally {
                    conntrack.destroy();
                    conntrack.waitFor();
                    Files.delete(output);
                }
            });
        }
    }

    @Test
    void connectionsThatBeganUnheardEndWithoutAWord() throws Exception {
        try (var namespace = tracking()) {
            inside(namespace, () -> {
                Assumptions.assumeTrue(ConntrackSwitch.EVENTS.read(Path.of("/proc")).equals(OptionalInt.of(2)),
                        "net.netfilter.nf_conntrack_events is not 2");
                ConnectionMaker.sendDatagrams(10);
                try (var ended = ConntrackEvents.ended(Delivery.RELIABLE)) {
                    ConnectionMaker.flush();
                    int unheard = ended.take(100).connections().size();
                    assertTrue(unheard == 0 || unheard == 10,
                            () -> unheard + " of 10: none, or all if another program listens in any namespace");
                    ConnectionMaker.sendDatagrams(5);
                    ConnectionMaker.flush();
                    assertEquals(5, ended.take(100).connections().size());
                }
            });
        }
    }

    @Test
    void dumpsAndEndsAddUpToWhatWasSent() throws Exception {
        try (var namespace = tracking()) {
            inside(namespace, () -> {
                var flows = new ConntrackFlows(ConntrackFlows.USUAL_LIMIT);
                long sent = 0;
                long handedOut = 0;
                try (var ended = ConntrackEvents.ended(Delivery.RELIABLE); var table = ConntrackTable.open()) {
                    for (int i = 0; i < 30; i++) {
                        sent += ConnectionMaker.sendDatagrams(300);
                        if (i % 2 == 0) {
                            flows.dumped(table.dump());
                        }
                        sent += ConnectionMaker.sendDatagrams(200);
                        if (i % 3 == 0) {
                            ConnectionMaker.flush();
                        }
                        flows.ended(ended.take(Integer.MAX_VALUE).connections());
                        if (i % 5 == 0) {
                            flows.dumped(table.dump());
                        }
                        for (var difference : flows.interval().differences()) {
                            handedOut += difference.original().bytes() + difference.reply().bytes();
                        }
                    }
                    flows.dumped(table.dump());
                    for (var difference : flows.interval().differences()) {
                        handedOut += difference.original().bytes() + difference.reply().bytes();
                    }
                }
                assertEquals(sent, handedOut);
            });
        }
    }
}
