package bwmon.aggregator.delivery;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.cli.JsonLines;
import bwmon.cli.Terminal;
import bwmon.traffic.Ticker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the commands of notifications, each on a thread of the runner's own, so that one that hangs, fails, floods or does
 * not exist delays nobody else.
 *
 * <p>A command is a list of words from the configuration; no shell reads it. A word that is exactly {@code {application}},
 * {@code {rate}}, {@code {threshold}}, {@code {direction}} or {@code {state}} is replaced; within a longer word nothing
 * is, so that no text from outside can become part of an option or of a script. The same values stand in the
 * environment ({@code BWMON_APPLICATION}, ...) and, as one JSON object, on standard input. Rates are in bytes a second.
 *
 * <p>Safe for any thread.
 */
public final class CommandRunner implements AutoCloseable {
    /** So many commands run at once. */
    public static final int MAX_RUNNING = 8;
    /** So many more wait for their turn; what comes then is refused, and that is logged. */
    public static final int MAX_WAITING = 64;
    /** So many bytes of a command's output are kept for the log; the rest is read and thrown away. */
    public static final int MAX_OUTPUT = 8192;
    /** How long {@link #close} waits for commands that run or wait. */
    public static final Duration GRACE = Duration.ofSeconds(5);

    /** What a word of a command may be replaced by, without the braces. */
    public static final List<String> PLACEHOLDERS = List.of("application", "rate", "threshold", "direction", "state");

    private static final Logger LOG = LoggerFactory.getLogger(CommandRunner.class);

    private final Ticker ticker;
    private final ThreadPoolExecutor threads;
    private final Duration grace;

    /** A runner that runs nothing yet and has no thread yet. */
    public CommandRunner(Ticker ticker) {
        this(ticker, MAX_RUNNING, MAX_WAITING, GRACE);
    }

    CommandRunner(Ticker ticker, int maxRunning, int maxWaiting, Duration grace) {
        this.ticker = ticker;
        this.grace = grace;
        threads = new ThreadPoolExecutor(maxRunning, maxRunning, 10, TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(maxWaiting), task -> {
                    var thread = new Thread(task, "notification");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * Has the notification's command run soon; returns at once.
     *
     * @return false if too many are waiting, or the runner is closed: the command will not be run
     */
    public boolean run(AlertEvent event) {
        if (event.notification().delivery().command().isEmpty()) {
            return true;
        }
        try {
            threads.execute(() -> execute(event));
            return true;
        } catch (RejectedExecutionException e) {
            LOG.error("notification {}: command not run: {} are running and {} waiting already", label(event),
                    threads.getActiveCount(), threads.getQueue().size());
            return false;
        }
    }

    private void execute(AlertEvent event) {
        Duration timeLimit = event.notification().delivery().timeLimit();
        Process process;
        try {
            process = start(event);
        } catch (IOException e) {
            LOG.error("notification {}: command not run: {}", label(event),
                    Terminal.printable(String.valueOf(e.getMessage())));
            return;
        }
        var output = new CommandOutput(process.getInputStream(), MAX_OUTPUT, ticker);
        try {
            tell(process, event);
            if (!output.readUntilExit(process, timeLimit)) {
                kill(process);
                LOG.error("notification {}: command killed: not done after {} s{}", label(event),
                        timeLimit.toMillis() / 1e3, output);
            } else if (process.exitValue() != 0) {
                LOG.error("notification {}: command failed with exit code {}{}", label(event), process.exitValue(),
                        output);
            } else {
                LOG.info("notification {}: command done{}", label(event), output);
            }
        } catch (IOException e) {
            kill(process);
            LOG.error("notification {}: command killed: its output cannot be read: {}", label(event), e.getMessage());
        } catch (InterruptedException e) {
            // Only close() interrupts.
            kill(process);
            LOG.error("notification {}: command killed: the program ends{}", label(event), output);
            Thread.currentThread().interrupt();
        } finally {
            output.close();
        }
    }

    private static Process start(AlertEvent event) throws IOException {
        Map<String, String> values = values(event);
        List<String> words = event.notification().delivery().command().stream()
                .map(word -> word.startsWith("{") && word.endsWith("}")
                        ? values.getOrDefault(word.substring(1, word.length() - 1), word)
                        : word)
                .toList();
        var builder = new ProcessBuilder(words).redirectErrorStream(true);
        values.forEach((name, value) -> builder.environment().put("BWMON_" + name.toUpperCase(Locale.ROOT),
                value));
        return builder.start();
    }

    private static Map<String, String> values(AlertEvent event) {
        var values = new LinkedHashMap<String, String>();
        values.put("application", event.alert().subject());
        values.put("rate", Long.toString(event.alert().value()));
        values.put("threshold", Long.toString(event.alert().limit()));
        values.put("direction", event.alert().amount().label());
        values.put("state", event.alert().state().label());
        return values;
    }

    /** Writes the JSON object; it is far smaller than a pipe's buffer, so that a command that reads nothing is no matter. */
    private static void tell(Process process, AlertEvent event) {
        byte[] json = JsonLines.render("alert", event.alert()::write);
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(json);
        } catch (IOException e) {
            LOG.debug("notification {}: command does not read its input: {}", label(event), e.getMessage());
        }
    }

    /** Kills the command and what it started, as far as that still hangs from it. */
    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private static String label(AlertEvent event) {
        return Terminal.printable(event.notification().label());
    }

    /** Lets commands end that run or wait, for a while, and kills those that do not. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (threads.awaitTermination(grace.toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        int waiting = threads.shutdownNow().size();
        if (waiting > 0) {
            LOG.error("{} commands not run: the program ends", waiting);
        }
        try {
            // Killing takes no time to speak of; without this the JVM may be gone before it is done.
            if (!threads.awaitTermination(1, TimeUnit.SECONDS)) {
                LOG.error("commands may still be running");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
