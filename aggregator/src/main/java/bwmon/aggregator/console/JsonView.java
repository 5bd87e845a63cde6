package bwmon.aggregator.console;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.JsonLines;
import bwmon.cli.View;

/** One line for each charge, one for each source that failed, one for each alert that changed, then the balance. */
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
                    application.isGroup() ? application.name() : null, charge.counts())) {
                return false;
            }
        }
        for (Snapshot.SourceFailure failure : snapshot.failures()) {
            if (!lines.line("failure", json -> {
                JsonLines.interval(json, snapshot.at(), snapshot.interval());
                json.writeStringField("source", failure.source());
                json.writeStringField("message", failure.message());
            })) {
                return false;
            }
        }
        for (Alert change : picture.changes()) {
            if (!lines.line("alert", change::write)) {
                return false;
            }
        }
        return lines.balance(snapshot.at(), snapshot.interval(), snapshot.balance());
    }
}
