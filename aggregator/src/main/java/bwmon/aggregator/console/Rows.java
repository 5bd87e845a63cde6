package bwmon.aggregator.console;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Terminal;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/** What both text views have in common: one row for each application that moved enough to be worth a line. */
final class Rows {
    /** An application is shown if it moved more than this in the interval, both directions together; as bwmon 1.x. */
    static final long WORTH_A_LINE_BYTES = 1024;

    private Rows() {}

    /**
     * One application.
     *
     * @param name made fit for a terminal
     */
    record Row(String name, ByteCounts counts) {

        /** The line of bwmon 1.x: received, transmitted, name; amounts in the interval, not in a second. */
        String line(Layer layer) {
            return amounts(layer, counts) + " -- " + name;
        }

        long total(Layer layer) {
            return layer.of(counts, Direction.RX).orElse(0) + layer.of(counts, Direction.TX).orElse(0);
        }
    }

    static String amounts(Layer layer, ByteCounts counts) {
        return amount(layer.of(counts, Direction.RX)) + " / " + amount(layer.of(counts, Direction.TX));
    }

    private static String amount(OptionalLong bytes) {
        return bytes.isPresent()
                ? String.format(Locale.ROOT, "%10.2f KiB", bytes.getAsLong() / 1024.0)
                : String.format(Locale.ROOT, "%10s KiB", "?");
    }

    /** What to say where no row is. */
    static String nothing(Snapshot snapshot) {
        return "no traffic in this interval" + (snapshot.failures().isEmpty() ? "" : " that could be seen");
    }

    /** Every application worth a line, the one that moved most first. */
    static List<Row> of(Snapshot snapshot, Layer layer) {
        var rows = new ArrayList<Row>();
        snapshot.byApplication(charge -> !charge.isNobodys()).forEach((application, counts) -> {
            var row = new Row(Terminal.printable(application.name()), counts);
            boolean unknown = layer.of(counts, Direction.RX).isEmpty() || layer.of(counts, Direction.TX).isEmpty();
            if (unknown || row.total(layer) > WORTH_A_LINE_BYTES) {
                rows.add(row);
            }
        });
        rows.sort(Comparator.<Row>comparingLong(row -> row.total(layer)).reversed().thenComparing(Row::name));
        return rows;
    }
}
