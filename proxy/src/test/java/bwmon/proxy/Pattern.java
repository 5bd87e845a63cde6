package bwmon.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.Arrays;
import java.util.SplittableRandom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * An endless stream of bytes that look random, told from others by its seed: whoever reads it knows of each byte whether
 * it is the one that has to come next, which finds what is lost, doubled or out of order, and tells where.
 */
final class Pattern {
    /** A prime, so that no usual size of buffers divides the distance after which bytes come again. */
    private static final int PERIOD = 1_048_573;
    /** The table goes on behind its period, so that pieces need not be put together. */
    private static final byte[] TABLE = table();

    private final int shift;

    Pattern(long seed) {
        this.shift = (int) Math.floorMod((seed * 0x9E3779B97F4A7C15L) >>> 20, (long) PERIOD);
    }

    private static byte[] table() {
        byte[] bytes = new byte[2 * PERIOD];
        new SplittableRandom(PERIOD).nextBytes(bytes);
        System.arraycopy(bytes, 0, bytes, PERIOD, PERIOD);
        return bytes;
    }

    /** Copies what comes from an offset on. */
    void fill(byte[] buffer, int length, long offset) {
        for (int done = 0; done < length;) {
            int at = at(offset + done);
            int count = Math.min(length - done, TABLE.length - at);
            System.arraycopy(TABLE, at, buffer, done, count);
            done += count;
        }
    }

    /** Where a part of the stream differs from what it has to be; -1 if nowhere. */
    long mismatch(byte[] buffer, int length, long offset) {
        for (int done = 0; done < length;) {
            int at = at(offset + done);
            int count = Math.min(length - done, TABLE.length - at);
            int differs = Arrays.mismatch(buffer, done, done + count, TABLE, at, at + count);
            if (differs >= 0) {
                return offset + done + differs;
            }
            done += count;
        }
        return -1;
    }

    /** Sends the stream's first bytes, as many as are asked for. */
    void send(Socket socket, long bytes) throws IOException {
        byte[] buffer = new byte[64 * 1024];
        for (long sent = 0; sent < bytes;) {
            int count = (int) Math.min(buffer.length, bytes - sent);
            fill(buffer, count, sent);
            socket.getOutputStream().write(buffer, 0, count);
            sent += count;
        }
    }

    /** Reads this stream up to the reset that has to come, and gives the number of bytes before it. */
    long readToReset(Socket socket) throws IOException {
        byte[] buffer = new byte[64 * 1024];
        InputStream in = socket.getInputStream();
        for (long got = 0;;) {
            int count;
            try {
                count = in.read(buffer);
            } catch (SocketException e) {
                return got;
            }
            assertTrue(count >= 0, "a cut stream looked whole after " + got + " bytes");
            assertEquals(-1, mismatch(buffer, count, got));
            got += count;
        }
    }

    private int at(long offset) {
        return (int) ((offset + shift) % PERIOD);
    }
}
