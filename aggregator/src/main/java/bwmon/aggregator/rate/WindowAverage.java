package bwmon.aggregator.rate;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.OptionalLong;

/**
 * The average rate over a window that moves with the clock: the bytes that moved in the window, over its length. It goes
 * by time and not by the number of samples, which may come late, be missing, or be longer than the window.
 *
 * <p><b>What is promised.</b> The bytes of a sample are taken as evenly spread over its interval; of a sample that the
 * window cuts in two, the share within the window counts. Under that reading the average is exact, rounded down to a
 * byte a second, with two limits: time is kept in pieces, and neighbours shorter than 1/{@value #GRAINS} of the window
 * together are taken as one piece; and a share is rounded down to a byte at each piece.
 *
 * <p>Memory is bounded by {@value #MAX_PIECES} pieces, whatever the window and the samples. Not safe for more than one
 * thread.
 */
public final class WindowAverage {
    /** The shortest window. */
    public static final Duration MIN_WINDOW = Duration.ofSeconds(1);
    /** The longest window. */
    public static final Duration MAX_WINDOW = Duration.ofHours(24);
    static final int GRAINS = 1024;
    /** Two neighbours are longer than a grain together; one more may stick out of the window. */
    static final int MAX_PIECES = 2 * GRAINS + 2;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final long windowNanos;
    private final long startNanos;
    /** Without gaps, the oldest first; the last ends now. Never empty. */
    private final ArrayDeque<Piece> pieces = new ArrayDeque<>();

    private static final class Piece {
        /** Since the start. */
        long endNanos;
        long nanos;
        long bytes;
    }

    /**
     * An average that knows nothing yet.
     *
     * @param window from {@link #MIN_WINDOW} to {@link #MAX_WINDOW}
     * @param startNanos monotonic time from which on samples come; the window is full when it has elapsed since
     */
    public WindowAverage(Duration window, long startNanos) {
        if (window.compareTo(MIN_WINDOW) < 0 || window.compareTo(MAX_WINDOW) > 0) {
            throw new IllegalArgumentException("a window is 1 second to 24 hours long, not " + window);
        }
        this.windowNanos = window.toNanos();
        this.startNanos = startNanos;
        pieces.add(new Piece());
    }

    /**
     * Moves the window on, in which nothing moved until {@link #add} says so.
     *
     * @param nowNanos monotonic time, not before that of the last call
     */
    public void advance(long nowNanos) {
        long now = nowNanos - startNanos;
        Piece last = pieces.getLast();
        long passed = now - last.endNanos;
        if (passed < 0) {
            throw new IllegalArgumentException("a monotonic clock went back by " + -passed + " ns");
        }
        if (last.nanos + passed <= windowNanos / GRAINS) {
            last.nanos += passed;
            last.endNanos = now;
        } else {
            var piece = new Piece();
            piece.nanos = passed;
            piece.endNanos = now;
            pieces.add(piece);
        }
        // The last piece ends now and is never before the window.
        while (pieces.getFirst().endNanos <= now - windowNanos) {
            pieces.removeFirst();
        }
    }

    /**
     * Adds a sample that ends now. Samples may overlap: two sources add theirs one after the other, and one that could not
     * tell for a while spreads its bytes over the while. What lies before the window or the start is left out.
     *
     * @param interval how long the sample's interval was, 0 or longer
     * @param bytes how many bytes moved in it, 0 or more
     * @throws ArithmeticException if the bytes of a piece exceed 63 bits
     */
    public void add(Duration interval, long bytes) {
        if (bytes < 0 || interval.isNegative()) {
            throw new IllegalArgumentException(bytes + " bytes in " + interval);
        }
        long nanos = interval.toNanos();
        if (nanos == 0) {
            Piece last = pieces.getLast();
            last.bytes = Math.addExact(last.bytes, bytes);
            return;
        }
        long covered = 0;
        long given = 0;
        Iterator<Piece> latestFirst = pieces.descendingIterator();
        while (covered < nanos && latestFirst.hasNext()) {
            Piece piece = latestFirst.next();
            covered += Math.min(piece.nanos, nanos - covered);
            // The share up to here less what was given already, so that no byte is lost in rounding.
            long share = share(bytes, covered, nanos);
            piece.bytes = Math.addExact(piece.bytes, share - given);
            given = share;
        }
    }

    /** Whether the window has elapsed since the start; before, an average would be over less than was asked for. */
    public boolean isFull() {
        return pieces.getLast().endNanos >= windowNanos;
    }

    /** The average in bytes a second, rounded down; empty until the window is full. */
    public OptionalLong bytesPerSecond() {
        if (!isFull()) {
            return OptionalLong.empty();
        }
        long windowStart = pieces.getLast().endNanos - windowNanos;
        long bytes = 0;
        for (Piece piece : pieces) {
            long within = piece.endNanos - windowStart;
            bytes = Math.addExact(bytes, within >= piece.nanos
                    ? piece.bytes
                    : share(piece.bytes, within, piece.nanos));
        }
        return OptionalLong.of(share(bytes, NANOS_PER_SECOND, windowNanos));
    }

    /** {@code bytes * part / whole}, rounded down, for a part that is no longer than the whole. */
    private static long share(long bytes, long part, long whole) {
        if (Math.multiplyHigh(bytes, part) == 0 && bytes * part >= 0) {
            return bytes * part / whole;
        }
        return BigInteger.valueOf(bytes).multiply(BigInteger.valueOf(part)).divide(BigInteger.valueOf(whole))
                .longValueExact();
    }

    int pieces() {
        return pieces.size();
    }
}
