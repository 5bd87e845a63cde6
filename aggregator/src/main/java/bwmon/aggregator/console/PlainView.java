package bwmon.aggregator.console;

import java.io.PrintStream;

import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.View;

/** bwmon 1.x's lines, one block an interval, an empty line between blocks, nothing cleared and nothing cut: for
 * pipes and files. */
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
            block.append(Rows.nothing(snapshot)).append('\n');
        }
        if (!first) {
            block.insert(0, '\n');
        }
        first = false;
        out.print(block);
        return !out.checkError();
    }
}
