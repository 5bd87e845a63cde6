package bwmon.aggregator.delivery;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.usage.Alert;
import bwmon.ffi.Errno;
import bwmon.ffi.ErrnoException;
import bwmon.ffi.UnixDatagram;

/**
 * The system's log: journald by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), or where that is not there,
 * syslog by RFC 3164 in the form that syslog(3) has for local programs (no host name). Neither is waited for.
 *
 * <p>Safe for any thread.
 */
final class SystemLog {
    private static final Path JOURNAL = Path.of("/run/systemd/journal/socket");
    private static final Path SYSLOG = Path.of("/dev/log");

    /** A log whose queue is full is tried again so often, a second apart. */
    private static final int MAX_ATTEMPTS = 5;
    private static final Duration DELAY = Duration.ofSeconds(1);

    /** LOG_DAEMON, syslog.h (there shifted by 3). */
    private static final int FACILITY = 3;
    /** LOG_WARNING and LOG_NOTICE, syslog.h. */
    private static final int WARNING = 4;
    private static final int NOTICE = 5;
    /** The kernel takes some 200 KiB in a datagram (net.core.wmem_default). */
    private static final int MAX_LINE = 4096;
    /** RFC 3164, 4.1: a packet's total length. */
    private static final int MAX_PACKET = 1024;
    /** RFC 3164, 4.1.2: "Mmm dd hh:mm:ss", the day padded with a space. */
    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ENGLISH);

    private final Path journal;
    private final Path syslog;
    private final ZoneId zone;
    private final AtomicBoolean isMissing = new AtomicBoolean();

    /**
     * A log at these sockets.
     *
     * @param zone of the times in lines
     */
    SystemLog(Path journal, Path syslog, ZoneId zone) {
        this.journal = journal;
        this.syslog = syslog;
        this.zone = zone;
    }

    /** The log of this host. */
    static SystemLog ofHost(ZoneId zone) {
        return new SystemLog(JOURNAL, SYSLOG, zone);
    }

    /** Sends the event's line. */
    Outcome attempt(AlertEvent event, int number) {
        ErrnoException first;
        try {
            return send("journald", journal, entry(event), number);
        } catch (ErrnoException e) {
            first = e;
        }
        try {
            return send("syslog", syslog, packet(event), number);
        } catch (ErrnoException e) {
            // Said once, until it works again: it is the host's way to be.
            return new Outcome.Failed("failed: no system log here: " + first.getMessage() + "; " + e.getMessage(),
                    !isMissing.getAndSet(true));
        }
    }

    private Outcome send(String name, Path socket, byte[] datagram, int number) throws ErrnoException {
        try {
            UnixDatagram.send(socket.toString(), datagram);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EAGAIN) {
                throw e;
            }
            String detail = "failed: " + name + " takes nothing: " + e.getMessage();
            return number < MAX_ATTEMPTS
                    ? new Outcome.Again(detail, DELAY)
                    : new Outcome.Failed(detail + "; given up after " + number + " attempts");
        }
        isMissing.set(false);
        return new Outcome.Done("done: " + name + " at " + socket);
    }

    private static int priority(AlertEvent event) {
        return event.alert().state() == Alert.State.FIRING ? WARNING : NOTICE;
    }

    private byte[] entry(AlertEvent event) {
        var entry = new ByteArrayOutputStream(1024);
        field(entry, "MESSAGE", Message.cut(event.line(zone), MAX_LINE));
        field(entry, "PRIORITY", Integer.toString(priority(event)));
        field(entry, "SYSLOG_FACILITY", Integer.toString(FACILITY));
        field(entry, "SYSLOG_IDENTIFIER", "bwmon");
        Message.of(event).values()
                .forEach((name, value) -> field(entry, "BWMON_" + name.toUpperCase(Locale.ROOT), value));
        return entry.toByteArray();
    }

    /** Each with its length (64 bits, little endian), so that a value may hold anything. */
    private static void field(ByteArrayOutputStream entry, String name, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        entry.writeBytes((name + "\n").getBytes(StandardCharsets.US_ASCII));
        entry.writeBytes(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length).array());
        entry.writeBytes(bytes);
        entry.write('\n');
    }

    private byte[] packet(AlertEvent event) {
        String head = "<" + (FACILITY << 3 | priority(event)) + ">" + TIMESTAMP.format(event.alert().at().atZone(zone))
                + " bwmon[" + ProcessHandle.current().pid() + "]: ";
        return Message.cut(head + event.line(zone), MAX_PACKET).getBytes(StandardCharsets.UTF_8);
    }
}
