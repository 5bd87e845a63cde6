package bwmon.monitor.procfs;

import java.io.IOException;
import java.util.Arrays;

/**
 * The descriptors of one process, remembered as long as it cannot have changed them: only its own threads can, and none of
 * them can without being given a processor. What the scheduler counts of each thread, /proc/PID/task/TID/schedstat, tells
 * whether it was; to read that costs about as much as to read three descriptors.
 *
 * <p>The counts of a thread that is running are brought up to date at the tick, so that what was read is trusted
 * {@link #SETTLE_NANOS} later only. On a processor without a tick (nohz_full) that is too short by up to a second. Where the
 * kernel does not count (built without CONFIG_SCHED_INFO), nothing is remembered.
 *
 * <p>A process that shares its descriptors with another process (CLONE_FILES without CLONE_THREAD, clone(2)) may seem to
 * lack what the other one has opened; the other one is seen to have it.
 */
final class Descriptors {
    /** Ten ticks of the slowest clock that Linux has, of 100 Hz. */
    static final long SETTLE_NANOS = 100_000_000;
    /** Sockets of one process; one that has more is read at every search. 12 bytes each. */
    static final int LIMIT = 16_384;
    /** Fewer descriptors cost less to read than to know unchanged. */
    private static final int WORTHWHILE = 8;
    /** So many descriptors cost as much as the state of one thread. */
    private static final int PER_THREAD = 4;

    private int count;
    private int sockets;
    private int[] numbers = new int[0];
    private long[] inodes = new long[0];
    private boolean isWhole;
    private long schedule = ProcFs.UNKNOWN_SCHEDULE;
    private long readAt;

    /** Tells the visitor of those that are sockets, or of all, until it has enough. */
    void visit(ProcFs proc, int pid, long now, ProcFs.SocketVisitor visitor) throws IOException {
        // Before the descriptors are read: what changes meanwhile is then seen to have changed the next time.
        long present = count < WORTHWHILE ? ProcFs.UNKNOWN_SCHEDULE : proc.schedule(pid, count / PER_THREAD);
        boolean isSame = isWhole && present != ProcFs.UNKNOWN_SCHEDULE && present == schedule
                && now - readAt >= SETTLE_NANOS;
        if (isSame) {
            for (int i = 0; i < sockets && visitor.descriptor(numbers[i], inodes[i]); i++) {
                // The visitor does it all.
            }
            return;
        }
        count = 0;
        sockets = 0;
        isWhole = false;
        schedule = present;
        readAt = now;
        if (proc.descriptors(pid, (number, inode) -> {
            count++;
            if (inode >= 0) {
                remember(number, inode);
            }
            return visitor.descriptor(number, inode);
        })) {
            isWhole = sockets <= LIMIT;
        }
    }

    private void remember(int number, long inode) {
        if (sockets < LIMIT) {
            if (sockets == inodes.length) {
                int length = Math.max(WORTHWHILE, 2 * sockets);
                numbers = Arrays.copyOf(numbers, length);
                inodes = Arrays.copyOf(inodes, length);
            }
            numbers[sockets] = number;
            inodes[sockets] = inode;
        }
        sockets++;
    }
}
