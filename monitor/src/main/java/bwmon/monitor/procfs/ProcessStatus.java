package bwmon.monitor.procfs;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/** /proc/PID/status, proc_pid_status(5). */
final class ProcessStatus {

    private ProcessStatus() {}

    /**
     * The effective user: the second number of the line {@code Uid:}.
     *
     * @return 0 to 2^32 - 1; empty if the line is missing or has another form
     */
    static OptionalLong effectiveUid(byte[] content) {
        for (String line : new String(content, StandardCharsets.ISO_8859_1).split("\n", -1)) {
            if (line.startsWith("Uid:")) {
                String[] numbers = line.substring("Uid:".length()).strip().split("\t", -1);
                if (numbers.length == 4 && numbers[1].matches("[0-9]{1,10}")) {
                    return OptionalLong.of(Long.parseLong(numbers[1]));
                }
            }
        }
        return OptionalLong.empty();
    }
}
