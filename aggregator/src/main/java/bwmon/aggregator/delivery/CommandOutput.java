package bwmon.aggregator.delivery;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import bwmon.cli.Terminal;
import bwmon.traffic.Ticker;

/**
 * The output of a command, of which the beginning is kept. It is read only when there is something: a read that blocks
 * would wait for a background process that the command left behind with its output, and could not be called off.
 */
final class CommandOutput {
    private static final Duration POLL = Duration.ofMillis(20);
    /** pipe(7): 16 pages. */
    private static final int PIPE_CAPACITY = 65_536;

    private final InputStream stream;
    private final int max;
    private final Ticker ticker;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final byte[] buffer = new byte[8192];
    private long thrownAway;

    CommandOutput(InputStream stream, int max, Ticker ticker) {
        this.stream = stream;
        this.max = max;
        this.ticker = ticker;
    }

    /**
     * Reads until the process has ended, or the time is over. One that floods is held back to some megabytes a second, so
     * that it takes no processor to speak of from the counting.
     *
     * @return whether it has ended
     */
    boolean readUntilExit(Process process, Duration timeLimit) throws IOException, InterruptedException {
        long start = ticker.nanos();
        long pause = 0;
        while (ticker.nanos() - start < timeLimit.toNanos()) {
            boolean ended = !process.isAlive();
            boolean more = readAvailable();
            if (ended) {
                // What is still in the pipe, but no more than a pipe holds: a background process may fill it for ever.
                for (int rest = PIPE_CAPACITY; more && rest > 0; rest -= buffer.length) {
                    more = readAvailable();
                }
                return true;
            }
            if (!more || thrownAway - pause >= PIPE_CAPACITY) {
                pause = thrownAway;
                process.waitFor(POLL.toNanos(), TimeUnit.NANOSECONDS);
            }
        }
        return false;
    }

    private boolean readAvailable() throws IOException {
        int available = stream.available();
        if (available == 0) {
            return false;
        }
        int length = stream.read(buffer, 0, Math.min(buffer.length, available));
        int room = Math.min(max - kept.size(), length);
        if (room > 0) {
            kept.write(buffer, 0, room);
        }
        thrownAway += length - Math.max(room, 0);
        return true;
    }

    /** Closes the stream: what still writes to it gets a broken pipe. */
    void close() {
        try {
            stream.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing the reading end of a pipe cannot fail", e);
        }
    }

    /** The beginning of the output for a log, on one line; nothing if there was none. */
    @Override
    public String toString() {
        if (kept.size() == 0) {
            return "";
        }
        String text = kept.toString(StandardCharsets.UTF_8).strip().replace("\n", " | ");
        return ", output: " + Terminal.printable(text)
                + (thrownAway > 0 ? " (and " + thrownAway + " bytes more)" : "");
    }
}
