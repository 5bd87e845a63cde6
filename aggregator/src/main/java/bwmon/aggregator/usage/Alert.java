package bwmon.aggregator.usage;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

import com.fasterxml.jackson.core.JsonGenerator;

/**
 * What is told of a notification: how it stands, and the figures that made it so.
 *
 * @param label what the configuration calls the notification
 * @param subject what is too much, or silent: the name of an application or process, or {@code everything}
 * @param measure what is compared
 * @param amount of which direction
 * @param layer of which bytes
 * @param state how it stands
 * @param value the figure: bytes a second, bytes in the period, or whole seconds without traffic
 * @param limit what it is compared with, in the same unit
 * @param over the time it is about: the window of the average, the period's time so far, the time without traffic
 * @param since when it began to fire, wall clock time
 * @param at when this was so, wall clock time
 */
public record Alert(String label, String subject, Measure measure, Amount amount, Layer layer, State state, long value,
        long limit, Duration over, Instant since, Instant at) {

    /** What is compared. */
    public enum Measure {
        /** An average rate, bytes a second. */
        RATE,
        /** A volume in a period, bytes. */
        VOLUME,
        /** How long there was no traffic, seconds. */
        SILENCE;

        /** The word in JSON. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How it stands. */
    public enum State {
        /** Too much, or too long silent. */
        FIRING,
        /** It was, and is well again. */
        RESOLVED,
        /** Neither: somebody tries the way it is told. */
        TEST;

        /** The word in JSON, in the environment of commands and as {@code {state}}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The fields of the JSON object that commands, webhooks and {@code --json} get. */
    public void write(JsonGenerator json) throws IOException {
        json.writeStringField("ts", at.truncatedTo(ChronoUnit.MILLIS).toString());
        json.writeStringField("label", label);
        json.writeStringField("application", subject);
        json.writeStringField("measure", measure.label());
        json.writeStringField("direction", amount.label());
        json.writeStringField("layer", layer.label().toLowerCase(Locale.ROOT));
        json.writeStringField("state", state.label());
        json.writeNumberField("value", value);
        json.writeNumberField("threshold", limit);
        json.writeNumberField("over_s", over.toMillis() / 1e3);
        json.writeStringField("since", since.truncatedTo(ChronoUnit.MILLIS).toString());
    }
}
