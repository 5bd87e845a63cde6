package bwmon.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

/** Standard error while a picture is on its terminal. */
@Timeout(60)
class StandardErrorNotesTest {
    private final PrintStream before = System.err;
    private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();
    private final List<String> noted = new ArrayList<>();

    @AfterEach
    void giveBack() {
        System.setErr(before);
    }

    private StandardErrorNotes take() {
        System.setErr(new PrintStream(terminal, true, StandardCharsets.UTF_8));
        return StandardErrorNotes.take(noted::add);
    }

    private String onTerminal() {
        return terminal.toString(StandardCharsets.UTF_8);
    }

    @Test
    void linesAreNotesAndFollowWhenThePictureIsGone() {
        PrintStream old;
        try (StandardErrorNotes _ = take()) {
            old = System.err;
            System.err.print("WARN  zwei");
            System.err.println(" Wörter");
            System.err.println("more");
            System.err.print("unfinished");
            assertEquals(List.of("WARN  zwei Wörter", "more"), noted);
            assertEquals("", onTerminal());
        }
        assertEquals("WARN  zwei Wörter\nmore\nunfinished\n", onTerminal());
        // Who has kept the stream is heard all the same.
        old.println("late");
        System.err.println("later");
        assertEquals("WARN  zwei Wörter\nmore\nunfinished\nlate\nlater\n", onTerminal());
        assertEquals(2, noted.size());
    }

    @Test
    void theStreamIsGivenBack() {
        StandardErrorNotes notes = take();
        PrintStream taken = System.err;
        notes.close();
        PrintStream given = System.err;
        notes.close();
        assertSame(given, System.err);
        assertNotSame(taken, given);
    }

    @Test
    void whatIsKeptIsBounded() {
        try (StandardErrorNotes _ = take()) {
            System.err.println("x".repeat(100_000));
            for (int i = 0; i < StandardErrorNotes.MAX_LINES + 5; i++) {
                System.err.println("line " + i);
            }
            assertEquals(StandardErrorNotes.MAX_LINE, noted.getFirst().length());
        }
        List<String> lines = onTerminal().lines().toList();
        assertEquals("6 lines before these were shown alone", lines.getFirst());
        assertEquals("line 5", lines.get(1));
        assertEquals(StandardErrorNotes.MAX_LINES + 1, lines.size());
    }

    @Test
    void aTerminalThatTakesNothingDoesNotKeepTheProgram() {
        var takes = new CountDownLatch(1);
        System.setErr(new PrintStream(new OutputStream() {
            @Override
            public void write(int b) {
                try {
                    takes.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }, true, StandardCharsets.UTF_8));
        StandardErrorNotes notes = StandardErrorNotes.take(noted::add);
        System.err.println("line");
        notes.close();
        notes.close();
        takes.countDown();
        assertEquals(List.of("line"), noted);
    }
}
