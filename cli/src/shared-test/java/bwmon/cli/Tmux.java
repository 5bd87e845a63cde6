package bwmon.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Assumptions;

/** A terminal with a shell on it, by a tmux(1) server of its own. */
public final class Tmux implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<String> tmux;

    /** Starts it in a window of that size; its socket is made in the folder. */
    public Tmux(Path folder, int columns, int rows) throws IOException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/tmux")), "tmux(1) is not installed");
        tmux = List.of("/usr/bin/tmux", "-u", "-f", "/dev/null", "-S", folder.resolve("tmux").toString());
        run("new-session", "-d", "-x", Integer.toString(columns), "-y", Integer.toString(rows),
                "PS1='$ ' exec bash --norc");
        awaitPrompt();
    }

    /** Has tmux do something, and gives back what it says. */
    public String run(String... arguments) throws IOException {
        var command = new ArrayList<String>(tmux);
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Types a line into the shell. */
    public void enter(String line) throws IOException {
        run("send-keys", "-l", line);
        run("send-keys", "Enter");
    }

    /** Presses keys, as tmux names them. */
    public void press(String... keys) throws IOException {
        for (String key : keys) {
            run("send-keys", key);
        }
    }

    /** What stands on the screen now. */
    public String screen() throws IOException {
        return run("capture-pane", "-p");
    }

    /** Waits until the screen is so, and gives it back. */
    public String await(String what, Predicate<String> so) throws IOException {
        try {
            Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(() -> so.test(screen()));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("no " + what + " on the screen:\n" + screen(), e);
        }
        return screen();
    }

    /** Waits until a text stands there. */
    public String await(String text) throws IOException {
        return await(text, screen -> screen.contains(text));
    }

    /** Waits until the shell waits for a command, and gives the screen back. */
    public String awaitPrompt() throws IOException {
        return await("prompt", screen -> screen.stripTrailing().endsWith("$"));
    }

    /** What a format of tmux says, such as {@code #{alternate_on}}. */
    public String ask(String format) throws IOException {
        return run("display-message", "-p", format).strip();
    }

    @Override
    public void close() throws IOException {
        run("kill-server");
    }
}
