package bwmon.monitor;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A process of known number that moves bytes of known count: peer.py, which needs nothing but Python 3. */
final class Peer implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final Writer words;

    private Peer(Process process) {
        this.process = process;
        answers = process.inputReader(StandardCharsets.UTF_8);
        words = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    }

    /**
     * Starts one.
     *
     * @param folder for the script
     * @param prefix a command that runs its arguments, such as {@code ip netns exec NAME}
     */
    static Peer start(Path folder, String... prefix) throws IOException {
        Path script = folder.resolve("peer.py");
        if (!Files.exists(script)) {
            try (InputStream source = Objects.requireNonNull(Peer.class.getResourceAsStream("/peer.py"))) {
                Files.copy(source, script);
            }
        }
        var command = new ArrayList<>(List.of(prefix));
        command.addAll(List.of("python3", script.toString()));
        return new Peer(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    /** Its number: the shell wrappers and ip(8) that may stand before Python replace themselves by it. */
    int pid() {
        return Math.toIntExact(process.pid());
    }

    /** Says what is to be done, without waiting until it is. */
    void tell(String line) throws IOException {
        words.write(line + "\n");
        words.flush();
    }

    /** The answer to what was told. */
    String answer() throws IOException {
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("the peer has ended");
        }
        return answer;
    }

    /** Does it, and gives the answer back. */
    String ask(String line) throws IOException {
        tell(line);
        return answer();
    }

    /** The number in the answer. */
    int number(String line) throws IOException {
        String answer = ask(line);
        return Integer.parseInt(answer.substring(answer.indexOf(' ') + 1));
    }

    @Override
    public void close() {
        try {
            words.close();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
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
