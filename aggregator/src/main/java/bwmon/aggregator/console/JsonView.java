package bwmon.aggregator.console;

import java.util.Locale;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Account;
import bwmon.cli.JsonLines;
import bwmon.cli.View;

/**
 * JSON lines of each interval: {@code usage} for each charge, with the application and its {@code basis} (what made it one:
 * {@code rule}, {@code executable}, {@code unit}, {@code container}), {@code failure} for each source that could not tell,
 * {@code alert} for each that changed, then {@code balance}: interfaces = named + unattributed + left_out -
 * other_namespaces + difference, where other_namespaces is absent if it is 0, and left_out is the sum of excluded and duplicate.
 */
public final class JsonView implements View<Picture> {
    private final JsonLines lines;

    /** A view on those lines. */
    public JsonView(JsonLines lines) {
        this.lines = lines;
    }

    @Override
    public boolean show(Picture picture) {
        Snapshot snapshot = picture.snapshot();
        for (Charge charge : snapshot.charges()) {
            Application application = charge.application();
            if (!lines.usage(snapshot.at(), charge.interval(), charge.source(), charge.owner(),
                    application.isGroup() ? application.name() : null, charge.counts(),
                    json -> json.writeStringField("basis",
                            application.isGroup()
                                    ? application.basis().name().toLowerCase(Locale.ROOT)
                                    : null))) {
                return false;
            }
        }
        for (Snapshot.SourceFailure failure : snapshot.failures()) {
            if (!lines.line("failure", json -> {
                JsonLines.interval(json, snapshot.at(), snapshot.interval());
                json.writeStringField("source", failure.source());
                json.writeStringField("message", failure.message());
                json.writeNumberField("intervals", failure.since());
            })) {
                return false;
            }
        }
        for (Alert change : picture.changes()) {
            if (!lines.line("alert", change::write)) {
                return false;
            }
        }
        Snapshot.LeftOut leftOut = snapshot.leftOut();
        var account = new Account(snapshot.balance(), leftOut.excluded(), leftOut.duplicate());
        return lines.balance(snapshot.at(), snapshot.interval(), account, json -> {
            json.writeObjectFieldStart("excluded");
            JsonLines.counts(json, leftOut.excluded());
            json.writeEndObject();
            json.writeObjectFieldStart("duplicate");
            JsonLines.counts(json, leftOut.duplicate());
            json.writeEndObject();
        });
    }
}
