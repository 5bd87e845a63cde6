package bwmon.cli;

import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * What every live view has of its terminal: the screen once it is taken, the window's size, the last few messages that
 * have their place on it, among them what the program logs while its standard error is that terminal. Its user sees to it
 * that one thread at a time draws.
 */
public final class LiveScreen implements AutoCloseable {
    /** So many messages are kept; the oldest go. */
    private static final int MAX_NOTES = 3;

    private final Terminal terminal;
    private final ArrayDeque<String> notes = new ArrayDeque<>();
    private Predicate<List<String>> drawing = _ -> true;
    private volatile @Nullable Screen screen;
    private volatile @Nullable StandardErrorNotes errors;

    /** A screen that is not taken yet: what is drawn goes nowhere. */
    public LiveScreen(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * Takes the terminal, see {@link Screen#open}; called without the user's lock, as keys may come at once. Before
     * anything is drawn, {@link #drawOn} has to be called with what is returned.
     *
     * @param program its name, for standard error
     * @param err is told if the program was started in the background
     */
    public Predicate<List<String>> open(String program, PrintStream out, PrintStream err, Consumer<Key> keys,
            Runnable redraw) {
        Screen opened = Screen.open(out, keys, redraw);
        screen = opened;
        if (!opened.isShown()) {
            err.println(
                    program + ": nothing is drawn in the background: the shell's fg brings it to the foreground");
        }
        if (takesNotes()) {
            // Not by whoever writes there, who is not to wait for a terminal that takes nothing.
            var soon = new Soon("redraw", redraw);
            errors = StandardErrorNotes.take(line -> {
                note(line);
                soon.run();
            });
        }
        return opened::draw;
    }

    /** What takes pictures from now on, and says whether somebody reads them. */
    public void drawOn(Predicate<List<String>> drawer) {
        drawing = drawer;
    }

    /**
     * Draws a picture.
     *
     * @return false if nobody reads standard output any more
     */
    public boolean draw(List<String> lines) {
        return drawing.test(lines);
    }

    /** Whether messages have their place on the picture, because standard error would land on it. */
    public boolean takesNotes() {
        return terminal.showsStandardError();
    }

    /** Keeps a message for the pictures to come. */
    public void note(String message) {
        synchronized (notes) {
            notes.addLast(message);
            if (notes.size() > MAX_NOTES) {
                notes.removeFirst();
            }
        }
    }

    /** The last few messages, the oldest first. */
    public List<String> notes() {
        synchronized (notes) {
            return List.copyOf(notes);
        }
    }

    /** The window's width, as it is now. */
    public int columns() {
        return terminal.columns();
    }

    /** The window's height, as it is now. */
    public int rows() {
        return terminal.rows();
    }

    /** Has everything drawn anew, see {@link Screen#repaint}; called without the user's lock. */
    public void repaint() {
        Screen opened = screen;
        if (opened != null) {
            opened.repaint();
        }
    }

    /** Gives the terminal back, with the last picture on it, and below it what was logged meanwhile. */
    @Override
    public void close() {
        Screen opened = screen;
        if (opened != null) {
            opened.close();
        }
        StandardErrorNotes taken = errors;
        if (taken != null) {
            taken.close();
        }
    }
}
