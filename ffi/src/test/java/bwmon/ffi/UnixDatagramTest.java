package bwmon.ffi;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Against a receiver that is not ours: a socket of Python's. */
@Timeout(60)
class UnixDatagramTest {
    /** Prints each datagram it receives in hexadecimal; where told to, reads none. */
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

    private static Process receiver(Path socket, String mode) throws IOException {
        try {
            return new ProcessBuilder(List.of("python3", "-c", RECEIVER, socket.toString(), mode))
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        } catch (IOException e) {
            return Assumptions.abort("no python3: " + e.getMessage());
        }
    }

    private static int errno(Path socket, byte[] datagram) {
        return assertThrows(ErrnoException.class, () -> UnixDatagram.send(socket.toString(), datagram)).errno();
    }

    @Test
    void datagramsArriveByteForByte() throws IOException {
        Path socket = folder.resolve("socket-\u00fc");
        Process python = receiver(socket, "reads");
        try (BufferedReader lines = python.inputReader(StandardCharsets.US_ASCII)) {
            assertEquals("ready", lines.readLine());
            var random = new Random(1);
            for (int size : new int[]{1, 2, 100, 65_537, 150_000}) {
                var datagram = new byte[size];
                random.nextBytes(datagram);
                UnixDatagram.send(socket.toString(), datagram);
                assertEquals(HexFormat.of().formatHex(datagram), lines.readLine());
            }
            assertEquals(90, errno(socket, new byte[2_000_000]), "EMSGSIZE");
        } finally {
            python.destroyForcibly();
        }
    }

    @Test
    void oneThatReadsNothingIsNotWaitedFor() throws IOException {
        Path socket = folder.resolve("socket");
        Process python = receiver(socket, "stuck");
        try (BufferedReader lines = python.inputReader(StandardCharsets.US_ASCII)) {
            assertEquals("ready", lines.readLine());
            int taken = 0;
            try {
                // net.unix.max_dgram_qlen is 10 or, since systemd, 512.
                for (; taken < 100_000; taken++) {
                    UnixDatagram.send(socket.toString(), new byte[]{1});
                }
            } catch (ErrnoException e) {
                assertEquals(Errno.EAGAIN, e.errno());
            }
            assertTrue(taken > 0 && taken < 100_000, taken + " datagrams taken");
        } finally {
            python.destroyForcibly();
        }
    }

    @Test
    void whereNobodyListensItSays() throws IOException, InterruptedException {
        assertEquals(Errno.ENOENT, errno(folder.resolve("nothing"), new byte[1]));
        assertEquals(Errno.ENAMETOOLONG, errno(Path.of("/" + "x".repeat(107)), new byte[1]));
        Path socket = folder.resolve("left");
        Process python = receiver(socket, "reads");
        try (BufferedReader lines = python.inputReader(StandardCharsets.US_ASCII)) {
            assertEquals("ready", lines.readLine());
        } finally {
            python.destroyForcibly().waitFor();
        }
        assertEquals(111, errno(socket, new byte[1]), "ECONNREFUSED");
    }
}
