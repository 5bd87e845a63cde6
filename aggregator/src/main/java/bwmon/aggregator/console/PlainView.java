package bwmon.aggregator.console;

import java.io.PrintStream;

import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Terminal;
import bwmon.cli.View;
import bwmon.traffic.ByteCounts;

/**
 * bwmon 1.x's lines, one block an interval, an empty line between blocks, nothing cleared and nothing cut: for pipes and
 * files. What bwmon 1.x did not tell (no traffic, bytes without an owner, of other network namespaces, or left out, events lost, sources that failed)
 * is on lines that begin with {@code #}.
 */
public final class PlainView implements View<Picture> {
    private final PrintStream out;
    private final Layer layer;
    private boolean first = true;

    /** A view of one layer's bytes. */
    public PlainView(PrintStream out, Layer layer) {
        this.out = out;
        this.layer = layer;
    }

    @Override
    public boolean show(Picture picture) {
        Snapshot snapshot = picture.snapshot();
        var block = new StringBuilder();
        for (Rows.Row row : Rows.of(snapshot, layer)) {
            block.append(row.line(layer)).append('\n');
        }
        if (block.isEmpty()) {
            remark(block, Rows.nothing(snapshot));
        }
        remarks(block, snapshot);
        if (!first) {
            block.insert(0, '\n');
        }
        first = false;
        out.print(block);
        return !out.checkError();
    }

    private void remarks(StringBuilder block, Snapshot snapshot) {
        snapshot.balance().unattributed()
                .forEach((cause, counts) -> remark(block, counts, "unattributed: " + cause.label()));
        remark(block, snapshot.balance().elsewhere(), "of all these in other network namespaces");
        remark(block, snapshot.leftOut().excluded(), "left out by the filters");
        remark(block, snapshot.leftOut().duplicate(), "left out: other ends of own pipes");
        if (snapshot.balance().lostEvents() > 0) {
            remark(block, snapshot.balance().lostEvents() + " events lost");
        }
        for (Snapshot.SourceFailure failure : snapshot.failures()) {
            remark(block, Terminal.printable(failure.source() + " could not tell: " + failure.message()));
        }
    }

    private void remark(StringBuilder block, ByteCounts counts, String label) {
        if (!counts.isNothing()) {
            remark(block, Rows.amounts(layer, counts) + " == " + label);
        }
    }

    private static void remark(StringBuilder block, String text) {
        block.append("# ").append(text).append('\n');
    }
}
