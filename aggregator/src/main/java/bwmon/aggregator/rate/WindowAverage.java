package bwmon.aggregator.rate;

import java.math.BigInteger;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * The average rate over a window that moves with the clock: the bytes that moved in the window, over its length. It goes
 * by time and not by the number of samples, which may come late, be missing, or be longer than the window.
 *
 * <p><b>What is promised.</b> The bytes of a sample are taken as evenly spread over its interval; of a sample that the
 * window cuts in two, the share within the window counts. Under that reading the average is exact, rounded down to a
 * byte a second, with two limits: time is kept in pieces, and what is shorter than a grain, 1/{@value #GRAINS} of the
 * window, is not told apart from what is beside it; and a share is rounded down to a byte at each piece. More bytes than
 * 63 bits hold, in a piece or as a rate, are the greatest count.
 *
 * <p>Memory is bounded by {@value #MAX_PIECES} pieces of 16 bytes, whatever the window and the samples; time in which
 * nothing moved is one piece. Not safe for more than one thread.
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
    private static final int FEW_PIECES = 8;
    private static final long LOW = 0xffff_ffffL;

    private final long windowNanos;
    private final long grainNanos;
    private final long startNanos;

    /**
     * Pieces of time without gaps, the oldest first, from index {@code first} on; the last ends now. There is at least one.
     * Times are nanoseconds since the start. Any two neighbours are longer than a grain together.
     */
    private long[] ends = new long[FEW_PIECES];
    private long[] bytes = new long[FEW_PIECES];
    private int first;
    private int last;
    /** When the first piece began. */
    private long firstBegin;

    /** All pieces' bytes, as {@code high * 2^32 + low}: more than 63 bits, if each piece's are nearly that. */
    private long high;
    private long low;

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
        this.grainNanos = windowNanos / GRAINS;
        this.startNanos = startNanos;
    }

    /**
     * Moves the window on, in which nothing moved until {@link #add} says so.
     *
     * @param nowNanos monotonic time, not before that of the last call
     */
    public void advance(long nowNanos) {
        long now = nowNanos - startNanos;
        long passed = now - ends[last];
        if (passed < 0) {
            throw new IllegalArgumentException("a monotonic clock went back by " + -passed + " ns");
        }
        if (bytes[last] == 0 || length(last) + passed <= grainNanos) {
            ends[last] = now;
        } else {
            open(last + 1);
            ends[last] = now;
        }
        forget();
    }

    /** Drops what is before the window. The last piece ends now and never is. */
    private void forget() {
        while (ends[first] <= ends[last] - windowNanos) {
            count(-bytes[first]);
            firstBegin = ends[first++];
        }
    }

    /**
     * Adds a sample that ends now. Samples may overlap: two sources add theirs one after the other, and one that could not
     * tell for a while spreads its bytes over the while. What lies before the window or the start is left out.
     *
     * @param interval how long the sample's interval was, 0 or longer
     * @param sample how many bytes moved in it, 0 or more
     */
    public void add(Duration interval, long sample) {
        add(interval.toNanos(), sample);
    }

    /** As {@link #add(Duration, long)}, with the interval in nanoseconds. */
    public void add(long nanos, long sample) {
        if (sample < 0 || nanos < 0) {
            throw new IllegalArgumentException(sample + " bytes in " + nanos + " ns");
        }
        if (nanos == 0) {
            put(last, sample);
            return;
        }
        long covered = 0;
        long given = 0;
        for (int i = last; i >= first && covered < nanos; i--) {
            i = split(i, nanos - covered, covered == 0);
            covered += Math.min(length(i), nanos - covered);
            // The share up to here less what was given already, so that no byte is lost in rounding.
            long share = Bytes.share(sample, covered, nanos);
            put(i, share - given);
            given = share;
        }
        // A piece that was cut in two may have reached into the window with its latter part only.
        forget();
    }

    /**
     * Cuts a piece in two where a sample begins within it, unless a part would be shorter than a grain.
     *
     * @param part how much of the piece's end is wanted
     * @param isAll whether the sample has no other part
     * @return which piece takes the part's bytes
     */
    private int split(int piece, long part, boolean isAll) {
        long length = length(piece);
        // The tail of a long sample has few bytes if it is shorter than a grain; all of a short one may be many.
        long cut = isAll ? Math.max(part, grainNanos + 1) : part;
        if (length - cut <= grainNanos || cut <= grainNanos) {
            return piece;
        }
        int latter = open(piece + 1);
        int former = latter - 1;
        ends[latter] = ends[former];
        ends[former] -= cut;
        bytes[latter] = Bytes.share(bytes[former], cut, length);
        bytes[former] -= bytes[latter];
        return latter;
    }

    /** Makes room for one more piece before that index, and says what its index became. */
    private int open(int index) {
        int at = index;
        if (last + 1 == ends.length) {
            int pieces = last + 1 - first;
            // Those that went make room, if they are many; so each costs a copy now and then only.
            int room = first > ends.length / 4 ? ends.length : Math.min(ends.length * 2, MAX_PIECES + FEW_PIECES);
            long[] target = room == ends.length ? ends : new long[room];
            System.arraycopy(ends, first, target, 0, pieces);
            ends = target;
            target = room == bytes.length ? bytes : new long[room];
            System.arraycopy(bytes, first, target, 0, pieces);
            bytes = target;
            at -= first;
            last -= first;
            first = 0;
        }
        System.arraycopy(ends, at, ends, at + 1, last + 1 - at);
        System.arraycopy(bytes, at, bytes, at + 1, last + 1 - at);
        bytes[at] = 0;
        last++;
        return at;
    }

    private void put(int piece, long more) {
        long sum = Bytes.plus(bytes[piece], more);
        count(sum - bytes[piece]);
        bytes[piece] = sum;
    }

    private void count(long more) {
        low += more & LOW;
        high += (more >> 32) + (low >> 32);
        low &= LOW;
    }

    private long length(int piece) {
        return ends[piece] - (piece == first ? firstBegin : ends[piece - 1]);
    }

    /** Whether the window has elapsed since the start; before, an average would be over less than was asked for. */
    public boolean isFull() {
        return ends[last] >= windowNanos;
    }

    /** Whether no byte moved in the window. */
    public boolean isEmpty() {
        return high == 0 && low == 0;
    }

    /** The average in bytes a second, rounded down; empty until the window is full. */
    public OptionalLong bytesPerSecond() {
        return isFull() ? OptionalLong.of(bytesPerSecondSoFar()) : OptionalLong.empty();
    }

    /** The average in bytes a second over {@link #soFar}, rounded down. */
    public long bytesPerSecondSoFar() {
        long within = ends[first] - (ends[last] - windowNanos);
        long length = length(first);
        long outside = within < length ? bytes[first] - Bytes.share(bytes[first], within, length) : 0;
        if (high < 1L << 31) {
            return Bytes.share((high << 32) + low - outside, NANOS_PER_SECOND, soFarNanos());
        }
        return Bytes.saturated(BigInteger.valueOf(high).shiftLeft(32).add(BigInteger.valueOf(low - outside))
                .multiply(BigInteger.valueOf(NANOS_PER_SECOND)).divide(BigInteger.valueOf(soFarNanos())));
    }

    /** The window; until it is full the time since the start, but never less than 1 second. */
    public Duration soFar() {
        return Duration.ofNanos(soFarNanos());
    }

    private long soFarNanos() {
        return Math.clamp(ends[last], NANOS_PER_SECOND, windowNanos);
    }

    int pieces() {
        return last + 1 - first;
    }
}
