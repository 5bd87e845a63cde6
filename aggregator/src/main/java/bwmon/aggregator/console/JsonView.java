package bwmon.aggregator.console;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.JsonLines;
import bwmon.cli.View;

/** One line for each charge, one for each source that failed, then the balance. */
public final class JsonView implements View<Snapshot> {
    private final JsonLines lines;

    /** A view on those lines. */
    public JsonView(JsonLines lines) {
        this.lines = lines;
    }

    @Override
    public boolean show(Snapshot snapshot) {
        for (Charge charge : snapshot.charges()) {
            Application application = snapshot.application(charge.owner());
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
        return lines.balance(snapshot.at(), snapshot.interval(), snapshot.balance());
    }
}
