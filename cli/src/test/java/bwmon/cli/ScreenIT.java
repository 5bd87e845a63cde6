package bwmon.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The screen of a small program on a real terminal with a real shell: nothing of it may stay behind. */
@Timeout(180)
class ScreenIT {
    @TempDir
    private Path folder = Path.of("");
    private Tmux terminal;
    private String modes = "";

    @BeforeEach
    void openTerminal() throws IOException {
        terminal = new Tmux(folder, 60, 12);
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Path demo = Files.writeString(folder.resolve("demo"),
                "#!/bin/sh\nexec " + java + " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
                        + " --enable-native-access=ALL-UNNAMED -cp '" + System.getProperty("java.class.path") + "' '"
                        + Demo.class.getName() + "' " + folder + "/pid\n");
        assertTrue(demo.toFile().setExecutable(true));
        Files.writeString(folder.resolve("init"), "PATH=" + folder + ":$PATH\n"
                + "modes() { stty -a > " + folder + "/$1; clear; echo modes $1; }\n");
        terminal.enter(". " + folder + "/init; modes before");
        terminal.await("modes before");
        modes = Files.readString(folder.resolve("before"));
    }

    @AfterEach
    void closeTerminal() throws IOException {
        terminal.close();
    }

    /** The shell has a terminal as it was before, with what stood on it. */
    private void assertPutBack(String name) throws IOException {
        assertEquals("0 1 1", terminal.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}"));
        terminal.enter("modes " + name);
        terminal.await("modes " + name);
        assertEquals(modes, Files.readString(folder.resolve(name)));
    }

    private void start() throws IOException {
        terminal.enter("demo");
        terminal.await("window 60x12");
        assertEquals("1 0 0", terminal.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}"));
    }

    private String pid() throws IOException {
        return Files.readString(folder.resolve("pid")).strip();
    }

    @Test
    void keysAreHeardAndTheLastPictureStaysAtTheEnd() throws IOException {
        terminal.enter("echo what stood here");
        start();
        assertFalse(terminal.screen().contains("what stood here"));
        terminal.press("a", "Up", "PPage", "C-l", "ä");
        terminal.await("a UP PAGE_UP (c) ä");
        terminal.press("q");
        String screen = terminal.awaitPrompt();
        assertTrue(screen.contains("what stood here"), screen);
        assertTrue(screen.contains("window 60x12"), screen);
        assertTrue(screen.contains("UP PAGE_UP"), screen);
        assertPutBack("after");
    }

    @Test
    void aResizedWindowIsDrawnAnew() throws IOException {
        start();
        terminal.run("resize-window", "-x", "70", "-y", "20");
        terminal.await("window 70x20");
        terminal.press("q");
        terminal.awaitPrompt();
    }

    @Test
    void ctrlZGivesTheTerminalBackAndTakesItAgain() throws IOException {
        start();
        for (int i = 0; i < 3; i++) {
            terminal.press("C-z");
            terminal.await("Stopped");
            assertPutBack("stopped" + i);
            terminal.enter("fg");
            terminal.await("window 60x12");
            assertEquals("1 0 0", terminal.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}"));
            terminal.press("x");
            terminal.await("\n" + "x ".repeat(i) + "x");
        }
        terminal.press("q");
        terminal.awaitPrompt();
        assertPutBack("after");
    }

    @Test
    void anyEndPutsTheTerminalBack() throws IOException {
        for (String end : List.of("TERM", "INT", "HUP")) {
            start();
            new ProcessBuilder("kill", "-" + end, pid()).start();
            terminal.awaitPrompt();
            assertPutBack("after" + end);
        }
        start();
        terminal.press("C-c");
        terminal.awaitPrompt();
        assertPutBack("interrupted");
        start();
        terminal.press("!");
        terminal.await("IllegalStateException");
        assertPutBack("failed");
    }

    @Test
    void aJobInTheBackgroundNeitherStopsNorTouchesTheTerminal() throws IOException {
        terminal.enter("demo & echo");
        terminal.await("started in the background", screen -> Files.exists(folder.resolve("pid")));
        terminal.enter("echo shell reads");
        terminal.await("shell reads\n");
        assertPutBack("background");
        terminal.enter("jobs");
        terminal.await("Running");
        terminal.enter("fg");
        terminal.await("window 60x12");
        terminal.press("x");
        terminal.await("\nx");
        terminal.press("C-z");
        terminal.await("Stopped");
        terminal.enter("bg; echo");
        terminal.enter("clear; jobs");
        terminal.await("Running");
        assertPutBack("bg");
        terminal.enter("kill %1; wait; echo all ended");
        terminal.await("all ended\n");
        assertPutBack("after");
    }

    @Test
    void aStopThatCouldNotBePreparedForIsRecoveredFrom() throws IOException {
        start();
        new ProcessBuilder("kill", "-STOP", pid()).start();
        terminal.await("Stopped");
        terminal.enter("fg");
        terminal.await("window 60x12");
        terminal.press("x");
        terminal.await("\nx");
        terminal.press("q");
        terminal.awaitPrompt();
        assertPutBack("after");
    }

    @Test
    void withoutAShellToGoOnFromCtrlZDoesNotStop() throws IOException {
        // The program is the first of its session: nobody could have it go on.
        terminal.run("respawn-pane", "-k", "sh " + folder + "/demo");
        terminal.await("window 60x12");
        terminal.press("C-z", "x");
        terminal.await("\nx");
        assertEquals("1 0 0", terminal.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}"));
        terminal.press("q");
    }

    @Test
    void withoutATerminalToReadFromThePictureIsDrawn() throws IOException {
        terminal.enter("demo < /dev/null");
        terminal.await("window 60x12");
        assertEquals("1", terminal.ask("#{alternate_on}"));
        new ProcessBuilder("kill", pid()).start();
        terminal.awaitPrompt();
        assertPutBack("after");
    }

    /** Shows the window's size and the keys that were pressed; q ends it, ! fails. */
    static final class Demo {
        private Demo() {}

        public static void main(String[] args) throws Exception {
            BlockingQueue<Object> events = new LinkedBlockingQueue<>();
            var out = new StandardOutput().stream();
            Terminal terminal = Terminal.ofStandardOutput();
            var keys = new ArrayList<String>();
            try (Screen screen = Screen.open(out, events::add, () -> events.add("redraw"))) {
                Signals.onStop(_ -> events.add("stop"), screen::close);
                Files.writeString(Path.of(args[0]), ProcessHandle.current().pid() + "\n");
                while (true) {
                    screen.draw(List.of("window " + terminal.columns() + "x" + terminal.rows(), "",
                            Columns.fit(String.join(" ", keys), terminal.columns())));
                    Object event = events.poll(1, TimeUnit.SECONDS);
                    if (event == null || event.equals("redraw")) {
                        continue;
                    }
                    if (event.equals("stop") || event.equals(Key.of('q'))) {
                        return;
                    }
                    if (event.equals(Key.of('!'))) {
                        throw new IllegalStateException("asked for");
                    }
                    keys.add(event instanceof Key.Character(int c)
                            ? c < ' ' ? "(c)" : Character.toString(c)
                            : event.toString());
                }
            }
        }
    }
}
