package bwmon.monitor.ebpf;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Processors that this machine may ever have: as many values has an entry of a map per processor. */
final class PossibleProcessors {
    private static final Path POSSIBLE = Path.of("/sys/devices/system/cpu/possible");

    private PossibleProcessors() {}

    static int count() {
        try {
            return parse(Files.readString(POSSIBLE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of a list such as {@code 0-3} or {@code 0,2-5}. */
    static int parse(String list) throws IOException {
        int count = 0;
        try {
            for (String range : list.strip().split(",", -1)) {
                int dash = range.indexOf('-');
                int first = Integer.parseUnsignedInt(dash < 0 ? range : range.substring(0, dash));
                int last = dash < 0 ? first : Integer.parseUnsignedInt(range.substring(dash + 1));
                if (first < 0 || last < first) {
                    throw new NumberFormatException(range);
                }
                count = Math.addExact(count, Math.addExact(last - first, 1));
            }
            return count;
        } catch (NumberFormatException | ArithmeticException e) {
            throw new IOException(POSSIBLE + ": " + list, e);
        }
    }
}
