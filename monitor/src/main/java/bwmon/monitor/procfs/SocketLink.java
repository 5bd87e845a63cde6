package bwmon.monitor.procfs;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

/** What a link of /proc/PID/fd points to, proc_pid_fd(5). */
final class SocketLink {
    private static final byte[] PREFIX = "socket:[".getBytes(StandardCharsets.US_ASCII);
    /** 10^18 - 1 is below 2^63. */
    private static final int MAX_DIGITS = 18;

    private SocketLink() {}

    /** The inode of {@code socket:[inode]}, 0 or more; -1 for anything else. */
    static long inode(MemorySegment target) {
        long digits = target.byteSize() - PREFIX.length - 1;
        if (digits < 1 || digits > MAX_DIGITS || target.get(JAVA_BYTE, PREFIX.length + digits) != ']') {
            return -1;
        }
        for (int i = 0; i < PREFIX.length; i++) {
            if (target.get(JAVA_BYTE, i) != PREFIX[i]) {
                return -1;
            }
        }
        long inode = 0;
        for (long i = PREFIX.length; i < PREFIX.length + digits; i++) {
            int digit = target.get(JAVA_BYTE, i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            inode = 10 * inode + digit;
        }
        return inode;
    }
}
