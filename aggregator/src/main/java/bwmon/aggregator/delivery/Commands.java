package bwmon.aggregator.delivery;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.cli.Terminal;
import bwmon.traffic.Ticker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the commands of notifications.
 *
 * <p>A command is a list of words from the configuration; no shell reads it. A word that is exactly {@code {application}} or
 * another of {@link Delivery#PLACEHOLDERS} in braces is replaced; within a longer word nothing is, so that no text from outside
 * can become part of an option or of a script. The same values stand in the environment ({@code BWMON_APPLICATION}, ...;
 * which is otherwise the program's own, but for {@link ProcessTree#VARIABLE}), and the event is one JSON object on standard
 * input.
 *
 * <p>Safe for any thread. A command that has ended is done, also where it left processes behind that run on.
 */
public final class Commands {
    /** So many bytes of a command's output are kept for the log; the rest is read and thrown away. */
    public static final int MAX_OUTPUT = 8192;

    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    /** What Java writes arguments and environments in, by the locale: not always UTF-8. */
    private static final Charset NATIVE = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"),
            Charset.defaultCharset());
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Ticker ticker;

    /** A runner that runs nothing yet. */
    public Commands(Ticker ticker) {
        this.ticker = ticker;
    }

    /**
     * Runs the notification's command, and waits until it has ended or was killed: at its time limit, or because this
     * thread was interrupted, which it still is then.
     */
    Outcome run(AlertEvent event) {
        Message message = Message.of(event);
        String notes = notes(message);
        var random = new byte[16];
        RANDOM.nextBytes(random);
        String mark = HexFormat.of().formatHex(random);
        Process process;
        try {
            process = start(event, message, mark);
        } catch (IOException e) {
            return new Outcome.Failed("not run: " + Terminal.printable(String.valueOf(e.getMessage())) + notes);
        }
        var tree = new ProcessTree(process, mark);
        var output = new CommandOutput(process.getInputStream(), MAX_OUTPUT, ticker);
        try {
            tell(process, message.json());
            Duration timeLimit = event.notification().delivery().timeLimit();
            if (!output.readUntilExit(process, timeLimit)) {
                tree.kill();
                return new Outcome.Failed(
                        "killed: not done after " + timeLimit.toMillis() / 1e3 + " s" + output + notes);
            }
            return process.exitValue() == 0
                    ? new Outcome.Done("done" + output + notes)
                    : new Outcome.Failed("failed with exit code " + process.exitValue() + output + notes);
        } catch (IOException e) {
            tree.kill();
            return new Outcome.Failed("killed: its output cannot be read: " + e.getMessage() + notes);
        } catch (InterruptedException e) {
            tree.kill();
            Thread.currentThread().interrupt();
            return new Outcome.Failed("killed: the program ends" + output + notes);
        } finally {
            output.close();
        }
    }

    /** What the values have lost on their way, if anything. */
    private static String notes(Message message) {
        String cut = message.isCut() ? " (long values were cut)" : "";
        boolean isWhole = message.values().values().stream().allMatch(NATIVE.newEncoder()::canEncode);
        return isWhole
                ? cut
                : cut + " (characters that the locale's " + NATIVE.name()
                        + " does not have were given as '?', but for standard input)";
    }

    /** The words of a notification's command with the placeholders replaced. */
    static List<String> words(AlertEvent event) {
        return words(event, Message.of(event));
    }

    private static List<String> words(AlertEvent event, Message message) {
        return event.notification().delivery().command().stream()
                .map(word -> word.startsWith("{") && word.endsWith("}") && word.length() > 2
                        ? given(message.values().getOrDefault(word.substring(1, word.length() - 1), word))
                        : word)
                .toList();
    }

    /** A NUL would end the text (or rather fail the start); it becomes what half a surrogate pair becomes, too. */
    private static String given(String value) {
        return value.replace('\0', '?');
    }

    private static Process start(AlertEvent event, Message message, String mark) throws IOException {
        var builder = new ProcessBuilder(words(event, message)).redirectErrorStream(true);
        message.values().forEach((name, value) -> builder.environment()
                .put("BWMON_" + name.toUpperCase(Locale.ROOT), given(value)));
        builder.environment().put(ProcessTree.VARIABLE, mark);
        return builder.start();
    }

    /** Writes the JSON object. Every pipe has room for it, so that a command that reads nothing is no matter. */
    private static void tell(Process process, String json) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(json.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.debug("a command does not read its input: {}", e.getMessage());
        }
    }
}
