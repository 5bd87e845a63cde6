package bwmon.cli;

import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * What every live view has: the terminal once it is taken, a lock under which its state changes and is drawn, the keys that
 * mean the same everywhere, and the last few messages that have their place on the picture, among them what the program logs
 * while its standard error is that terminal. Safe for any thread.
 */
public final class LiveScreen implements AutoCloseable {
    /** So many messages are kept; the oldest go. */
    private static final int MAX_NOTES = 3;

    private final Terminal terminal;
    private final Supplier<List<String>> picture;
    private final Consumer<Key> keys;
    private final Runnable quit;
    private final ReentrantLock lock = new ReentrantLock();
    /** Guarded by itself: whoever logs is not to wait for a terminal that takes nothing. */
    private final ArrayDeque<String> notes = new ArrayDeque<>();
    // Guarded by lock.
    private Predicate<List<String>> drawing = _ -> true;

    private volatile @Nullable Screen screen;
    private volatile @Nullable StandardErrorNotes errors;

    /**
     * A screen that is not taken yet: what is drawn goes nowhere.
     *
     * @param picture composes what stands on it; asked under the lock
     * @param keys has a key its effect, but for those that mean the same everywhere; called under the lock, and drawn after
     * @param quit is called, on some thread, if a key ends the program; must return soon
     */
    public LiveScreen(Terminal terminal, Supplier<List<String>> picture, Consumer<Key> keys, Runnable quit) {
        this.terminal = terminal;
        this.picture = picture;
        this.keys = keys;
        this.quit = quit;
    }

    /**
     * Takes the terminal and draws on it.
     *
     * @param program its name, for standard error
     * @param err is told if the program was started in the background
     */
    public void open(String program, PrintStream out, PrintStream err) {
        // Without the lock, as keys may come at once.
        Screen opened = Screen.open(out, this::press, this::redraw);
        screen = opened;
        if (!opened.isShown()) {
            err.println(
                    program + ": nothing is drawn in the background: the shell's fg brings it to the foreground");
        }
        if (terminal.showsStandardError()) {
            // Not drawn by whoever writes there.
            var soon = new Soon("redraw", this::redraw);
            errors = StandardErrorNotes.take(line -> {
                note(line);
                soon.run();
            });
        }
        drawOn(opened::draw);
    }

    /** Draws there from now on; on something else than a terminal in tests. */
    public void drawOn(Predicate<List<String>> drawer) {
        change(() -> drawing = drawer);
    }

    /**
     * Changes something under the lock, and draws what comes of it.
     *
     * @return false if nobody reads standard output any more
     */
    public boolean change(Runnable change) {
        lock.lock();
        try {
            change.run();
            return drawing.test(picture.get());
        } finally {
            lock.unlock();
        }
    }

    private void redraw() {
        change(() -> {});
    }

    /** Has a key its effect: q ends the program, Ctrl-L has everything drawn anew, the others are the view's. */
    public void press(Key key) {
        if (key.equals(Key.of('q'))) {
            quit.run();
            return;
        }
        change(() -> keys.accept(key));
        Screen opened = screen;
        if (key.equals(Key.of('\f')) && opened != null) {
            opened.repaint();
        }
    }

    /**
     * Keeps a message for the pictures to come, if messages have their place there, because standard error would land on it.
     *
     * @return whether they have
     */
    public boolean takesNote(String message) {
        boolean takes = terminal.showsStandardError();
        if (takes) {
            note(message);
        }
        return takes;
    }

    private void note(String message) {
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
