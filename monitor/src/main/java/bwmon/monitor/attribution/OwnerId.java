package bwmon.monitor.attribution;

import bwmon.traffic.Owner;

/**
 * A process as the kernel's programs write it, in one word, so that it is stored and read as a whole: the start time of its
 * main thread since boot in units of 2^20 nanoseconds (1.05 ms) in the upper 42 bits, its number (at most 2^22,
 * PID_MAX_LIMIT, linux/threads.h) in the lower 22. A number would have to be used again within a millisecond to be taken
 * for another's.
 */
public final class OwnerId {
    /** No process. */
    public static final long NOBODY = 0;
    /** Bits of the process's number. */
    public static final int PID_BITS = 22;
    /** Bits by which the start time, in nanoseconds, is shifted to the right. */
    public static final int START_SHIFT = 20;

    /** Nanoseconds in a clock tick, USER_HZ. */
    private static final long NANOS_A_TICK = 10_000_000;

    private OwnerId() {}

    /** The number of the process. */
    public static int pid(long owner) {
        return (int) (owner & ((1L << PID_BITS) - 1));
    }

    /** Whether that process is meant. */
    public static boolean is(long owner, Owner.ProcessId id) {
        long earliest = owner >>> PID_BITS << START_SHIFT;
        long latest = earliest + (1L << START_SHIFT) - 1;
        return pid(owner) == id.pid() && earliest / NANOS_A_TICK <= id.startTicks()
                && id.startTicks() <= latest / NANOS_A_TICK;
    }
}
