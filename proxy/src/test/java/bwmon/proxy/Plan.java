package bwmon.proxy;

import java.util.SplittableRandom;

/**
 * What one peer of a transfer is to do.
 *
 * @param pattern what it sends
 * @param bytes how much it sends before it half-closes; where it resets, how much it would have sent
 * @param chunk the most that it gives to its kernel at a time
 * @param resetAfterSending after how many bytes sent it resets; -1 for never
 * @param resetAfterReceiving after how many bytes received it resets; -1 for never
 * @param readsLate whether it reads only once it has written all
 */
record Plan(Pattern pattern, long bytes, int chunk, long resetAfterSending, long resetAfterReceiving,
        boolean readsLate) {
    private static final int MAX_CHUNK_BITS = 18;

    boolean resets() {
        return resetAfterSending >= 0 || resetAfterReceiving >= 0;
    }

    /**
     * A size, log-uniform from 1 byte to 2^bits; one in twenty is 0.
     *
     * @param bits of the largest
     */
    static long size(SplittableRandom random, int bits) {
        return random.nextInt(20) == 0 ? 0 : (long) Math.pow(2, random.nextDouble() * bits);
    }

    static Plan of(SplittableRandom random, long bytes, long bytesOfPeer, boolean readsLate, boolean resets) {
        // Not so small that a big transfer is a matter of system calls alone.
        long smallest = Math.max(1, bytes / 4096);
        int chunk = (int) Math.max(smallest, (long) Math.pow(2, random.nextDouble() * MAX_CHUNK_BITS));
        boolean afterSending = resets && (bytesOfPeer == 0 || random.nextBoolean());
        boolean afterReceiving = resets && !afterSending;
        return new Plan(new Pattern(random.nextLong()), bytes, chunk,
                afterSending ? random.nextLong(bytes + 1) : -1,
                afterReceiving ? random.nextLong(bytesOfPeer + 1) : -1, readsLate);
    }
}
