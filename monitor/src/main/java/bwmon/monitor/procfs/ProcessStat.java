package bwmon.monitor.procfs;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * /proc/PID/stat, proc_pid_stat(5).
 *
 * @param pid field 1, 1 or more
 * @param comm field 2, at most 15 bytes of the program's choice; it may have spaces, parentheses and line feeds in it
 * @param isKernelThread from field 9: PF_KTHREAD
 * @param startTicks field 22: start in clock ticks (USER_HZ, 100 a second) since boot
 */
public record ProcessStat(int pid, String comm, boolean isKernelThread, long startTicks) {
    /** PF_KTHREAD, linux/sched.h (not UAPI; the same since 2.6.17). */
    private static final long PF_KTHREAD = 0x0020_0000;

    /**
     * Reads the file's content.
     *
     * @return empty if it has another form
     */
    static Optional<ProcessStat> parse(byte[] content) {
        int open = indexOf(content, (byte) '(', 0);
        // The name may have a closing parenthesis of its own; numbers have none, so that the last one ends the name.
        int close = content.length - 1;
        while (close > open && content[close] != ')') {
            close--;
        }
        if (open < 2 || close <= open || content.length - close < 3) {
            return Optional.empty();
        }
        // The field that follows the name is the third.
        int at = close + 2;
        long flags = -1;
        for (int field = 3; field < 22; field++) {
            if (field == 9) {
                flags = number(content, at);
            }
            at = indexOf(content, (byte) ' ', at) + 1;
            if (at == 0) {
                return Optional.empty();
            }
        }
        long pid = number(content, 0);
        long startTicks = number(content, at);
        return pid < 1 || pid > Integer.MAX_VALUE || flags < 0 || startTicks < 0
                ? Optional.empty()
                : Optional.of(new ProcessStat((int) pid,
                        new String(content, open + 1, close - open - 1, StandardCharsets.UTF_8),
                        (flags & PF_KTHREAD) != 0, startTicks));
    }

    /** A decimal number that a blank or a line feed ends; -1 if there is none, or one beyond 2^63 - 1. */
    private static long number(byte[] content, int from) {
        long number = 0;
        int at = from;
        for (; at < content.length && content[at] != ' ' && content[at] != '\n'; at++) {
            int digit = content[at] - '0';
            if (digit < 0 || digit > 9 || number > (Long.MAX_VALUE - 9) / 10) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return at == from ? -1 : number;
    }

    private static int indexOf(byte[] bytes, byte wanted, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}
