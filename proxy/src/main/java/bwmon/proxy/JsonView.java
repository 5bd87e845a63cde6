package bwmon.proxy;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import bwmon.cli.JsonLines;
import bwmon.proxy.meter.ConnectionEnd;
import bwmon.proxy.meter.PipeMeter;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import com.codahale.metrics.Snapshot;
import com.codahale.metrics.Timer;
import com.fasterxml.jackson.core.JsonGenerator;

/** Two lines for each pipe and interval: {@code usage}, differences as every program gives them, and {@code pipe}, totals. */
final class JsonView implements PipeView {
    private static final double NANOS_PER_MILLI = 1e6;

    private final JsonLines lines;

    JsonView(PrintStream out) {
        this.lines = new JsonLines(out);
    }

    @Override
    public boolean show(Instant at, List<PipeInterval> pipes) {
        boolean read = true;
        for (PipeInterval pipe : pipes) {
            read &= lines.usage(at, pipe.interval(), "pipe", pipe.pipe().owner(), null,
                    ByteCounts.ofPayload(pipe.rxBytes(), pipe.txBytes()));
            read &= totals(at, pipe);
        }
        return read;
    }

    private boolean totals(Instant at, PipeInterval pipe) {
        PipeMeter meter = pipe.pipe().meter();
        return lines.line("pipe", json -> {
            JsonLines.interval(json, at, pipe.interval());
            json.writeStringField("pipe", pipe.pipe().owner().name());
            json.writeNumberField("open", meter.open());
            json.writeNumberField("opened_total", meter.opened());
            json.writeNumberField("refused_total", meter.refused());
            json.writeNumberField("accept_errors_total", meter.acceptErrors());
            json.writeObjectFieldStart("ended_total");
            for (Map.Entry<ConnectionEnd, Long> end : meter.ends().entrySet()) {
                json.writeNumberField(end.getKey().label(), end.getValue());
            }
            json.writeEndObject();
            json.writeNumberField("tx_payload_bytes_total", meter.forwarded(Direction.TX));
            json.writeNumberField("rx_payload_bytes_total", meter.forwarded(Direction.RX));
            json.writeNumberField("client_read_bytes_total", meter.read(Direction.TX));
            json.writeNumberField("upstream_read_bytes_total", meter.read(Direction.RX));
            times(json, "connection_ms", meter.connectionTime());
            times(json, "first_byte_ms", meter.firstByteTime());
        });
    }

    private static void times(JsonGenerator json, String name, Timer timer)
            throws IOException {
        if (timer.getCount() == 0) {
            json.writeNullField(name);
            return;
        }
        Snapshot recent = timer.getSnapshot();
        json.writeObjectFieldStart(name);
        json.writeNumberField("p50", Math.round(recent.getMedian() / NANOS_PER_MILLI));
        json.writeNumberField("p99", Math.round(recent.get99thPercentile() / NANOS_PER_MILLI));
        json.writeEndObject();
    }
}
