package bwmon.monitor.console;

import java.io.PrintStream;
import java.util.Comparator;
import java.util.List;

import bwmon.cli.Order;
import bwmon.cli.View;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/**
 * bwmon 1.x's lines, one block an interval, an empty line between blocks, nothing cleared: for pipes and files. Bytes are IP
 * bytes, as those of bwmon 1.x were. With units the balance stands below the rows, on lines that have {@code ==} where rows
 * have {@code --}.
 */
public final class PlainView implements View<Picture> {
    private final PrintStream out;
    private final Layout layout;
    private final Labels labels;
    private boolean first = true;

    /** A view of that layout. */
    public PlainView(PrintStream out, Layout layout, Names names) {
        this.out = out;
        this.layout = layout;
        this.labels = new Labels(names);
    }

    @Override
    public boolean show(Picture picture) {
        Figures figures = Figures.of(picture, layout);
        Listing listing = Listing.of(picture, layout.by(), layout.amount(),
                layout.order() == null ? Order.TOTAL : layout.order(), layout.top())
                .withoutPayloadAlone(layout.amount());
        if (picture.isBefore() && listing.rows().isEmpty()) {
            return true;
        }
        var block = new StringBuilder(first ? "" : "\n");
        first = false;
        for (Row row : layout.order() == null && layout.top().isEmpty() ? ascending(listing.rows()) : listing.rows()) {
            line(block, figures, layout.amount().of(row), "--", labels.of(row.subject()));
        }
        if (listing.others() > 0) {
            line(block, figures, listing.sumOfOthers(), "--", listing.others() + " others");
        }
        if (listing.rows().isEmpty()) {
            block.append(nothing(picture, layout.amount())).append('\n');
        }
        if (layout.units() != null && !picture.isBefore()) {
            BalanceLines.of(picture, figures).forEach(line -> block.append(line).append('\n'));
        }
        out.print(block);
        return !out.checkError();
    }

    /** What to say where no row is. */
    static String nothing(Picture picture, Listing.Amount amount) {
        return "no traffic " + (amount == Listing.Amount.LAST ? "in this interval" : "so far")
                + (picture.failure() == null ? "" : " that could be seen");
    }

    static void line(StringBuilder block, Figures figures, ByteCounts counts, String mark, String label) {
        block.append(figures.both(counts)).append(' ').append(mark).append(' ').append(label).append('\n');
    }

    private List<Row> ascending(List<Row> rows) {
        Comparator<Row> order = Comparator.comparingLong((Row row) -> bytes(row, Direction.RX))
                .thenComparingLong(row -> bytes(row, Direction.TX)).thenComparing(row -> row.subject().label());
        return rows.stream().sorted(order).toList();
    }

    private long bytes(Row row, Direction direction) {
        return layout.amount().of(row).bytes(direction).orElse(0);
    }
}
