package bwmon.aggregator.console;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.JsonLines;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

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
        assertTrue(lines.get(0).endsWith("\"rx_payload_bytes\":1,\"tx_payload_bytes\":2}"), lines.get(0));
        assertTrue(lines.get(1).contains("\"application\":null"), lines.get(1));
        assertEquals("{\"type\":\"failure\",\"schema\":1,\"ts\":\"2026-11-21T10:00:01Z\",\"interval_s\":1.0,"
                + "\"source\":\"pipe\",\"message\":\"gone\"}", lines.get(2));
        assertTrue(lines.get(3).startsWith("{\"type\":\"balance\",\"schema\":1,"), lines.get(3));
    }
}
