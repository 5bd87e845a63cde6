package bwmon.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * Standard output as a person sees it: whether it is a terminal, how wide, and whether colours are wanted
 * (no-color.org).
 */
public final class Terminal {
    private static final int DEFAULT_COLUMNS = 80;
    private static final int MIN_COLUMNS = 20;

    private final boolean interactive;
    private final boolean colour;
    private final Supplier<OptionalInt> columns;

    private Terminal(boolean interactive, boolean colour, Supplier<OptionalInt> columns) {
        this.interactive = interactive;
        this.colour = colour;
        this.columns = columns;
    }

    /**
     * This process's standard output.
     *
     * @param columns asks the terminal for its width at each call; empty where it does not know
     */
    public static Terminal ofStandardOutput(Supplier<OptionalInt> columns) {
        Map<String, String> environment = System.getenv();
        boolean terminal = isTerminal(Path.of("/proc/self/fd/1")) && !"dumb".equals(environment.get("TERM"));
        return new Terminal(terminal, terminal && environment.getOrDefault("NO_COLOR", "").isEmpty(), columns);
    }

    /** Something that is no terminal, or is taken for none ({@code --plain}). */
    public static Terminal none() {
        return new Terminal(false, false, OptionalInt::empty);
    }

    /** A terminal of that width, for tests. */
    public static Terminal ofColumns(int columns) {
        return new Terminal(true, false, () -> OptionalInt.of(columns));
    }

    private static boolean isTerminal(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
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

    /** The width in columns, 20 or more, as it is now. */
    public int columns() {
        return Math.max(MIN_COLUMNS, columns.get().orElse(DEFAULT_COLUMNS));
    }

    /** The text as one line that fits the window, with what stood there before wiped away; a line feed at its end. */
    public String line(String text) {
        String clean = printable(text);
        int width = columns();
        String cut = clean.length() > width ? clean.substring(0, width - 1) + "…" : clean;
        return cut + "\033[K\n";
    }

    /** Moves the cursor up, to the beginning of a line (ECMA-48, CPL). */
    public static String up(int lines) {
        return "\033[" + lines + "F";
    }

    /** The text with control characters shown as {@code ?}: names come from others, and must not steer the terminal. */
    public static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }
}
