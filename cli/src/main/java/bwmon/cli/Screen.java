package bwmon.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import bwmon.ffi.Tty;

/**
 * The terminal while a program draws on the whole of it. It draws on the alternate screen, so that what the user had before
 * is there again afterwards; the last picture is printed below it at the end, because that is what one wants to read,
 * keep and copy. Keys come one by one and are not shown, the cursor is hidden.
 *
 * <p>All of this is put back when the program is closed, is stopped by Ctrl-Z, or ends by {@link System#exit}, and taken
 * again when it goes on; the caller sees to {@link #close} also where the JVM is halted. In the background (with the
 * shell's {@code &} or {@code bg}) the terminal is left alone, neither drawn on nor read, until the shell brings the
 * program to the foreground.
 *
 * <p>Sequences of ECMA-48 and of xterm, which other terminals have taken over or ignore: no terminfo is read.
 */
public final class Screen implements AutoCloseable {
    private static final int STANDARD_OUTPUT = 1;
    private static final String ALTERNATE = "\033[?1049h";
    /** No cursor, and no wrapping of a line that the terminal finds longer than we do. */
    private static final String OURS = "\033[?25l\033[?7l";
    private static final String LEAVE = "\033[0m\033[?7h\033[?25h\033[?1049l";
    /** How long {@link #close} waits for a picture that the terminal does not take (Ctrl-S). */
    private static final long PATIENCE_MILLIS = 1000;

    private final PrintStream out;
    private final Runnable redraw;
    private final Keyboard keyboard;
    private final Thread atExit = Thread.ofPlatform().name("screen-exit").unstarted(this::close);
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final ScreenContent content = new ScreenContent();
    private List<String> last = List.of();
    // Written with the lock held.
    private volatile boolean entered;
    /** Entered, but the shell has used the terminal since. Written with the lock held. */
    private volatile boolean lost;
    /** About to be stopped: the terminal is not to be taken again before the program goes on. */
    private boolean suspending;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Screen(PrintStream out, Consumer<Key> keys, Runnable redraw) {
        this.out = out;
        this.redraw = redraw;
        this.keyboard = new Keyboard(keys, this::enterIfForeground);
    }

    /**
     * Takes the terminal, if the program is in the foreground.
     *
     * @param out standard output
     * @param keys gets each key, on a thread of this class's; must return soon
     * @param redraw is called on some thread when the picture is to be drawn again: the window was resized, or the program
     *     came to the foreground; must return soon
     */
    public static Screen open(PrintStream out, Consumer<Key> keys, Runnable redraw) {
        var screen = new Screen(out, keys, redraw);
        Runtime.getRuntime().addShutdownHook(screen.atExit);
        Signals.onResize(screen::repaint);
        Signals.onSuspend(screen::leave, screen::goOn);
        Signals.onContinue(screen::goOn);
        screen.enterIfForeground();
        screen.keyboard.start();
        return screen;
    }

    /** Forgets what was drawn, and has it drawn anew. */
    public void repaint() {
        lock.lock();
        try {
            content.forget();
        } finally {
            lock.unlock();
        }
        redraw.run();
    }

    /** Whether pictures are drawn; not in the background. */
    public boolean isShown() {
        return entered;
    }

    /**
     * Draws a picture in one write. In the background it is only kept.
     *
     * @param lines at most as many as the window has, none wider than it: text made harmless ({@link Columns#fit}), with
     *     sequences that set colours
     * @return false if nobody reads standard output any more
     */
    public boolean draw(List<String> lines) {
        lock.lock();
        try {
            last = List.copyOf(lines);
            // Put into the background without Ctrl-Z (SIGSTOP, then bg), or just about to hear of Ctrl-Z.
            lost |= entered && !Tty.isForeground(STANDARD_OUTPUT);
            if (!entered || lost) {
                return true;
            }
            return print(content.next(lines));
        } finally {
            lock.unlock();
        }
    }

    private boolean print(String text) {
        if (!text.isEmpty()) {
            // One write(2), where print would make one of every 8 KiB.
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            out.write(bytes, 0, bytes.length);
        }
        return !out.checkError();
    }

    private void enterIfForeground() {
        if (entered && !lost) {
            return;
        }
        lock.lock();
        try {
            if (suspending || closed.get() || !Tty.isForeground(STANDARD_OUTPUT)) {
                return;
            }
            String sequences = entered ? OURS : ALTERNATE + OURS;
            entered = true;
            lost = false;
            keyboard.enter();
            content.forget();
            print(sequences);
        } finally {
            lock.unlock();
        }
        redraw.run();
    }

    /** After any stop. Not every one could be prepared for (SIGSTOP), and the shell has used the terminal meanwhile. */
    private void goOn() {
        lock.lock();
        try {
            suspending = false;
            lost = entered;
        } finally {
            lock.unlock();
        }
        enterIfForeground();
    }

    private void leave() {
        lock.lock();
        try {
            suspending = true;
            keyboard.leave();
            // Also if the shell was quicker to take the terminal back: it watches the first of a pipeline alone.
            if (entered) {
                print(LEAVE);
            }
            entered = false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Puts the terminal back, and prints the last picture on it. May be called from any thread, more than once. Waits
     * a second at most for another thread that is stuck in drawing.
     */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        keyboard.close();
        if (!Thread.currentThread().equals(atExit)) {
            try {
                Runtime.getRuntime().removeShutdownHook(atExit);
            } catch (IllegalStateException e) {
                // The JVM is ending already: the hook will find nothing to do.
            }
        }
        boolean locked = false;
        try {
            locked = lock.tryLock(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            if (locked && entered) {
                print(Tty.isForeground(STANDARD_OUTPUT) ? LEAVE + farewell() : LEAVE);
                entered = false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (locked) {
                lock.unlock();
            }
        }
    }

    private String farewell() {
        var text = new StringBuilder();
        for (String line : last) {
            if (!line.isBlank()) {
                text.append(line).append("\033[0m\n");
            }
        }
        return text.toString();
    }
}
