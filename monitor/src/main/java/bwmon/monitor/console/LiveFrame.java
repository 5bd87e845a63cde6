package bwmon.monitor.console;

import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Supplier;

import bwmon.cli.Account;
import bwmon.cli.Columns;
import bwmon.cli.Grid;
import bwmon.cli.HelpPage;
import bwmon.cli.LiveBalance;
import bwmon.cli.Paint;
import bwmon.cli.Scale;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * The lines of one frame of the live view: header, titles, rows, and at the bottom, always in sight, whether it adds up.
 * What does not fit is summed up, first the rows, in small windows the balance, too. Pure.
 */
public final class LiveFrame {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final int MAX_NOTE_LINES = 4;
    /** A window as high has a line for notes also where there are more rows than it has room for. */
    private static final int NOTE_FROM = 12;
    /** A window as high has a line of its own for what is shown. */
    private static final int SETTINGS_FROM = 8;

    private final ZoneId zone;
    private final Paint paint;
    private final String filter;
    private final OptionalInt top;
    private final Names names;

    /**
     * What stays the same from frame to frame.
     *
     * @param zone of the time in the header
     * @param filter what the options leave out, empty if nothing
     * @param top how many rows at most, empty for as many as fit
     */
    public LiveFrame(ZoneId zone, boolean hasColour, String filter, OptionalInt top, Names names) {
        this.zone = zone;
        this.paint = new Paint(hasColour);
        this.filter = filter;
        this.top = top;
        this.names = names;
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
     * Composes a frame.
     *
     * @param picture null before the first
     * @param notes messages, shown above the balance where there is room
     * @param columns of the window, 20 or more
     * @param rows of the window, 1 or more
     * @param scroll how many rows are wanted above the first one; bounded here
     */
    Frame compose(@Nullable Picture picture, Look look, List<String> notes, int columns, int rows, int scroll) {
        if (look.showsHelp()) {
            return new Frame(HelpPage.lines("runmonitor", Look.KEYS, paint, columns, rows), 0, rows);
        }
        var head = new ArrayList<String>();
        head.add(paint.bold(Columns.fit(status(picture, look, columns), columns)));
        if (rows >= SETTINGS_FROM) {
            head.add(Columns.fit(settings(picture, look), columns));
        }
        if (picture == null) {
            head.add("waiting for the first figures");
            notes.forEach(note -> head.add(Columns.fit(note, columns)));
            return new Frame(head.subList(0, Math.min(head.size(), rows)), 0, 0);
        }
        boolean payloadOnly = isPayloadOnly(picture);
        var scale = new Scale(look.units(), look.amount() == Listing.Amount.TOTAL ? null : picture.interval());
        boolean hasOwners = !look.showsConnections()
                && (look.grouping() == Grouping.PROCESS || look.grouping() == Grouping.CONNECTION);
        var grid = new Grid(columns, hasOwners, payloadOnly, scale);
        Body body = look.showsConnections()
                ? new ConnectionRows(picture, look, scale, names, columns).body()
                : groupRows(picture, look, grid);
        int left = rows - head.size();
        int spare = left - 1 - Math.max(1, body.rows().size());
        List<String> foot = foot(picture, look, grid, scale, Math.max((left + 1) / 2, Math.max(1, spare)), columns);
        // Room that nobody else wants; of a window that is not small at least a line.
        foot.addAll(0, first(notes(notes, columns), Math.max(spare - foot.size(), rows >= NOTE_FROM ? 1 : 0)));
        int room = Math.max(0, left - foot.size());
        Frame middle = middle(body, room, scroll, grid, columns);
        var lines = new ArrayList<>(head);
        lines.addAll(middle.lines());
        while (lines.size() < rows - foot.size()) {
            lines.add("");
        }
        lines.addAll(foot);
        return new Frame(lines.subList(0, Math.min(lines.size(), rows)), middle.scroll(), middle.page());
    }

    /**
     * What stands between header and balance.
     *
     * @param others how many rows more there are that are not to be shown, and what they moved
     * @param empty what to say where there are no rows
     */
    record Body(String titles, List<Line> rows, int others, ByteCounts sumOfOthers, String empty) {}

    /** A row: its text, made when it is in sight, and what it moved. */
    record Line(Supplier<String> text, ByteCounts counts) {}

    private Frame middle(Body body, int room, int scroll, Grid grid, int columns) {
        var lines = new ArrayList<String>();
        // A row is worth more than its title.
        if (room > 1) {
            lines.add(paint.reverse(Columns.pad(body.titles(), columns)));
        }
        int free = room - lines.size();
        List<Line> rows = body.rows();
        if (rows.isEmpty() && free > 0) {
            lines.add(Columns.fit(body.empty(), columns));
        }
        int shown = body.others() == 0 && rows.size() <= free ? rows.size() : Math.clamp(free - 1L, 0, rows.size());
        int first = Math.clamp(scroll, 0, rows.size() - shown);
        rows.subList(first, first + shown).forEach(row -> lines.add(row.text().get()));
        int others = rows.size() - shown + body.others();
        if (others > 0 && free > 0) {
            ByteCounts sum = body.sumOfOthers();
            for (int i = 0; i < rows.size(); i++) {
                sum = i < first || i >= first + shown ? sum.plus(rows.get(i).counts()) : sum;
            }
            lines.add(grid.line("", "", sum,
                    others + (others == 1 ? " other" : " others") + (first == 0 ? "" : ", " + first + " above")));
        }
        return new Frame(lines, first, shown);
    }

    private Body groupRows(Picture picture, Look look, Grid grid) {
        Listing listing = Listing.of(picture, look.grouping(), look.amount(), look.order(), top);
        if (!grid.hasPayload()) {
            listing = listing.withoutPayloadAlone(look.amount());
        }
        List<Row> rows = look.isReversed() ? listing.rows().reversed() : listing.rows();
        var lines = new ArrayList<Line>(rows.size());
        for (Row row : rows) {
            ByteCounts counts = look.amount().of(row);
            lines.add(new Line(() -> line(grid, row.subject(), counts, look), counts));
        }
        return new Body(grid.titles(look.grouping().label().toUpperCase(Locale.ROOT)), lines, listing.others(),
                listing.sumOfOthers(), look.amount() == Listing.Amount.TOTAL
                        ? "no traffic yet"
                        : picture.failure() == null
                                ? "no traffic in this interval"
                                : "no figures for this interval");
    }

    private String line(Grid grid, Subject subject, ByteCounts counts, Look look) {
        Names known = look.isNumeric() ? Names.NUMERIC : names;
        return switch (subject) {
            case Subject.Charged(Owner.Process process) -> grid.line(pid(process), user(process), counts,
                    process.command());
            case Subject.Connection(Owner.Process process, var flow) -> grid.line(pid(process), user(process), counts,
                    process.name() + "  " + ConnectionRows.text(flow, known));
            case Subject.Rest(Owner.Process process) -> grid.line(pid(process), user(process), counts,
                    process.name() + "  other flows");
            case Subject.Connection(Owner owner, var flow) -> grid.line("", "", counts,
                    new Subject.Charged(owner).label() + "  " + ConnectionRows.text(flow, known));
            case Subject.Remote(var address) -> grid.line("", "", counts,
                    known.of(address).orElseGet(subject::label));
            default -> grid.line("", "", counts, subject.label());
        };
    }

    static String pid(Owner.Process process) {
        return Integer.toString(process.id().pid());
    }

    private static String user(Owner.Process process) {
        String user = process.user();
        return user == null ? "?" : user;
    }

    private static boolean isPayloadOnly(Picture picture) {
        ByteCounts named = picture.since().balance().named();
        return named.bytes(Direction.RX).isEmpty() && named.payload(Direction.RX).isPresent();
    }

    private String status(@Nullable Picture picture, Look look, int columns) {
        String left = "runmonitor";
        if (picture != null) {
            left += " " + TIME.format(picture.at().atZone(zone)) + " " + picture.source();
        }
        left += look.isPaused() ? " PAUSED" : "";
        return Columns.apart(left, HelpPage.HINT, columns);
    }

    private String settings(@Nullable Picture picture, Look look) {
        String interval = picture == null || picture.interval().isZero() ? "" : " over " + seconds(picture.interval());
        String states = picture == null || !look.showsConnections() ? "" : ConnectionRows.states(picture);
        String text = (look.amount() == Listing.Amount.TOTAL ? "totals" : "rates" + interval)
                + (look.showsConnections() ? ", connections" : " by " + look.grouping().label())
                + (states.isEmpty() ? "" : " (tcp: " + states + ")")
                + ", sorted by " + look.order().label() + (look.isReversed() ? " (reversed)" : "") + ", "
                + look.units().name().toLowerCase(Locale.ROOT) + " units";
        return filter.isEmpty() ? text : text + ", only " + filter;
    }

    private static String seconds(Duration interval) {
        return String.format(Locale.ROOT, "%.1f s", interval.toMillis() / 1e3);
    }

    /** A failure, then the balance; at most so many lines, of which the last tells most. */
    private List<String> foot(Picture picture, Look look, Grid grid, Scale scale, int max, int columns) {
        Account account = look.amount() == Listing.Amount.TOTAL ? picture.since() : picture.account();
        List<String> balance = new LiveBalance(account, grid, scale, paint).lines(max);
        var lines = new ArrayList<String>();
        if (picture.failure() != null) {
            first(Columns.wrap(picture.source() + " could not tell: " + picture.failure(), columns, MAX_NOTE_LINES),
                    max - balance.size())
                    .forEach(line -> lines.add(paint.red(line)));
        }
        lines.addAll(balance);
        return lines;
    }

    /** The latest first, as there may be room for it alone. */
    private static List<String> notes(List<String> notes, int columns) {
        var lines = new ArrayList<String>();
        notes.reversed().forEach(note -> lines.addAll(Columns.wrap(note, columns, MAX_NOTE_LINES)));
        return lines;
    }

    private static List<String> first(List<String> lines, int count) {
        return lines.subList(0, Math.clamp(count, 0, lines.size()));
    }
}
