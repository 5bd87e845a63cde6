package bwmon.monitor.console;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

import bwmon.monitor.console.Listing.Amount;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;

import static bwmon.monitor.console.Samples.AT;
import static bwmon.monitor.console.Samples.SECOND;
import static bwmon.monitor.console.Samples.WEB;
import static bwmon.monitor.console.Samples.ip;
import static bwmon.monitor.console.Samples.model;
import static bwmon.monitor.console.Samples.next;
import static bwmon.monitor.console.Samples.nobody;
import static bwmon.monitor.console.Samples.process;
import static bwmon.monitor.console.Samples.report;
import static bwmon.monitor.console.Samples.usage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class JsonViewTest {
    private static final String TIME = "\"schema\":1,\"ts\":\"2026-11-21T10:00:01Z\",\"interval_s\":1.0,";
    private static final String COUNTS = ",\"application\":null,\"rx_bytes\":1000,\"tx_bytes\":1,\"rx_packets\":1,"
            + "\"tx_packets\":1,\"rx_payload_bytes\":null,\"tx_payload_bytes\":null}";

    private static List<String> show(Grouping by, OptionalInt top, Picture... pictures) {
        var bytes = new ByteArrayOutputStream();
        var view = new JsonView(new PrintStream(bytes, false, StandardCharsets.UTF_8),
                new Layout(by, null, Amount.TOTAL, top, null), _ -> Optional.of("web.example"));
        for (Picture picture : pictures) {
            assertTrue(view.show(picture));
        }
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static String first(Grouping by, Owner owner) {
        return show(by, OptionalInt.empty(), next(model(), usage(owner, WEB, 1000, 1))).getFirst();
    }

    private static String usageLine(String fields) {
        return "{\"type\":\"usage\"," + TIME + "\"source\":\"conntrack\"," + fields + COUNTS;
    }

    @Test
    void aLineForEachRowAndTheFieldsOfWhatItIsSummedBy() {
        Owner curl = process(7, "curl x", "ann", "/user.slice");
        String owner = "\"owner\":\"process\",\"pid\":7,\"name\":\"curl\",\"command\":\"curl x\",\"user\":\"ann\","
                + "\"cgroup\":\"/user.slice\",\"container\":null,\"executable\":null,";
        String group = "\"owner\":\"group\",";

        assertEquals(usageLine(owner + "\"by\":\"process\""), first(Grouping.PROCESS, curl));
        assertEquals(usageLine("\"owner\":\"unattributed\",\"reason\":\"exited\",\"by\":\"process\""),
                first(Grouping.PROCESS, nobody(Owner.Cause.EXITED)));
        assertEquals(usageLine(group + "\"by\":\"command\",\"command\":\"curl x\""), first(Grouping.COMMAND, curl));
        assertEquals(usageLine(group + "\"by\":\"user\",\"user\":\"ann\""), first(Grouping.USER, curl));
        assertEquals(usageLine(group + "\"by\":\"cgroup\",\"cgroup\":\"/user.slice\",\"container\":null"),
                first(Grouping.CGROUP, curl));
        assertEquals(usageLine(group + "\"by\":\"remote\",\"remote\":\"198.51.100.7\",\"remote_name\":\"web.example\""),
                first(Grouping.REMOTE, curl));
        assertEquals(usageLine(owner + "\"by\":\"connection\",\"protocol\":\"tcp\",\"local\":\"192.0.2.1\","
                + "\"local_port\":40000,\"remote\":\"198.51.100.7\",\"remote_port\":443,\"remote_name\":\"web.example\""),
                first(Grouping.CONNECTION, curl));
        assertEquals(usageLine(group + "\"by\":\"protocol\",\"protocol\":\"tcp\""), first(Grouping.PROTOCOL, curl));
        assertEquals(usageLine(group + "\"by\":\"port\",\"protocol\":\"tcp\",\"port\":443,\"side\":\"used\""),
                first(Grouping.PORT, curl));
    }

    @Test
    void theBalanceSaysWhatWasLeftOutAndWhatIsUnexplained() {
        Model model = new Model(Samples.only(Grouping.PROCESS),
                new Selection(List.of(), List.of(), Set.of(1), Set.of(), false), _ -> true);
        List<String> lines = show(Grouping.PROCESS, OptionalInt.empty(),
                model.next(new Report("conntrack", SECOND, List.of(usage(process(1, "a"), WEB, 10, 1),
                        usage(process(2, "b"), WEB, 20, 2)), Map.of("eth0", ip(37, 3)), 4), AT, null));

        assertEquals(2, lines.size());
        assertTrue(lines.getLast().startsWith("{\"type\":\"balance\","), lines.getLast());
        assertTrue(lines.getLast().contains("\"named\":{\"rx_bytes\":10,\"tx_bytes\":1,"), lines.getLast());
        assertTrue(lines.getLast().contains("\"lost_events\":4,\"left_out\":{\"rx_bytes\":20,\"tx_bytes\":2,"),
                lines.getLast());
        assertTrue(lines.getLast().endsWith("\"difference\":{\"rx_bytes\":7,\"tx_bytes\":0}}"), lines.getLast());
    }

    @Test
    void whatMovedBeforeTheStartIsNoUsage() {
        Model model = model();
        List<String> lines = show(Grouping.PROCESS, OptionalInt.empty(),
                model.before("conntrack", report(usage(process(1, "a"), WEB, 99, 1)).usages(), AT),
                next(model, usage(process(1, "a"), WEB, 5, 1)));

        assertEquals(List.of("before", "usage", "balance"),
                lines.stream().map(line -> line.split("\"", 5)[3]).toList());
        assertTrue(lines.get(0).contains("\"interval_s\":0.0,") && lines.get(0).contains("\"rx_bytes\":99,"),
                lines.get(0));
        assertTrue(lines.get(1).contains("\"rx_bytes\":5,"), lines.get(1));
    }

    @Test
    void theRestIsOthersAndAFailureIsALine() {
        Model model = model();
        List<String> lines = show(Grouping.PROCESS, OptionalInt.of(1),
                next(model, usage(process(1, "a"), WEB, 5, 1), usage(process(2, "b"), WEB, 4, 1),
                        usage(process(3, "c"), WEB, 3, 1)),
                model.failed("conntrack", "gone \"x\"", AT));

        assertEquals(4, lines.size());
        assertTrue(lines.get(1).contains("\"owner\":\"others\"") && lines.get(1).contains("\"rx_bytes\":7,"),
                lines.get(1));
        assertTrue(lines.get(3).endsWith("\"source\":\"conntrack\",\"message\":\"gone \\\"x\\\"\"}"), lines.get(3));
    }

    @Test
    void flowsThatAreNotToldApartAreAGroupWithoutFields() {
        List<String> lines = show(Grouping.REMOTE, OptionalInt.empty(),
                next(model(), new Usage(process(1, "a"), null, ip(1000, 1))));

        assertEquals(usageLine("\"owner\":\"group\",\"by\":\"remote\""), lines.getFirst());
    }
}
