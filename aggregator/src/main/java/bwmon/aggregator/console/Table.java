package bwmon.aggregator.console;

import java.util.ArrayList;
import java.util.List;

import bwmon.cli.Columns;
import bwmon.cli.Grid;
import bwmon.cli.Paint;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;

/** The rows between header and foot: applications, and within them their owners. */
final class Table {
    /** A window as wide has a chart of the last minute, of the last two, of all that is kept. */
    private static final int CHART_FROM = 60;
    private static final int LONGER_CHART_FROM = 100;
    private static final int LONGEST_CHART_FROM = 180;
    /** In a window as wide, rows of applications are marked as open or closed. */
    private static final int MARKS_FROM = 40;

    private final Grid grid;
    private final Paint paint;
    private final boolean hasBlocks;
    private final Look look;
    private final int columns;

    Table(Grid grid, Paint paint, boolean hasBlocks, Look look, int columns) {
        this.grid = grid;
        this.paint = paint;
        this.hasBlocks = hasBlocks;
        this.look = look;
        this.columns = columns;
    }

    static int chartWidth(int columns) {
        return columns < CHART_FROM ? 0 : columns < LONGER_CHART_FROM ? 12 : columns < LONGEST_CHART_FROM ? 24 : 60;
    }

    static String chartTitle(int width) {
        long minutes = RecentBytes.SLOT.multipliedBy(width).toMinutes();
        return minutes == 1 ? "LAST MINUTE" : "LAST " + minutes + " MINUTES";
    }

    /**
     * As many rows as there is room for, with their titles; the others summed up in the last line.
     *
     * @param room lines, 0 or more
     * @param empty what to say where there are no rows
     */
    LiveFrame.Frame lines(LiveFrame.Rows rows, int room, String empty) {
        var lines = new ArrayList<String>();
        // A row is worth more than the titles, which need two lines below them where the rows are more than one.
        if (room > 2 || room > rows.lines().size()) {
            lines.add(paint.reverse(Columns.pad(grid.titles(columns < MARKS_FROM ? " APPLICATION" : "   APPLICATION"),
                    columns)));
        }
        int free = room - lines.size();
        List<Listing.Line> all = rows.lines();
        if (all.isEmpty() && free > 0) {
            lines.add(Columns.fit(empty, columns));
        }
        int shown = all.size() <= free ? all.size() : Math.clamp(free - 1L, 0, all.size());
        int scroll = rows.scroll();
        if (rows.selected() >= 0) {
            scroll = Math.clamp(scroll, Math.max(0, rows.selected() - Math.max(1, shown) + 1), rows.selected());
        }
        int first = Math.clamp(scroll, 0, all.size() - shown);
        for (int i = first; i < first + shown; i++) {
            String line = line(all.get(i), i == rows.selected());
            lines.add(i == rows.selected() ? paint.bold(line) : line);
        }
        if (shown < all.size() && free > 0) {
            lines.add(others(all, first, first + shown));
        }
        return new LiveFrame.Frame(lines, first, shown);
    }

    private String line(Listing.Line line, boolean isSelected) {
        Board.Member member = line.member();
        String name = isSelected ? ">" : " ";
        if (columns >= MARKS_FROM) {
            name += member != null ? "    " : look.opens(line.group().application()) ? "- " : "+ ";
        } else if (member != null) {
            name += "  ";
        }
        name += member == null ? line.group().application().name() : text(member.owner());
        return grid.line("", "", line.moved().counts(look.isTotal()),
                line.moved().recent().text(chartWidth(columns), hasBlocks), name);
    }

    private static String text(Owner owner) {
        return switch (owner) {
            case Owner.Process process -> {
                String user = process.user();
                yield process.id().pid() + " " + (user == null ? "?" : user) + " " + process.command();
            }
            case Owner.Unattributed nobody -> "unattributed: " + nobody.name();
            case Owner.Pipe pipe when !pipe.name().equals(pipe.command()) -> pipe.name() + " " + pipe.command();
            default -> owner.name();
        };
    }

    /** Only applications are summed up: what their owners moved is in them. */
    private String others(List<Listing.Line> all, int first, int end) {
        ByteCounts sum = ByteCounts.ZERO;
        int applications = 0;
        for (int i = 0; i < all.size(); i++) {
            if ((i < first || i >= end) && all.get(i).member() == null) {
                sum = sum.plus(all.get(i).moved().counts(look.isTotal()));
                applications++;
            }
        }
        String above = first == 0 ? "" : ", " + first + " above";
        int hidden = all.size() - (end - first);
        return applications == 0
                ? grid.remark(hidden + (hidden == 1 ? " more row" : " more rows") + above)
                : grid.line("", "", sum, applications + (applications == 1 ? " other" : " others") + above);
    }
}
