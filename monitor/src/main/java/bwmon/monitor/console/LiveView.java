package bwmon.monitor.console;

import java.io.PrintStream;
import java.util.List;
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
    private final BooleanSupplier ending;
    // Guarded by the screen's lock.
    private Look look;
    private @Nullable Picture latest;
    /** What is shown: the latest, unless paused. */
    private @Nullable Picture shown;
    private int scroll;
    private int page;
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
        this.ending = ending;
        this.screen = new LiveScreen(terminal, this::compose, this::pressed, quit);
        this.wantsConnections = look.showsConnections();
    }

    /**
     * Takes the terminal and draws on it, before there are figures.
     *
     * @param err is told if the program was started in the background
     */
    public void open(PrintStream out, PrintStream err) {
        screen.open("runmonitor", out, err);
    }

    /** Draws there from now on, for tests. */
    void drawOn(Predicate<List<String>> drawer) {
        screen.drawOn(drawer);
    }

    /** Has a key its effect. */
    void press(Key key) {
        screen.press(key);
    }

    @Override
    public boolean show(Picture picture) {
        return screen.change(() -> {
            latest = ending.getAsBoolean() && latest != null && !latest.isBefore() && latest.failure() == null
                    ? latest.then(picture)
                    : picture;
            if (!look.isPaused()) {
                shown = latest;
            }
        });
    }

    @Override
    public boolean note(String message) {
        return screen.takesNote(message);
    }

    /** Whether pictures are to have the sockets. */
    public boolean wantsConnections() {
        return wantsConnections;
    }

    private void pressed(Key key) {
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
    }

    private List<String> compose() {
        LiveFrame.Frame next = frame.compose(shown, look, screen.notes(), screen.columns(), screen.rows(),
                scroll);
        scroll = next.scroll();
        page = next.page();
        return next.lines();
    }

    /** Gives the terminal back, with the last picture on it. */
    @Override
    public void close() {
        screen.close();
    }
}
