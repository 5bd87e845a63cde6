package bwmon.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import org.jspecify.annotations.Nullable;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The machine-readable output: one JSON object a line, integers, UTC times, null for what is not known. Every line has
 * {@code type} and {@code schema}; fields are only ever added to a schema.
 */
public final class JsonLines {
    /** The version of every line's fields. */
    public static final int SCHEMA = 1;

    private static final JsonFactory FACTORY = JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
            .build();

    private final PrintStream out;

    /** What writes the fields of one line. */
    @FunctionalInterface
    public interface Fields {
        /** Writes names and values into an object that is open. */
        void write(JsonGenerator json) throws IOException;
    }

    /** Lines on that stream. */
    public JsonLines(PrintStream out) {
        this.out = out;
    }

    /**
     * One line of any type.
     *
     * @return false if the reader has gone, so that nothing more is to be written
     */
    public boolean line(String type, Fields fields) {
        out.writeBytes(render(type, fields));
        return !out.checkError();
    }

    /** One line of any type as UTF-8, line feed included; half a character becomes a question mark. */
    public static byte[] render(String type, Fields fields) {
        // By way of a text: straight to bytes, Jackson writes half a surrogate pair as it is, which is no UTF-8.
        var text = new StringWriter(512);
        try {
            write(text, type, fields);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory cannot fail", e);
        }
        return text.toString().getBytes(UTF_8);
    }

    /**
     * Writes one line of any type, line feed included.
     *
     * @param out neither flushed nor closed
     * @throws IOException if it takes no more
     */
    public static void write(Writer out, String type, Fields fields) throws IOException {
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("type", type);
            json.writeNumberField("schema", SCHEMA);
            fields.write(json);
            json.writeEndObject();
            json.writeRaw('\n');
        }
    }

    /**
     * What one owner moved in one interval.
     *
     * @param application the application it belongs to; null where nothing groups
     * @return as {@link #line}
     */
    public boolean usage(Instant at, Duration interval, String source, Owner owner, @Nullable String application,
            ByteCounts counts) {
        return usage(at, interval, source, owner, application, counts, _ -> {});
    }

    /**
     * What one owner moved in one interval, with fields of one's own at the end.
     *
     * @param application the application it belongs to; null where nothing groups
     * @return as {@link #line}
     */
    public boolean usage(Instant at, Duration interval, String source, Owner owner, @Nullable String application,
            ByteCounts counts, Fields more) {
        return line("usage", json -> {
            interval(json, at, interval);
            json.writeStringField("source", source);
            owner(json, owner);
            json.writeStringField("application", application);
            counts(json, counts);
            more.write(json);
        });
    }

    /**
     * The balance of one interval.
     *
     * @return as {@link #line}
     */
    public boolean balance(Instant at, Duration interval, Balance balance) {
        return balance(at, interval, balance, _ -> {});
    }

    /**
     * The balance of one interval, with what was left out of it and the difference to the interfaces.
     *
     * @param leftOut writes more of what was left out, after its sum
     * @return as {@link #line}
     */
    public boolean balance(Instant at, Duration interval, Account account, Fields leftOut) {
        return balance(at, interval, account.balance(), json -> {
            json.writeObjectFieldStart("left_out");
            counts(json, account.leftOut());
            leftOut.write(json);
            json.writeEndObject();
            json.writeObjectFieldStart("difference");
            number(json, "rx_bytes", account.difference(Direction.RX));
            number(json, "tx_bytes", account.difference(Direction.TX));
            json.writeEndObject();
        });
    }

    private boolean balance(Instant at, Duration interval, Balance balance, Fields more) {
        return line("balance", json -> {
            interval(json, at, interval);
            json.writeObjectFieldStart("interfaces");
            for (Map.Entry<String, ByteCounts> entry : balance.interfaces().entrySet()) {
                json.writeObjectFieldStart(entry.getKey());
                counts(json, entry.getValue());
                json.writeEndObject();
            }
            json.writeEndObject();
            json.writeObjectFieldStart("named");
            counts(json, balance.named());
            json.writeEndObject();
            json.writeObjectFieldStart("unattributed");
            for (Map.Entry<Owner.Cause, ByteCounts> entry : balance.unattributed().entrySet()) {
                json.writeObjectFieldStart(entry.getKey().label());
                counts(json, entry.getValue());
                json.writeEndObject();
            }
            json.writeEndObject();
            json.writeObjectFieldStart("segmentation");
            counts(json, balance.segmentation());
            json.writeEndObject();
            if (!balance.elsewhere().isNothing()) {
                json.writeObjectFieldStart("other_namespaces");
                counts(json, balance.elsewhere());
                json.writeEndObject();
            }
            json.writeNumberField("lost_events", balance.lostEvents());
            more.write(json);
        });
    }

    /** The fields {@code ts} (the interval's end) and {@code interval_s} (its length to the microsecond). */
    public static void interval(JsonGenerator json, Instant at, Duration interval) throws IOException {
        json.writeStringField("ts", at.truncatedTo(ChronoUnit.MILLIS).toString());
        long micros = TimeUnit.NANOSECONDS.toMicros(interval.toNanos());
        json.writeNumberField("interval_s", micros / 1e6);
    }

    /** The fields {@code owner} and, depending on it, pid, name, command, user, cgroup, container and executable, or reason. */
    public static void owner(JsonGenerator json, Owner owner) throws IOException {
        json.writeStringField("owner", owner.kind());
        if (owner instanceof Owner.Process(var id, var name, var command, var user, var cgroup, var container, var executable)) {
            json.writeNumberField("pid", id.pid());
            json.writeStringField("name", name);
            json.writeStringField("command", command);
            json.writeStringField("user", user);
            json.writeStringField("cgroup", cgroup);
            json.writeStringField("container", container);
            json.writeStringField("executable", executable);
        } else if (owner instanceof Owner.Unattributed(var reason)) {
            json.writeStringField("reason", reason.label());
        } else {
            json.writeStringField("name", owner.name());
            json.writeStringField("command", owner.command());
        }
    }

    /** The six fields of counts; null for what is not known. */
    public static void counts(JsonGenerator json, ByteCounts counts) throws IOException {
        number(json, "rx_bytes", counts.bytes(Direction.RX));
        number(json, "tx_bytes", counts.bytes(Direction.TX));
        number(json, "rx_packets", counts.packets(Direction.RX));
        number(json, "tx_packets", counts.packets(Direction.TX));
        number(json, "rx_payload_bytes", counts.payload(Direction.RX));
        number(json, "tx_payload_bytes", counts.payload(Direction.TX));
    }

    /** One field that may not be known, and then is null. */
    public static void number(JsonGenerator json, String name, OptionalLong value) throws IOException {
        if (value.isPresent()) {
            json.writeNumberField(name, value.getAsLong());
        } else {
            json.writeNullField(name);
        }
    }
}
