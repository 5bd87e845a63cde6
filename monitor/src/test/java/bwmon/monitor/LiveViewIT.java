package bwmon.monitor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import bwmon.cli.Tmux;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** runmonitor on a real terminal, with processes that do their worst to it. */
@Timeout(180)
class LiveViewIT {
    /** Sends to itself by loopback until its input ends; what else it is given is only there to be shown. */
    private static final String TALKER = """
            import socket, sys, threading
            s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(1)
            c = socket.socket(); c.connect(s.getsockname()); a, _ = s.accept()
            ended = threading.Event()
            threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
            threading.Thread(target=lambda: [None for _ in iter(lambda: a.recv(65536), b'')], daemon=True).start()
            while not ended.wait(0.05): c.sendall(b'x' * 20000)
            """;

    @TempDir
    private Path folder = Path.of("");
    private Tmux terminal;
    private final List<Process> talkers = new ArrayList<>();

    @BeforeEach
    void openTerminal() throws IOException {
        terminal = new Tmux(folder, 100, 24);
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Path program = Files.writeString(folder.resolve("runmonitor"), "#!/bin/sh\nexec " + java
                + " -Dfolder=" + folder
                + " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -cp '"
                + System.getProperty("java.class.path") + "' " + RunMonitor.class.getName() + " \"$@\"\n");
        assertTrue(program.toFile().setExecutable(true));
        terminal.enter("PATH=" + folder + ":$PATH; stty -a > " + folder + "/before; clear");
        terminal.await("modes", screen -> Files.exists(folder.resolve("before")));
        terminal.awaitPrompt();
    }

    @AfterEach
    void endAll() throws Exception {
        terminal.close();
        for (Process talker : talkers) {
            talker.getOutputStream().close();
            assertTrue(talker.waitFor(30, TimeUnit.SECONDS));
        }
    }

    private void talk(String... words) throws IOException {
        var command = new ArrayList<>(List.of("/usr/bin/python3", "-c", TALKER));
        command.addAll(List.of(words));
        talkers.add(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    private void assertPutBack() throws IOException {
        terminal.enter("clear; stty -a > " + folder + "/after; echo put back");
        terminal.await("put back\n");
        assertEquals(Files.readString(folder.resolve("before")), Files.readString(folder.resolve("after")));
        assertEquals("0 1 1", terminal.ask("#{alternate_on} #{cursor_flag} #{wrap_flag}"));
    }

    @Test
    void hostileCommandLinesAreShownHarmlessly() throws IOException {
        String title = terminal.ask("#{pane_title}");
        talk("\033]0;owned\007\033[2J\033[31m", "new\nline\r", "\u009b2J", "\u202ereversed");
        talk("y".repeat(100_000));
        talk("日本語テスト日本語テスト日本語テスト日本語テスト日本語テスト日本語テスト");
        terminal.enter("runmonitor --bandwidth --no-setup --by=command --pid="
                + String.join(",", talkers.stream().map(t -> Long.toString(t.pid())).toList()));
        // The talkers' program is the beginning of each line, and of several lines itself.
        String screen = terminal.await("three rows",
                s -> s.lines().filter(line -> line.contains("/usr/bin/python3 -c import socket")).count() == 3);
        assertTrue(screen.startsWith("runmonitor "), screen);
        assertTrue(screen.lines().allMatch(line -> line.length() <= 100), screen);
        terminal.run("resize-window", "-x", "600", "-y", "24");
        screen = terminal.await("?]0;owned??[2J?[31m new?line? ?2J ?reversed");
        assertTrue(screen.contains("? yyyyyyyyyy") && screen.contains("? 日本語テスト"), screen);
        terminal.run("resize-window", "-x", "20", "-y", "5");
        screen = terminal.await("the smallest window", s -> s.lines().count() == 5 && s.contains("named"));
        assertTrue(screen.startsWith("runmonitor "), screen);
        terminal.run("resize-window", "-x", "100", "-y", "24");
        terminal.await("/usr/bin/python3");
        terminal.press("q");
        screen = terminal.awaitPrompt();
        assertTrue(screen.contains("named") && screen.contains("/usr/bin/python3"),
                "the last picture stays: " + screen);
        assertEquals(title, terminal.ask("#{pane_title}"));
        assertPutBack();
    }

    @Test
    void keysChangeTheViewAtOnce() throws IOException {
        talk("someone");
        terminal.enter("runmonitor --interval=60 --no-setup --numeric");
        terminal.await("totals by process, sorted by total, si units");
        // Long before the next interval.
        terminal.press("t");
        terminal.await("rates");
        terminal.press("s", "r", "u", "g", "p");
        String screen = terminal.await("PAUSED");
        assertTrue(screen.contains("by command, sorted by rx (reversed), iec units"), screen);
        terminal.press("?");
        terminal.await("runmonitor: keys");
        terminal.press("Escape");
        terminal.await("by command");
        terminal.press("C-z");
        terminal.await("Stopped");
        assertPutBack();
        terminal.enter("fg");
        terminal.await("by command");
        terminal.press("C-c");
        terminal.awaitPrompt();
        assertPutBack();
    }

    @Test
    void aKilledProgramPutsTheTerminalBack() throws IOException {
        terminal.enter("runmonitor --no-setup");
        terminal.await("named");
        ProcessHandle program = ProcessHandle.allProcesses()
                .filter(handle -> handle.info().commandLine().orElse("").contains(" -Dfolder=" + folder + " "))
                .findAny().orElseThrow();
        assertTrue(program.destroy(), "SIGTERM");
        String screen = terminal.awaitPrompt();
        assertTrue(screen.contains("named"), "the last picture stays: " + screen);
        assertPutBack();
    }

    @Test
    void theFirstFiguresAreNotAnIntervalAway() throws IOException {
        talk("someone");
        for (String options : List.of("--bandwidth", "")) {
            terminal.enter("clear; runmonitor --no-setup --interval=600 " + options);
            terminal.await("python3 -c import socket");
            terminal.press("q");
            terminal.awaitPrompt();
        }
    }
}
