package bwmon.cli;

import java.util.ArrayList;
import java.util.List;

/** The keys of a live view, in place of its picture. */
public final class HelpPage {
    /** What the header of each live view ends in. */
    public static final String HINT = "h: keys, q: quit";

    /** A window as wide has room for the longest names of keys. */
    private static final int WIDE_FROM = 60;

    private HelpPage() {}

    /**
     * The lines of the page.
     *
     * @param keys pairs: keys, and what they do
     * @param columns none is wider
     * @param rows so many at most
     */
    public static List<String> lines(String program, String[][] keys, Paint paint, int columns, int rows) {
        var lines = new ArrayList<String>();
        lines.add(paint.bold(Columns.fit(program + ": keys", columns)));
        int width = columns < WIDE_FROM ? 10 : 30;
        for (String[] key : keys) {
            lines.add(Columns.fit(Columns.pad(key[0], width) + " " + key[1], columns));
        }
        return lines.subList(0, Math.min(lines.size(), rows));
    }
}
