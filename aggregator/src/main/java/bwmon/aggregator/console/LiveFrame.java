package bwmon.aggregator.console;

import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

import bwmon.aggregator.usage.Alert;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot.SourceFailure;
import bwmon.cli.Account;
import bwmon.cli.Columns;
import bwmon.cli.Grid;
import bwmon.cli.HelpPage;
import bwmon.cli.LiveBalance;
import bwmon.cli.Paint;
import bwmon.cli.Scale;
import org.jspecify.annotations.Nullable;

/**
 * The lines of one frame of the live view: header, titles, applications, and at the bottom, always in sight, alerts in
 * force and whether it adds up. What does not fit is summed up, first the rows, in small windows the balance, too. Pure,
 * but for the names of the sources.
 */
public final class LiveFrame {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final int MAX_NOTE_LINES = 4;
    /** A window as high has a line for notes also where there are more rows than it has room for. */
    private static final int NOTE_FROM = 12;
    /** A window as high has a line of its own for what is shown. */
    private static final int SETTINGS_FROM = 8;
    /** A window as wide has the program's name in its header. */
    private static final int PROGRAM_FROM = 32;

    private final ZoneId zone;
    private final Paint paint;
    private final boolean hasBlocks;
    private final Layer layer;
    private final Supplier<String> sources;

    /**
     * What stays the same from frame to frame.
     *
     * @param zone of the time in the header
     * @param hasBlocks whether the terminal has Unicode's block elements
     * @param layer the bytes that are shown first, or alone
     * @param sources what figures come from, in a few words for the header
     */
    public LiveFrame(ZoneId zone, boolean hasColour, boolean hasBlocks, Layer layer, Supplier<String> sources) {
        this.zone = zone;
        this.paint = new Paint(hasColour);
        this.hasBlocks = hasBlocks;
        this.layer = layer;
        this.sources = sources;
    }

    /**
     * A frame.
     *
     * @param lines at most as many as the window has
     * @param scroll how many rows are above the first one shown
     * @param page how many rows are shown
     */
    record Frame(List<String> lines, int scroll, int page) {}

    /**
     * What of the rows is in sight.
     *
     * @param lines all rows
     * @param selected which one is selected, -1 for none
     * @param scroll how many are wanted above the first one shown; bounded by {@link #compose}, and so that the selected one
     *     is in sight
     */
    record Rows(List<Listing.Line> lines, int selected, int scroll) {}

    /**
     * Composes a frame.
     *
     * @param board null before the first
     * @param alerts in force, also while the board is an older one
     * @param notes messages, shown above the alerts where there is room
     * @param columns of the window, 20 or more
     * @param height of the window in lines, 1 or more
     */
    Frame compose(@Nullable Board board, List<Alert> alerts, Look look, Rows rows, List<String> notes, int columns,
            int height) {
        if (look.showsHelp()) {
            return new Frame(HelpPage.lines("runaggregator", Look.KEYS, paint, columns, height), rows.scroll(), height);
        }
        var lines = new ArrayList<String>();
        lines.add(paint.bold(Columns.fit(status(board, look, columns), columns)));
        if (height >= SETTINGS_FROM) {
            lines.add(Columns.fit(settings(board, look), columns));
        }
        if (board == null) {
            lines.add("waiting for the first figures");
            notes.forEach(note -> lines.add(Columns.fit(note, columns)));
            return new Frame(lines.subList(0, Math.min(lines.size(), height)), 0, 0);
        }
        var scale = new Scale(look.units(), look.isTotal() ? null : board.interval());
        int chart = Table.chartWidth(columns);
        boolean payloadOnly = layer == Layer.PAYLOAD;
        var grid = new Grid(columns, false, payloadOnly, scale);
        int left = height - lines.size();
        List<String> warnings = new AlertLines(grid, paint, look.units(), board.at()).lines(alerts,
                left < 2 ? left : left / 2);
        left -= warnings.size();
        int spare = left - 1 - Math.max(1, rows.lines().size());
        List<String> foot = foot(board, look, grid, scale, Math.max((left + 1) / 2, Math.max(1, spare)), columns);
        // Room that nobody else wants; of a window that is not small at least a line.
        foot.addAll(0, warnings);
        foot.addAll(0, first(notes(board, notes, columns),
                Math.max(spare - foot.size() + warnings.size(), height >= NOTE_FROM ? 1 : 0)));
        var charts = new Grid(columns, false, payloadOnly, scale, Table.chartTitle(chart), chart);
        var table = new Table(charts, paint, hasBlocks, look, columns);
        int room = Math.max(0, height - lines.size() - foot.size());
        Frame middle = table.lines(rows, room, empty(board, look));
        lines.addAll(middle.lines());
        while (lines.size() < height - foot.size()) {
            lines.add("");
        }
        lines.addAll(foot);
        return new Frame(lines.subList(0, Math.min(lines.size(), height)), middle.scroll(), middle.page());
    }

    private String status(@Nullable Board board, Look look, int columns) {
        var words = new ArrayList<String>();
        if (columns >= PROGRAM_FROM) {
            words.add("runaggregator");
        }
        if (board != null) {
            words.add(TIME.format(board.at().atZone(zone)));
        }
        if (look.isPaused()) {
            words.add("PAUSED");
        }
        words.add(sources.get());
        return Columns.apart(String.join(" ", words), HelpPage.HINT, columns);
    }

    private static String settings(@Nullable Board board, Look look) {
        String interval = board == null || board.interval().isZero() ? "" : " over " + seconds(board.interval());
        return (look.isTotal() ? "totals" : "rates" + interval) + " by application, sorted by " + look.order().label()
                + (look.isReversed() ? " (reversed)" : "") + ", " + look.units().name().toLowerCase(Locale.ROOT)
                + " units";
    }

    private static String seconds(Duration interval) {
        return String.format(Locale.ROOT, "%.1f s", interval.toMillis() / 1e3);
    }

    private static String empty(Board board, Look look) {
        return look.isTotal()
                ? "no traffic yet"
                : board.failures().isEmpty() ? "no traffic in the last minutes" : "no figures for this interval";
    }

    /** Failures, then the balance; at most so many lines, of which the last tells most. */
    private List<String> foot(Board board, Look look, Grid grid, Scale scale, int max, int columns) {
        Account account = look.isTotal() ? board.since() : board.account();
        int reserved = board.failures().isEmpty() || max < 2 ? 0 : 1;
        List<String> balance = new LiveBalance(account, grid, scale, paint).lines(max - reserved);
        var failures = new ArrayList<String>();
        for (SourceFailure failure : board.failures()) {
            failures.addAll(Columns.wrap(failure.source() + " could not tell: " + failure.message(), columns,
                    MAX_NOTE_LINES));
        }
        var lines = new ArrayList<String>();
        first(failures, max - balance.size()).forEach(line -> lines.add(paint.red(line)));
        lines.addAll(balance);
        return lines;
    }

    /** The latest message first, as there may be room for it alone; notices last, they are there all the time. */
    private static List<String> notes(Board board, List<String> notes, int columns) {
        var lines = new ArrayList<String>();
        // What is there for good has its place below, and needs no other.
        notes.reversed().stream().filter(note -> !board.notices().contains(note))
                .forEach(note -> lines.addAll(Columns.wrap(note, columns, MAX_NOTE_LINES)));
        board.notices().forEach(notice -> lines.addAll(Columns.wrap(notice, columns, MAX_NOTE_LINES)));
        return lines;
    }

    private static List<String> first(List<String> lines, int count) {
        return lines.subList(0, Math.clamp(count, 0, lines.size()));
    }
}
