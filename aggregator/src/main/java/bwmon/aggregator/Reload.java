package bwmon.aggregator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import bwmon.aggregator.config.Configuration;
import bwmon.aggregator.config.ConfigurationFiles.Loaded;
import bwmon.cli.ProgramException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration again when asked to, on the thread of whoever asks, and has it ready for the next pass. A file that
 * is not right leaves what is in force as it is, and is told of. Safe for any thread.
 */
final class Reload {
    /** So many messages wait at most; the oldest are forgotten. */
    private static final int MAX_MESSAGES = 16;
    private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

    private final Reader reader;
    private final AtomicReference<@Nullable Configuration> next = new AtomicReference<>();
    private final Queue<String> messages = new ArrayDeque<>();
    /** Requests since nobody read. */
    private final AtomicInteger requests = new AtomicInteger();

    /** Reads all files. */
    @FunctionalInterface
    interface Reader {
        /**
         * Reads them.
         *
         * @throws ProgramException naming the file and line of what is wrong
         */
        Loaded read() throws ProgramException;
    }

    Reload(Reader reader) {
        this.reader = reader;
    }

    /**
     * Reads the files, unless somebody does: who does reads them once more then, so that what was asked for last is what is
     * read last, and a storm of requests is two readings.
     */
    void request() {
        if (requests.getAndIncrement() > 0) {
            return;
        }
        int answered;
        do {
            answered = requests.get();
            readOnce();
        } while (!requests.compareAndSet(answered, 0));
    }

    private void readOnce() {
        try {
            Loaded read = reader.read();
            read.warnings().forEach(this::say);
            next.set(read.configuration());
        } catch (ProgramException e) {
            say("not reloaded, what was in force stays so: " + e.getMessage());
        } catch (RuntimeException | StackOverflowError e) {
            // Of a signal's thread nobody else would hear.
            LOG.error("reading the configuration again failed", e);
            say("not reloaded, what was in force stays so: internal error, the log says more");
        }
    }

    /** The configuration that was read since the last call; null if none was. */
    @Nullable
    Configuration take() {
        return next.getAndSet(null);
    }

    /** Has a message shown with the next interval. */
    void say(String message) {
        synchronized (messages) {
            messages.add(message);
            if (messages.size() > MAX_MESSAGES) {
                messages.remove();
            }
        }
    }

    /** What there is to show. */
    List<String> takeMessages() {
        synchronized (messages) {
            var taken = new ArrayList<>(messages);
            messages.clear();
            return taken;
        }
    }
}
