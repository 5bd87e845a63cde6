package bwmon.aggregator.console;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.JsonLines;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.Samples.SECOND;
import static bwmon.aggregator.Samples.charge;
import static bwmon.aggregator.Samples.picture;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class JsonViewTest {
    @Test
    void aLineForEachOwnerForEachFailureAndTheBalance() {
        Owner nginx = process(1, "nginx");
        Owner curl = process(2, "curl");
        var bytes = new ByteArrayOutputStream();
        new JsonView(new JsonLines(new PrintStream(bytes, false, StandardCharsets.UTF_8))).show(picture(snapshot(1,
                List.of(charge(nginx, new Application("web", Application.Basis.RULE), 1, 2), charge(curl, 3, 4)),
                List.of(new Snapshot.SourceFailure("pipe", "gone", 2)))));
        List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();

        assertEquals(4, lines.size());
        assertTrue(lines.get(0).contains("\"source\":\"sock_diag\",\"owner\":\"process\",\"pid\":1,"), lines.get(0));
        assertTrue(lines.get(0).contains("\"application\":\"web\",\"rx_bytes\":null"), lines.get(0));
        assertTrue(lines.get(0).endsWith("\"rx_payload_bytes\":1,\"tx_payload_bytes\":2,\"basis\":\"rule\"}"),
                lines.get(0));
        assertTrue(lines.get(1).contains("\"application\":null") && lines.get(1).endsWith("\"basis\":null}"),
                lines.get(1));
        assertEquals("{\"type\":\"failure\",\"schema\":1,\"ts\":\"2026-11-21T10:00:01Z\",\"interval_s\":1.0,"
                + "\"source\":\"pipe\",\"message\":\"gone\",\"intervals\":2}", lines.get(2));
        assertTrue(lines.get(3).startsWith("{\"type\":\"balance\",\"schema\":1,"), lines.get(3));
    }

    @Test
    void theBalanceSaysWhatWasLeftOutAndWhatIsMissing() {
        var counts = ByteCounts.ofIp(100, 200, 3, 4);
        var snapshot = new Snapshot(AT, 1, SECOND, List.of(),
                new Balance(Map.of("eth0", counts), ByteCounts.ofIp(50, 100, 1, 1), Map.of(), 0),
                new Snapshot.LeftOut(ByteCounts.ofIp(10, 20, 1, 1), ByteCounts.ofIp(30, 40, 1, 1)), List.of(),
                List.of());
        var bytes = new ByteArrayOutputStream();
        new JsonView(new JsonLines(new PrintStream(bytes, false, StandardCharsets.UTF_8))).show(picture(snapshot));

        assertTrue(bytes.toString(StandardCharsets.UTF_8)
                .endsWith(
                        ",\"lost_events\":0,\"left_out\":{" + fields(40, 60, 2) + ",\"excluded\":{" + fields(10, 20, 1)
                                + "},\"duplicate\":{" + fields(30, 40, 1)
                                + "}},\"difference\":{\"rx_bytes\":10,\"tx_bytes\":40}}\n"),
                bytes.toString(StandardCharsets.UTF_8));
    }

    private static String fields(long rx, long tx, long packets) {
        return "\"rx_bytes\":" + rx + ",\"tx_bytes\":" + tx + ",\"rx_packets\":" + packets + ",\"tx_packets\":"
                + packets
                + ",\"rx_payload_bytes\":null,\"tx_payload_bytes\":null";
    }
}
