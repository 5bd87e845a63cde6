package bwmon.proxy;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import bwmon.cli.JsonLines;
import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import bwmon.proxy.relay.FinishedConnection;
import bwmon.traffic.Direction;
import com.fasterxml.jackson.core.JsonGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * One JSON line for each connection that ended, appended to a file by a thread of its own, so that a slow disk never
 * holds up forwarding. What the disk does not take in time or at all is counted, and said when it happens.
 */
final class AccessLog implements Pipes.ConnectionLog, AutoCloseable {
    /** Lines that wait for the disk; at some 300 bytes a connection about 20 MB. */
    private static final int MAX_WAITING = 65_536;
    private static final int MAX_BATCH = 1000;
    /** Between two writes. Where thousands of connections end in a second, to wake the writer for each costs more than the line. */
    private static final long PAUSE_MILLIS = 50;

    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);

    private record Entry(Pipe pipe, FinishedConnection connection) {}

    private final Path file;
    private final BlockingQueue<Entry> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final AtomicLong lost = new AtomicLong();
    private final Thread writer;
    private final AtomicBoolean failing = new AtomicBoolean();
    private volatile boolean reopen;
    private final CountDownLatch closing = new CountDownLatch(1);
    // Of the writer's thread, once it runs.
    private @Nullable Writer out;

    /**
     * Opens the file for appending.
     *
     * @throws ProgramException if that fails
     */
    AccessLog(Path file) throws ProgramException {
        this.file = file;
        try {
            out = open();
        } catch (IOException e) {
            throw new ProgramException(Kind.FAILURE, "--access-log: cannot write " + file + ": "
                    + (Files.isDirectory(file) ? "is a directory" : String.valueOf(e.getMessage())), e);
        }
        writer = Thread.ofPlatform().name("access-log").daemon().start(this::write);
    }

    private Writer open() throws IOException {
        var opened = new OutputStreamWriter(new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND), 64 * 1024), UTF_8);
        if (endsWithinLine()) {
            opened.write('\n');
        }
        return opened;
    }

    /** Whether the last line is torn, by a full disk or a killed program: the next one must not be glued to it. */
    private boolean endsWithinLine() throws IOException {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            return false;
        }
        try (SeekableByteChannel content = Files.newByteChannel(file)) {
            var last = ByteBuffer.allocate(1);
            return content.size() > 0 && content.position(content.size() - 1).read(last) == 1 && last.get(0) != '\n';
        }
    }

    @Override
    public void ended(Pipe pipe, FinishedConnection connection) {
        if (!waiting.offer(new Entry(pipe, connection))) {
            lose(1, "the disk is too slow", null);
        }
    }

    private void lose(long lines, String why, @Nullable Exception e) {
        lost.addAndGet(lines);
        if (!failing.getAndSet(true)) {
            LOG.error("access log {}: lines are lost: {}{}", file, why, e == null ? "" : ": " + e.getMessage());
        }
    }

    /** Lines that could not be written. */
    long lost() {
        return lost.get();
    }

    /** Opens the file anew before the next line, after something else has moved it away (logrotate). */
    void reopen() {
        reopen = true;
    }

    private void write() {
        var batch = new ArrayList<Entry>();
        try {
            boolean isLast = false;
            while (!isLast || !waiting.isEmpty()) {
                Entry first = isLast ? waiting.poll() : waiting.poll(100, TimeUnit.MILLISECONDS);
                if (first != null) {
                    batch.add(first);
                    waiting.drainTo(batch, MAX_BATCH);
                    writeOut(batch);
                    batch.clear();
                }
                isLast = closing.await(waiting.size() < MAX_BATCH ? PAUSE_MILLIS : 0, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeOut(List<Entry> batch) {
        try {
            if (reopen || out == null) {
                reopen = false;
                closeFile();
                out = open();
            }
            for (Entry entry : batch) {
                write(out, entry);
            }
            out.flush();
            failing.set(false);
        } catch (IOException | RuntimeException e) {
            // A part of the batch may be in the file; the buffer must not come out again behind it.
            lose(batch.size(), "writing failed", e);
            giveUpFile();
        }
    }

    private static void write(Writer out, Entry entry) throws IOException {
        FinishedConnection connection = entry.connection();
        JsonLines.write(out, "connection", json -> {
            json.writeStringField("pipe", entry.pipe().owner().name());
            json.writeStringField("started", connection.started().truncatedTo(ChronoUnit.MILLIS).toString());
            json.writeNumberField("duration_ms", connection.duration().toMillis());
            json.writeStringField("client", connection.client());
            json.writeStringField("upstream", connection.upstream());
            millis(json, "connect_ms", connection.connectTime());
            millis(json, "first_byte_ms", connection.firstByteTime());
            json.writeNumberField("tx_payload_bytes", connection.meter().forwarded(Direction.TX));
            json.writeNumberField("rx_payload_bytes", connection.meter().forwarded(Direction.RX));
            json.writeNumberField("client_read_bytes", connection.meter().read(Direction.TX));
            json.writeNumberField("upstream_read_bytes", connection.meter().read(Direction.RX));
            json.writeStringField("end", connection.end().label());
            json.writeStringField("error", connection.error());
        });
    }

    private static void millis(JsonGenerator json, String name, @Nullable Duration value) throws IOException {
        if (value == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, value.toMillis());
        }
    }

    private void giveUpFile() {
        try {
            closeFile();
        } catch (IOException e) {
            // The descriptor is given back all the same; what could not be written is counted already.
            LOG.debug("closing the access log {}", file, e);
            out = null;
        }
    }

    private void closeFile() throws IOException {
        if (out != null) {
            out.close();
            out = null;
        }
    }

    /** Writes what waits, then closes the file. */
    @Override
    public void close() {
        closing.countDown();
        try {
            writer.join();
            closeFile();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.error("access log {}: closing failed: {}", file, e.getMessage());
        }
    }
}
