package bwmon.aggregator.delivery;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;

import bwmon.aggregator.alert.AlertEvent;
import bwmon.aggregator.usage.Alert;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a receiver that is not ours, a socket of Python's, gets. */
@Timeout(60)
class SystemLogTest {
    private static final String RECEIVER = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.bind(sys.argv[1])
            print("ready", flush=True)
            if sys.argv[2] == "stuck":
                sys.stdin.read()
            while True:
                print(s.recv(300000).hex(), flush=True)
            """;

    @TempDir
    Path folder = Path.of("");

    private Path journal() {
        return folder.resolve("journal");
    }

    private Path syslog() {
        return folder.resolve("log");
    }

    private SystemLog log() {
        return new SystemLog(journal(), syslog(), ZoneOffset.UTC);
    }

    /** A receiver that has its socket. */
    private static Process receiver(Path socket, String mode) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(List.of("python3", "-c", RECEIVER, socket.toString(), mode))
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException e) {
            return Assumptions.abort("no python3: " + e.getMessage());
        }
        return process;
    }

    private static void field(ByteArrayOutputStream entry, String name, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        entry.writeBytes((name + "\n").getBytes(StandardCharsets.UTF_8));
        assertTrue(bytes.length < 65_536);
        entry.writeBytes(new byte[]{(byte) bytes.length, (byte) (bytes.length >> 8), 0, 0, 0, 0, 0, 0});
        entry.writeBytes(bytes);
        entry.write('\n');
    }

    @Test
    void journaldGetsFieldsThatMayHoldAnything() throws IOException {
        Process python = receiver(journal(), "reads");
        try (BufferedReader lines = python.inputReader(StandardCharsets.US_ASCII)) {
            assertEquals("ready", lines.readLine());
            String hostile = "a\nPRIORITY=0\n\u00fc $(x)" + "x".repeat(300);
            AlertEvent event = Events.systemLog(hostile, Alert.State.FIRING);
            assertEquals(new Outcome.Done("done: journald at " + journal()), log().attempt(event, 1));

            var expected = new ByteArrayOutputStream();
            field(expected, "MESSAGE", event.line(ZoneOffset.UTC));
            field(expected, "PRIORITY", "4");
            field(expected, "SYSLOG_FACILITY", "3");
            field(expected, "SYSLOG_IDENTIFIER", "bwmon");
            field(expected, "BWMON_APPLICATION", hostile);
            field(expected, "BWMON_LABEL", "label");
            field(expected, "BWMON_RATE", "1234");
            field(expected, "BWMON_VALUE", "1234");
            field(expected, "BWMON_THRESHOLD", "1000");
            field(expected, "BWMON_DIRECTION", "tx");
            field(expected, "BWMON_STATE", "firing");
            field(expected, "BWMON_MEASURE", "rate");
            assertEquals(HexFormat.of().formatHex(expected.toByteArray()), lines.readLine());
        } finally {
            python.destroyForcibly();
        }
    }

    @Test
    void withoutJournaldSyslogGetsOneLine() throws IOException {
        Process python = receiver(syslog(), "reads");
        try (BufferedReader lines = python.inputReader(StandardCharsets.US_ASCII)) {
            assertEquals("ready", lines.readLine());
            AlertEvent resolved = Events.systemLog("a\n<0>b", Alert.State.RESOLVED);
            assertEquals(new Outcome.Done("done: syslog at " + syslog()), log().attempt(resolved, 1));
            String head = "Nov 21 10:00:01 bwmon[" + ProcessHandle.current().pid() + "]: 2026-11-21 10:00:01 label (";
            String packet = packet(lines);
            assertTrue(packet.startsWith("<29>" + head + "a?<0>b): tx limit "), packet);
            assertEquals(-1, packet.indexOf('\n'));

            // A line has so many columns at most of a name, and marks take none.
            log().attempt(Events.systemLog(("e" + "\u0301".repeat(4)).repeat(500), Alert.State.FIRING), 1);
            String cut = packet(lines);
            assertTrue(cut.startsWith("<28>" + head + "e\u0301"), cut);
            assertTrue(cut.endsWith("..."), cut);
            int length = cut.getBytes(StandardCharsets.UTF_8).length;
            assertTrue(length <= 1024 && length > 1020, length + " bytes");
        } finally {
            python.destroyForcibly();
        }
    }

    private static String packet(BufferedReader lines) throws IOException {
        return new String(HexFormat.of().parseHex(lines.readLine()), StandardCharsets.UTF_8);
    }

    @Test
    void whereThereIsNeitherItIsSaidOnce() {
        SystemLog log = log();
        AlertEvent event = Events.systemLog("a", Alert.State.FIRING);
        var first = assertInstanceOf(Outcome.Failed.class, log.attempt(event, 1));
        assertTrue(first.isNews());
        assertTrue(first.detail().contains(journal().toString()) && first.detail().contains(syslog().toString())
                && first.detail().contains("ENOENT"), first.detail());
        assertEquals(new Outcome.Failed(first.detail(), false), log.attempt(event, 1));
    }

    @Test
    void aJournalThatIsStuckIsTriedAgainAndNotWaitedFor() throws IOException {
        Process python = receiver(journal(), "stuck");
        try (BufferedReader lines = python.inputReader(StandardCharsets.US_ASCII)) {
            assertEquals("ready", lines.readLine());
            AlertEvent event = Events.systemLog("a", Alert.State.FIRING);
            Outcome outcome = log().attempt(event, 1);
            for (int sent = 0; sent < 100_000 && outcome instanceof Outcome.Done; sent++) {
                outcome = log().attempt(event, 1);
            }
            String detail = assertInstanceOf(Outcome.Again.class, outcome).detail();
            assertTrue(detail.contains("journald takes nothing") && detail.contains("EAGAIN"), detail);
            assertEquals(new Outcome.Failed(detail + "; given up after 5 attempts"), log().attempt(event, 5));
        } finally {
            python.destroyForcibly();
        }
    }
}
