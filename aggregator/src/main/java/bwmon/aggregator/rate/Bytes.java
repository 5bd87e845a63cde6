package bwmon.aggregator.rate;

import java.math.BigInteger;

/** Arithmetic on byte counts that neither wraps nor stops the program: what does not fit 63 bits is the greatest count. */
public final class Bytes {

    private Bytes() {}

    /** The sum of two counts, 0 or more; {@link Long#MAX_VALUE} if it is greater than that. */
    public static long plus(long a, long b) {
        long sum = a + b;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    /**
     * {@code bytes * part / whole}, rounded down; {@link Long#MAX_VALUE} if it is greater than that.
     *
     * @param bytes 0 or more
     * @param part 0 or more
     * @param whole 1 or more
     */
    public static long share(long bytes, long part, long whole) {
        if (Math.multiplyHigh(bytes, part) == 0 && bytes * part >= 0) {
            return bytes * part / whole;
        }
        return saturated(
                BigInteger.valueOf(bytes).multiply(BigInteger.valueOf(part)).divide(BigInteger.valueOf(whole)));
    }

    static long saturated(BigInteger bytes) {
        return bytes.bitLength() < Long.SIZE ? bytes.longValue() : Long.MAX_VALUE;
    }
}
