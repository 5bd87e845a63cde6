package bwmon.aggregator.console;

import java.io.PrintStream;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Picture;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Terminal;
import bwmon.cli.View;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;

/**
 * The last interval, in place. Escape sequences are ECMA-48's: cursor home, erase to the end of the screen, bold.
 */
public final class TerminalView implements View<Picture> {
    private static final String CLEAR = "\033[H\033[2J";
    private static final String HOME = "\033[H";
    private static final String END_OF_SCREEN = "\033[J";
    private static final String BOLD = "\033[1m";
    private static final String NORMAL = "\033[0m";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private static final int MAX_NOTES = 3;

    private final PrintStream out;
    private final Layer layer;
    private final ZoneId zone;
    private final Terminal terminal;
    private final ArrayDeque<String> notes = new ArrayDeque<>();
    private boolean first = true;

    /**
     * A view of one layer's bytes.
     *
     * @param zone of the time in the header
     */
    public TerminalView(PrintStream out, Layer layer, ZoneId zone, Terminal terminal) {
        this.out = out;
        this.layer = layer;
        this.zone = zone;
        this.terminal = terminal;
    }

    /** Keeps the last few below the figures: on a screen that is drawn anew each second, standard error would be wiped away. */
    @Override
    public boolean note(String message) {
        if (!terminal.showsStandardError()) {
            return false;
        }
        notes.addLast(message);
        if (notes.size() > MAX_NOTES) {
            notes.removeFirst();
        }
        return true;
    }

    @Override
    public boolean show(Picture picture) {
        Snapshot snapshot = picture.snapshot();
        List<String> head = head(snapshot);
        List<String> foot = foot(snapshot);
        // A row and the line below it have to fit, too; the balance comes first and stays longest.
        foot = foot.subList(0, Math.clamp(terminal.rows() - head.size() - 2L, 1, foot.size()));
        // The cursor ends on a line of its own below: on the last one, the line feed would scroll the first away.
        List<String> rows = fold(Rows.of(snapshot, layer), terminal.rows() - head.size() - foot.size() - 1);
        if (rows.isEmpty()) {
            rows = List.of(Rows.nothing(snapshot));
        }
        var frame = new StringBuilder(first ? CLEAR : HOME);
        first = false;
        frame.append(terminal.hasColour() ? BOLD : "");
        head.forEach(line -> frame.append(terminal.line(line)));
        frame.append(terminal.hasColour() ? NORMAL : "");
        rows.forEach(line -> frame.append(terminal.line(line)));
        foot.forEach(line -> frame.append(terminal.line(line)));
        out.print(frame.append(END_OF_SCREEN));
        return !out.checkError();
    }

    private List<String> head(Snapshot snapshot) {
        return List.of(
                String.format(Locale.ROOT, "bwmon  %s  %s bytes in the last %.1f s",
                        TIME.format(snapshot.at().atZone(zone)),
                        layer.label(), snapshot.interval().toMillis() / 1e3),
                String.format(Locale.ROOT, "%14s / %14s -- %s", "received", "transmitted", "application"));
    }

    /** At least one line is shown, however small the window is. */
    private List<String> fold(List<Rows.Row> rows, int room) {
        int shown = rows.size() <= Math.max(room, 1) ? rows.size() : Math.max(room - 1, 0);
        var lines = new ArrayList<String>();
        rows.subList(0, shown).forEach(row -> lines.add(row.line(layer)));
        if (shown < rows.size()) {
            List<Rows.Row> folded = rows.subList(shown, rows.size());
            ByteCounts sum = folded.stream().map(Rows.Row::counts).reduce(ByteCounts.ZERO, ByteCounts::plus);
            lines.add(new Rows.Row(folded.size() + " others", sum).line(layer));
        }
        return lines;
    }

    private List<String> foot(Snapshot snapshot) {
        var lines = new ArrayList<String>();
        Balance balance = snapshot.balance();
        lines.add(Rows.amounts(layer, balance.named()) + " == all with a name");
        for (Map.Entry<Owner.Cause, ByteCounts> cause : balance.unattributed().entrySet()) {
            lines.add(Rows.amounts(layer, cause.getValue()) + " == unattributed: " + cause.getKey().label());
        }
        lines.addAll(notes);
        if (!snapshot.leftOut().excluded().isNothing()) {
            lines.add(Rows.amounts(layer, snapshot.leftOut().excluded())
                    + " == left out by include, exclude or ignore-local");
        }
        if (balance.lostEvents() > 0) {
            lines.add(balance.lostEvents() + " events lost");
        }
        for (Snapshot.SourceFailure failure : snapshot.failures()) {
            lines.add(failure.source() + " could not tell: " + failure.message());
        }
        lines.addAll(snapshot.notices());
        return lines;
    }
}
