package bwmon.monitor.procfs;

import java.nio.charset.StandardCharsets;

/** /proc/PID/cmdline, proc_pid_cmdline(5): arguments, each ended by a NUL. */
final class CommandLine {
    /** How much of it is kept, in bytes. */
    static final int LIMIT = 4096;

    private CommandLine() {}

    /**
     * The arguments, joined by single spaces; what is no UTF-8 is replaced by U+FFFD.
     *
     * @param content up to {@link #LIMIT} bytes of it
     * @return empty for a kernel thread and a zombie, which have none
     */
    static String parse(byte[] content) {
        int end = content.length;
        // A program that writes its title over its arguments (nginx, sshd) leaves a tail of NULs.
        while (end > 0 && content[end - 1] == 0) {
            end--;
        }
        return new String(content, 0, end, StandardCharsets.UTF_8).replace('\0', ' ');
    }
}
