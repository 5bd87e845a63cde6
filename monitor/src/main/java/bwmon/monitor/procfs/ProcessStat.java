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
        String[] fields = new String(content, close + 2, content.length - close - 2, StandardCharsets.ISO_8859_1)
                .split(" ", 21);
        // The first of them is field 3.
        if (fields.length < 20) {
            return Optional.empty();
        }
        try {
            int pid = Integer.parseInt(new String(content, 0, open - 1, StandardCharsets.ISO_8859_1));
            long flags = Long.parseLong(fields[9 - 3]);
            long startTicks = Long.parseLong(fields[22 - 3].strip());
            return pid < 1 || startTicks < 0
                    ? Optional.empty()
                    : Optional.of(new ProcessStat(pid,
                            new String(content, open + 1, close - open - 1, StandardCharsets.UTF_8),
                            (flags & PF_KTHREAD) != 0, startTicks));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
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
