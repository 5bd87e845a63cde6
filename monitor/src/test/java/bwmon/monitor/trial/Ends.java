package bwmon.monitor.trial;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import bwmon.traffic.Direction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A process in a namespace that moves bytes and counts them: ends.py, which needs nothing but Python 3. */
final class Ends implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final Writer words;
    private final int pid;

    private Ends(Process process) throws IOException {
        this.process = process;
        answers = process.inputReader(StandardCharsets.UTF_8);
        words = process.outputWriter(StandardCharsets.UTF_8);
        pid = number("pid");
    }

    /**
     * Starts one.
     *
     * @param folder for the script
     * @param before words that run those behind them, such as {@code setpriv --reuid=...}
     */
    static Ends start(NetworkNamespace namespace, Path folder, String... before) throws IOException {
        Path script = Resources.copy("ends.py", folder);
        var command = new ArrayList<>(List.of(before));
        command.addAll(List.of("python3", script.toString()));
        return new Ends(new ProcessBuilder(namespace.inside(command.toArray(String[]::new)))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    int pid() {
        return pid;
    }

    /** Says what is to be done, without waiting until it is. */
    void tell(String line) throws IOException {
        words.write(line + "\n");
        words.flush();
    }

    /** Waits until what was told is done. */
    void awaitDone() throws IOException {
        assertEquals("done", answer());
    }

    private String answer() throws IOException {
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("the generator has ended");
        }
        return answer;
    }

    /** Does it. */
    void ask(String line) throws IOException {
        tell(line);
        assertEquals("done", answer(), line);
    }

    /** The number in the answer, behind the word that says what it is. */
    int number(String line) throws IOException {
        tell(line);
        String answer = answer();
        assertTrue(answer.matches("[a-z]+ [0-9]+"), line + ": " + answer);
        return Integer.parseInt(answer.substring(answer.indexOf(' ') + 1));
    }

    /** How many bytes of payload that socket moved so far. */
    long payload(String socket, Direction direction) throws IOException {
        return count("count " + socket, direction);
    }

    /** How many datagrams that socket moved so far. */
    long datagrams(String socket, Direction direction) throws IOException {
        return count("counts " + socket, direction);
    }

    private long count(String line, Direction direction) throws IOException {
        tell(line);
        String[] counts = answer().split(" ", -1);
        return Long.parseLong(counts[direction == Direction.TX ? 0 : 1]);
    }

    /** Sends so many bytes from a socket of this process to one of another, and sees them arrive. */
    void send(String from, Ends to, String at, long bytes) throws IOException {
        tell("send " + from + " " + bytes);
        to.ask("receive " + at + " " + bytes);
        awaitDone();
    }

    @Override
    public void close() {
        try {
            words.close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly(); // It has ended by itself; its standard error says why.
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
