package bwmon.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * What the program writes to standard error (its log above all) while a picture is on the same terminal, where it would
 * land on the picture and move it: each line is handed to the view as a message, and the last of them are written to
 * standard error after all when the picture is gone. Safe for any thread.
 */
final class StandardErrorNotes extends OutputStream {
    /** So many lines are kept; the oldest go, and how many is said. */
    static final int MAX_LINES = 64;
    /** So many bytes of a line are kept. */
    static final int MAX_LINE = 4096;
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final PrintStream original;
    private final Consumer<String> note;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final ArrayDeque<String> kept = new ArrayDeque<>();
    private long forgotten;
    private boolean isClosed;
    private final AtomicBoolean hasClosed = new AtomicBoolean();

    private StandardErrorNotes(PrintStream original, Consumer<String> note) {
        this.original = original;
        this.note = note;
    }

    /**
     * Takes standard error, until {@link #close}.
     *
     * @param note gets each line, with the stream's lock held: must not wait for anybody who may write there
     */
    static StandardErrorNotes take(Consumer<String> note) {
        var notes = new StandardErrorNotes(System.err, note);
        System.setErr(new PrintStream(notes, true, StandardCharsets.UTF_8));
        return notes;
    }

    @Override
    public synchronized void write(int b) {
        if (isClosed) {
            original.write(b);
        } else if (b == '\n') {
            end();
        } else if (line.size() < MAX_LINE) {
            line.write(b);
        }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            write(bytes[i]);
        }
    }

    private void end() {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        kept.addLast(text);
        if (kept.size() > MAX_LINES) {
            kept.removeFirst();
            forgotten++;
        }
        note.accept(text);
    }

    /**
     * Gives standard error back, and writes there what was kept. Waits a second at most for a terminal that takes nothing
     * (Ctrl-S): the program may be about to end.
     */
    @Override
    public void close() {
        if (hasClosed.getAndSet(true)) {
            return;
        }
        List<String> lines = lastLines();
        if (lines.isEmpty()) {
            return;
        }
        Thread writing = Thread.ofPlatform().name("last-messages").daemon()
                .start(() -> lines.forEach(original::println));
        try {
            writing.join(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized List<String> lastLines() {
        System.setErr(original);
        isClosed = true;
        var lines = new ArrayList<String>();
        if (forgotten > 0) {
            lines.add(forgotten + " lines before these were shown alone");
        }
        lines.addAll(kept);
        if (line.size() > 0) {
            lines.add(line.toString(StandardCharsets.UTF_8));
        }
        return lines;
    }
}
