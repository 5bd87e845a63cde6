package bwmon.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

import bwmon.ffi.Libc;
import bwmon.ffi.Libc.WindowSize;
import org.jspecify.annotations.Nullable;

/**
 * Standard output as a person sees it: whether it is a terminal, how wide, and whether colours are wanted
 * (no-color.org).
 */
public final class Terminal {
    private static final int STANDARD_OUTPUT = 1;
    private static final int DEFAULT_COLUMNS = 80;
    private static final int MIN_COLUMNS = 20;
    /** As terminals have had since the VT100. */
    private static final int DEFAULT_ROWS = 24;

    private final boolean interactive;
    private final boolean colour;
    private final Supplier<WindowSize> size;

    private Terminal(boolean interactive, boolean colour, Supplier<WindowSize> size) {
        this.interactive = interactive;
        this.colour = colour;
        this.size = size;
    }

    /** This process's standard output; its size is asked for each time, so that a window may change. */
    public static Terminal ofStandardOutput() {
        Map<String, String> environment = System.getenv();
        boolean terminal = isTerminal(Path.of("/proc/self/fd/1")) && !"dumb".equals(environment.get("TERM"));
        var otherwise = new WindowSize(size(environment.get("COLUMNS"), DEFAULT_COLUMNS),
                size(environment.get("LINES"), DEFAULT_ROWS));
        return new Terminal(terminal, terminal && environment.getOrDefault("NO_COLOR", "").isEmpty(),
                () -> known(Libc.windowSize(STANDARD_OUTPUT).orElse(otherwise), otherwise));
    }

    private static WindowSize known(WindowSize size, WindowSize otherwise) {
        return new WindowSize(size.columns() == 0 ? otherwise.columns() : size.columns(),
                size.rows() == 0 ? otherwise.rows() : size.rows());
    }

    /** COLUMNS or LINES (environ(7)), which not every shell exports. */
    private static int size(@Nullable String text, int otherwise) {
        return text != null && text.matches("[1-9][0-9]{0,3}") ? Integer.parseInt(text) : otherwise;
    }

    /** Something that is no terminal, or is taken for none ({@code --plain}). */
    public static Terminal none() {
        return new Terminal(false, false, () -> new WindowSize(DEFAULT_COLUMNS, DEFAULT_ROWS));
    }

    /** A terminal of that width, for tests. */
    public static Terminal ofColumns(int columns) {
        return ofWindow(columns, DEFAULT_ROWS);
    }

    /** A terminal of that size, for tests. */
    public static Terminal ofWindow(int columns, int rows) {
        return new Terminal(true, false, () -> new WindowSize(columns, rows));
    }

    /** Whether what is printed to standard error would land on the screen that is drawn on. */
    public boolean showsStandardError() {
        return interactive && isTerminal(Path.of("/proc/self/fd/2"));
    }

    static boolean isTerminal(String path) {
        return path.startsWith("/dev/pts/") || path.startsWith("/dev/tty") || path.equals("/dev/console");
    }

    private static boolean isTerminal(Path descriptor) {
        try {
            return isTerminal(Files.readSymbolicLink(descriptor).toString());
        } catch (IOException e) {
            // Closed, or /proc is not there: nothing to draw on.
            return false;
        }
    }

    /** Whether a person looks at it, so that lines are cut, redrawn and coloured. */
    public boolean isInteractive() {
        return interactive;
    }

    /** Whether colours are wanted. */
    public boolean hasColour() {
        return colour;
    }

    /** Whether text is UTF-8 there, as far as the environment tells. */
    public static boolean isUtf8() {
        return isUtf8(System.getenv());
    }

    /** The first one that is set is the one that counts: setlocale(3). */
    static boolean isUtf8(Map<String, String> environment) {
        for (String name : List.of("LC_ALL", "LC_CTYPE", "LANG")) {
            String locale = environment.getOrDefault(name, "");
            if (!locale.isEmpty()) {
                return locale.toLowerCase(Locale.ROOT).matches(".*\\.utf-?8(@.*)?");
            }
        }
        return false;
    }

    /** The width in columns, 20 or more, as it is now. */
    public int columns() {
        return Math.max(MIN_COLUMNS, size.get().columns());
    }

    /** The height in lines, 1 or more, as it is now. */
    public int rows() {
        return size.get().rows();
    }

    /**
     * The text as one line that fits the window, with what stood there before wiped away; a line feed at its end. Wiped
     * first: after a character in the last column the cursor still stands on it, and it would be wiped, too.
     */
    public String line(String text) {
        return "\033[K" + Columns.fit(text, columns()) + "\n";
    }

    /** Moves the cursor up, to the beginning of a line (ECMA-48, CPL). */
    public static String up(int lines) {
        return "\033[" + lines + "F";
    }

    /** The text with what is no character of its own shown as {@code ?}: names come from others, and must not steer the terminal. */
    public static String printable(String text) {
        return Columns.harmless(text);
    }
}
