package bwmon.aggregator.console;

import java.io.PrintStream;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Picture;
import bwmon.cli.Key;
import bwmon.cli.LiveScreen;
import bwmon.cli.Terminal;
import bwmon.cli.View;
import org.jspecify.annotations.Nullable;

/**
 * The last interval on a terminal, in place; keys change how it is shown, at once. May be called from any thread.
 */
public final class LiveView implements View<Picture>, AutoCloseable {
    private static final LiveFrame.Rows NO_ROWS = new LiveFrame.Rows(List.of(), -1, 0);

    private final LiveFrame frame;
    private final LiveScreen screen;
    private final BooleanSupplier ending;
    // Guarded by the screen's lock.
    private final Model model;
    private Look look = Look.RATES;
    private @Nullable Board latest;
    /** What is shown: the latest, unless paused. */
    private @Nullable Board shown;
    /** As drawn last. */
    private LiveFrame.Rows rows = NO_ROWS;
    /** It stays with its row where that one moves; null for none, then the first rows are in sight. */
    private Listing.@Nullable Key selected;
    private int page;

    /**
     * A view that is not on the screen yet.
     *
     * @param model that has seen nothing; the view's from now on
     * @param quit is called, on some thread, if a key ends the program; must return soon
     * @param ending whether the next picture is the last, of a partial interval: it is joined to the one before, so that
     *     what stays on the screen at the end is not the rates of an instant
     */
    public LiveView(LiveFrame frame, Model model, Terminal terminal, Runnable quit, BooleanSupplier ending) {
        this.frame = frame;
        this.model = model;
        this.ending = ending;
        this.screen = new LiveScreen(terminal, this::compose, this::pressed, quit);
    }

    /**
     * Takes the terminal and draws on it, before there are figures.
     *
     * @param err is told if the program was started in the background
     */
    public void open(PrintStream out, PrintStream err) {
        screen.open("runaggregator", out, err);
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
            latest = model.next(picture, latest != null && ending.getAsBoolean());
            if (!look.isPaused()) {
                shown = latest;
            }
        });
    }

    @Override
    public boolean note(String message) {
        return screen.takesNote(message);
    }

    private void pressed(Key key) {
        boolean closesHelp = look.showsHelp();
        look = look.press(key);
        if (!closesHelp) {
            select(key);
        }
        if (!look.isPaused()) {
            shown = latest;
        }
    }

    private void select(Key key) {
        int at = rows.selected();
        switch (key) {
            case Key.Named.UP -> select(Math.max(at - 1, 0));
            case Key.Named.DOWN -> select(at < 0 ? rows.scroll() : at + 1);
            case Key.Named.PAGE_UP -> select(Math.max(at - page, 0));
            case Key.Named.PAGE_DOWN -> select(Math.max(at, 0) + page);
            case Key.Named.END -> select(Integer.MAX_VALUE);
            case Key.Named.HOME, Key.Named.ESCAPE -> {
                selected = null;
                rows = NO_ROWS;
            }
            case Key.Named.RIGHT -> open(true);
            case Key.Named.LEFT -> open(false);
            // Enter, as a terminal sends it or translates it (ICRNL).
            case Key.Character(int c) when c == '\r' || c == '\n' -> {
                Listing.Key of = selected;
                open(of == null || (of.owner() == null && !look.opens(of.application())));
            }
            default -> {
                // The look knows it, or nobody.
            }
        }
    }

    private void select(int index) {
        if (!rows.lines().isEmpty()) {
            selected = rows.lines().get(Math.min(index, rows.lines().size() - 1)).key();
        }
    }

    /** Opens or closes the application that the selected row is of; it is on that application's row then. */
    private void open(boolean open) {
        Listing.Key of = selected;
        if (of == null) {
            select(0);
        } else if (!open || of.owner() == null) {
            look = look.with(of.application(), open);
            selected = new Listing.Key(of.application(), null);
        }
    }

    private List<String> compose() {
        Board board = shown;
        LiveFrame.Rows next = NO_ROWS;
        if (board != null) {
            look = look.among(
                    board.groups().stream().map(Board.Group::application).collect(Collectors.<Application>toSet()));
            List<Listing.Line> lines = Listing.of(board, look);
            int index = find(lines);
            selected = index < 0 ? null : lines.get(index).key();
            next = new LiveFrame.Rows(lines, index, index < 0 ? 0 : rows.scroll());
        }
        LiveFrame.Frame drawn = frame.compose(board, latest == null ? List.of() : latest.alerts(), look, next,
                screen.notes(), screen.columns(), screen.rows());
        rows = new LiveFrame.Rows(next.lines(), next.selected(), drawn.scroll());
        page = drawn.page();
        return drawn.lines();
    }

    /** Where the selected row is now; where it has gone, the one in its place. */
    private int find(List<Listing.Line> lines) {
        Listing.Key key = selected;
        if (key == null) {
            return -1;
        }
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).key().equals(key)) {
                return i;
            }
        }
        return Math.min(rows.selected(), lines.size() - 1);
    }

    /** Gives the terminal back, with the last picture on it. */
    @Override
    public void close() {
        screen.close();
    }
}
