package bwmon.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Columns that text takes on a terminal: as wcwidth(3), erring to the wide side, so that a line never is longer than it
 * was taken for. Text comes from others: what could steer the terminal, or hide or reorder what stands beside it, is shown
 * as {@code ?}.
 */
public final class Columns {
    private static final String CUT = "…";
    /** So many marks may stand on one character; what more there are is left out. A line must not take 100 kB. */
    private static final int MAX_MARKS = 4;
    /** Asks for the picture of the character before it, which some terminals draw two columns wide. */
    private static final int EMOJI_STYLE = 0xfe0f;

    /**
     * First and last of the ranges that take two columns, ascending: Unicode's EastAsianWidth.txt, classes W and F, with
     * symbols that may be drawn as emoji.
     */
    private static final int[] WIDE = {0x1100, 0x115f, 0x231a, 0x231b, 0x2329, 0x232a, 0x23e9, 0x23f3, 0x25fd, 0x25fe,
            0x2600, 0x27bf, 0x2b1b, 0x2b55, 0x2e80, 0xa4cf, 0xa960, 0xa97f, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe10,
            0xfe1f, 0xfe30, 0xfe6f, 0xff00, 0xff60, 0xffe0, 0xffe6, 0x16fe0, 0x18dff, 0x1aff0, 0x1b2ff, 0x1d300,
            0x1d37f, 0x1f000, 0x1faff, 0x20000, 0x3fffd};

    private Columns() {}

    /**
     * The text made harmless and cut to so many columns; what was cut ends in an ellipsis. Of a long text no more is looked
     * at than is shown.
     *
     * @param columns 1 or more
     */
    public static String fit(String text, int columns) {
        var fitted = new StringBuilder(Math.min(text.length(), 2 * columns));
        int width = 0;
        int marks = 0;
        // Where the ellipsis goes if the rest does not fit.
        int cut = 0;
        for (int i = 0; i < text.length();) {
            int codePoint = harmless(text.codePointAt(i));
            i += Character.charCount(text.codePointAt(i));
            int more = width(codePoint);
            marks = more == 0 ? marks + 1 : 0;
            if (marks > MAX_MARKS || (more == 0 && fitted.isEmpty())) {
                continue;
            }
            width += more;
            if (width > columns) {
                fitted.setLength(cut);
                return fitted.append(CUT).toString();
            }
            fitted.appendCodePoint(codePoint);
            if (width < columns) {
                cut = fitted.length();
            }
        }
        return fitted.toString();
    }

    /** As {@link #fit}, filled with spaces on the right up to that width. */
    public static String pad(String text, int columns) {
        String fitted = fit(text, columns);
        return fitted + " ".repeat(Math.max(0, columns - of(fitted)));
    }

    /**
     * The text as lines of at most so many columns, broken between words as far as they are short enough.
     *
     * @param columns 1 or more
     * @param maxLines 1 or more; what does not fit them is cut
     */
    public static List<String> wrap(String text, int columns, int maxLines) {
        var lines = new ArrayList<String>();
        String rest = fit(text, maxLines * columns);
        while (of(rest) > columns && lines.size() < maxLines - 1) {
            int blank = rest.lastIndexOf(' ', columns);
            if (blank <= 0 || of(rest.substring(0, blank)) > columns) {
                break;
            }
            // A mark may have stood on the blank.
            lines.add(fit(rest.substring(0, blank), columns));
            rest = rest.substring(blank + 1);
        }
        lines.add(fit(rest, columns));
        return lines;
    }

    /** One text at the left and one at the right of so many columns; the left one alone where there is no room for both. */
    public static String apart(String left, String right, int columns) {
        int gap = columns - of(left) - of(right);
        return gap > 0 ? left + " ".repeat(gap) + right : left;
    }

    /** How many columns a text takes that was made harmless. */
    public static int of(String text) {
        return text.codePoints().map(Columns::width).sum();
    }

    /** The text with everything that could steer the terminal shown as {@code ?}. */
    static String harmless(String text) {
        return text.codePoints().map(Columns::harmless)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    private static int harmless(int codePoint) {
        return switch (Character.getType(codePoint)) {
            // FORMAT has the marks, overrides and isolates of the bidirectional algorithm (UAX 9), and joiners.
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                '?';
            default -> codePoint;
        };
    }

    static int width(int codePoint) {
        if (codePoint < 0x300) {
            return 1;
        }
        int type = Character.getType(codePoint);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
            return codePoint == EMOJI_STYLE ? 1 : 0;
        }
        for (int i = 0; i < WIDE.length && codePoint >= WIDE[i]; i += 2) {
            if (codePoint <= WIDE[i + 1]) {
                return 2;
            }
        }
        return 1;
    }
}
