package bwmon.monitor.console;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

import bwmon.cli.Order;
import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.SocketState;
import bwmon.traffic.SocketStates;
import bwmon.traffic.Usage;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;

import static bwmon.monitor.console.Samples.AT;
import static bwmon.monitor.console.Samples.WEB;
import static bwmon.monitor.console.Samples.model;
import static bwmon.monitor.console.Samples.process;
import static bwmon.monitor.console.Samples.report;
import static bwmon.monitor.console.Samples.tcp;
import static bwmon.monitor.console.Samples.udp;
import static bwmon.monitor.console.Samples.usage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SocketsTest {
    private static final Owner CURL = process(71, "curl http://example.org/");
    private static final Owner DNS = process(1234, "dnsmasq");
    private static final Flow OLD = tcp("192.0.2.1:22", "203.0.113.5:50022");
    private static final OptionalLong NONE = OptionalLong.empty();

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);

    private static SocketState socket(Flow flow, String state, Owner owner, boolean counted) {
        boolean connected = state.equals("ESTABLISHED");
        return new SocketState(flow, state, owner, connected ? OptionalLong.of(12_345) : NONE,
                connected ? OptionalLong.of(2) : NONE, 5, 6, counted);
    }

    private static Picture picture() {
        Usage[] usages = {usage(CURL, WEB, 5000, 700), usage(DNS, udp("192.0.2.1:53", "192.0.2.9:40001"), 60, 80),
                usage(DNS, udp("192.0.2.1:53", "192.0.2.8:40002"), 61, 81),
                usage(DNS, udp("192.0.2.1:41000", "9.9.9.9:53"), 70, 90)};
        return model().next(report(usages), AT, new SocketStates(List.of(socket(WEB, "ESTABLISHED", CURL, true),
                socket(udp("0.0.0.0:53", "0.0.0.0:0"), "UNCONNECTED", DNS, true),
                socket(udp("192.0.2.1:41000", "9.9.9.9:53"), "ESTABLISHED", DNS, true),
                socket(tcp("0.0.0.0:53", "0.0.0.0:0"), "LISTEN", DNS, true),
                socket(OLD, "ESTABLISHED", Samples.nobody(Owner.Cause.NO_PERMISSION), false)),
                Map.of("ESTABLISHED", 2, "LISTEN", 1, "TIME_WAIT", 7)));
    }

    @Test
    void aTableOfEverySocketAndTheStates() {
        var layout = new Layout(Grouping.CONNECTION, null, Amount.TOTAL, OptionalInt.empty(), null);
        assertTrue(new ConnectionsView(out, layout, Names.NUMERIC).show(picture()));

        assertEquals(
                """
                        PROTO  STATE        LOCAL            REMOTE               RX   TX      RTT  RETRANS   PID  COMMAND
                        tcp    ESTABLISHED  192.0.2.1:40000  198.51.100.7:443   5000  700  12.3 ms        2    71  curl http://example.org/
                        udp    UNCONNECTED  0.0.0.0:53       0.0.0.0:*           121  161        -        -  1234  dnsmasq
                        udp    ESTABLISHED  192.0.2.1:41000  9.9.9.9:53           70   90  12.3 ms        2  1234  dnsmasq
                        tcp    LISTEN       0.0.0.0:53       0.0.0.0:*             0    0        -        -  1234  dnsmasq
                        tcp    ESTABLISHED  192.0.2.1:22     203.0.113.5:50022     -    -  12.3 ms        2     -  unattributed: no-permission
                        TCP: 2 ESTABLISHED, 1 LISTEN, 7 TIME_WAIT
                        """,
                bytes.toString(StandardCharsets.UTF_8));
    }

    @Test
    void jsonHasALineForEachSocketAndTheStates() {
        var layout = new Layout(Grouping.CONNECTION, Order.RX, Amount.TOTAL, OptionalInt.empty(), null);
        assertTrue(new JsonView(out, layout, Names.NUMERIC).show(picture()));
        List<Config> lines = bytes.toString(StandardCharsets.UTF_8).lines().map(ConfigFactory::parseString).toList();

        List<Config> sockets = lines.stream().filter(line -> line.getString("type").equals("connection")).toList();
        assertEquals(5, sockets.size());
        Config curl = sockets.getFirst();
        assertEquals(71, curl.getInt("pid"));
        assertEquals("192.0.2.1", curl.getString("local"));
        assertEquals(443, curl.getInt("remote_port"));
        assertEquals(12_345, curl.getInt("rtt_us"));
        assertEquals(2, curl.getInt("retransmits"));
        assertEquals(5000, curl.getInt("rx_bytes_total"));
        assertTrue(curl.getIsNull("rx_payload_bytes_total"));
        Config old = sockets.getLast();
        assertEquals(false, old.getBoolean("counted"));
        assertTrue(old.getIsNull("rx_bytes_total"), "not counted is not 0");
        Config states = lines.get(lines.size() - 2);
        assertEquals("states", states.getString("type"));
        assertEquals(7, states.getInt("tcp.TIME_WAIT"));
        assertEquals("balance", lines.getLast().getString("type"));
        assertEquals(4, lines.stream().filter(line -> line.getString("type").equals("usage")).count());
    }

    @Test
    void onlySoManyOfThem() {
        var layout = new Layout(Grouping.CONNECTION, Order.NAME, Amount.TOTAL, OptionalInt.of(1), null);
        List<String> lines = ConnectionsView.lines(picture(), layout, new Labels(Names.NUMERIC));

        assertTrue(lines.get(1).endsWith("curl http://example.org/"), lines.get(1));
        assertEquals("4 others", lines.get(2));
        assertEquals(4, lines.size());
    }
}
