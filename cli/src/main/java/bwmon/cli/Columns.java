package bwmon.cli;

/** Columns that text takes on a terminal: as wcwidth(3), roughly, erring to the wide side. */
final class Columns {
    private static final String CUT = "…";

    /** First and last of the ranges that take two columns: Unicode's EastAsianWidth.txt, classes W and F, and emoji; ascending. */
    private static final int[] WIDE = {0x1100, 0x115f, 0x2e80, 0xa4cf, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe30, 0xfe6f,
            0xff00, 0xff60, 0xffe0, 0xffe6, 0x1f300, 0x1faff, 0x20000, 0x3fffd};

    private Columns() {}

    /**
     * The text, cut to so many columns; what was cut ends in an ellipsis.
     *
     * @param columns 1 or more
     */
    static String cut(String text, int columns) {
        int width = 0;
        int fitsWithMark = 0;
        for (int i = 0; i < text.length();) {
            int codePoint = text.codePointAt(i);
            width += width(codePoint);
            i += Character.charCount(codePoint);
            if (width < columns) {
                fitsWithMark = i;
            }
            if (width > columns) {
                return text.substring(0, fitsWithMark) + CUT;
            }
        }
        return text;
    }

    private static int width(int codePoint) {
        int type = Character.getType(codePoint);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
            return 0;
        }
        for (int i = 0; i < WIDE.length && codePoint >= WIDE[i]; i += 2) {
            if (codePoint <= WIDE[i + 1]) {
                return 2;
            }
        }
        return 1;
    }
}
