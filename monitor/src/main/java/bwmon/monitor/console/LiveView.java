package bwmon.monitor.console;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

import bwmon.cli.Key;
import bwmon.cli.LiveScreen;
import bwmon.cli.Terminal;
import bwmon.cli.View;
import org.jspecify.annotations.Nullable;

/**
 * The last interval on a terminal, in place; keys change how it is shown, at once. May be called from any thread.
 */
public final class LiveView implements View<Picture>, AutoCloseable {
    private final LiveFrame frame;
    private final LiveScreen screen;
    private final Runnable quit;
    private final BooleanSupplier ending;
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private Look look;
    private @Nullable Picture latest;
    /** What is shown: the latest, unless paused. */
    private @Nullable Picture shown;
    private int scroll;
    private int page;
    private boolean isRead = true;
    private volatile boolean wantsConnections;

    /**
     * A view that is not on the screen yet.
     *
     * @param quit is called, on some thread, if a key ends the program; must return soon
     * @param ending whether the next picture is the last, of a partial interval: it is joined to the one before, so that
     *     what stays on the screen at the end is not the rates of an instant
     */
    public LiveView(LiveFrame frame, Look look, Terminal terminal, Runnable quit, BooleanSupplier ending) {
        this.frame = frame;
        this.look = look;
        this.screen = new LiveScreen(terminal);
        this.quit = quit;
        this.ending = ending;
        this.wantsConnections = look.showsConnections();
    }

    /**
     * Takes the terminal and draws on it, before there are figures.
     *
     * @param err is told if the program was started in the background
     */
    public void open(PrintStream out, PrintStream err) {
        drawOn(screen.open("runmonitor", out, err, this::press, this::redraw));
    }

    /** Draws there from now on; on something else than a terminal in tests. */
    void drawOn(Predicate<List<String>> drawer) {
        lock.lock();
        try {
            screen.drawOn(drawer);
            draw();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean show(Picture picture) {
        lock.lock();
        try {
            latest = ending.getAsBoolean() && latest != null && !latest.isBefore() && latest.failure() == null
                    ? latest.then(picture)
                    : picture;
            if (!look.isPaused()) {
                shown = latest;
            }
            draw();
            return isRead;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean note(String message) {
        if (!screen.takesNotes()) {
            return false;
        }
        lock.lock();
        try {
            screen.note(message);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether pictures are to have the sockets. */
    public boolean wantsConnections() {
        return wantsConnections;
    }

    /** Has a key its effect. */
    void press(Key key) {
        if (key.equals(Key.of('q'))) {
            quit.run();
            return;
        }
        lock.lock();
        try {
            scroll = switch (key) {
                case Key.Named.UP -> scroll - 1;
                case Key.Named.DOWN -> scroll + 1;
                case Key.Named.PAGE_UP -> scroll - page;
                case Key.Named.PAGE_DOWN -> scroll + page;
                case Key.Named.HOME -> 0;
                case Key.Named.END -> Integer.MAX_VALUE;
                default -> scroll;
            };
            Look before = look;
            look = look.press(key);
            if (look.grouping() != before.grouping() || look.showsConnections() != before.showsConnections()) {
                scroll = 0;
            }
            wantsConnections = look.showsConnections();
            if (!look.isPaused()) {
                shown = latest;
            }
            draw();
        } finally {
            lock.unlock();
        }
        if (key.equals(Key.of('\f'))) {
            screen.repaint();
        }
    }

    private void redraw() {
        lock.lock();
        try {
            draw();
        } finally {
            lock.unlock();
        }
    }

    private void draw() {
        LiveFrame.Frame next = frame.compose(shown, look, screen.notes(), screen.columns(), screen.rows(),
                scroll);
        scroll = next.scroll();
        page = next.page();
        isRead = screen.draw(next.lines());
    }

    /** Gives the terminal back, with the last picture on it. */
    @Override
    public void close() {
        screen.close();
    }
}
