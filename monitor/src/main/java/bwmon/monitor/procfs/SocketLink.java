package bwmon.monitor.procfs;

import java.util.OptionalLong;

/** What a link of /proc/PID/fd points to, proc_pid_fd(5). */
final class SocketLink {
    private static final String PREFIX = "socket:[";

    private SocketLink() {}

    /** The inode of {@code socket:[inode]}; empty for anything else. */
    static OptionalLong inode(String target) {
        int digits = target.length() - PREFIX.length() - 1;
        if (!target.startsWith(PREFIX) || !target.endsWith("]") || digits < 1 || digits > 18) {
            return OptionalLong.empty();
        }
        long inode = 0;
        for (int i = PREFIX.length(); i < target.length() - 1; i++) {
            char digit = target.charAt(i);
            if (digit < '0' || digit > '9') {
                return OptionalLong.empty();
            }
            inode = 10 * inode + (digit - '0');
        }
        return OptionalLong.of(inode);
    }
}
