package bwmon.monitor.ebpf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.junit.jupiter.api.Assumptions;

/** What other programs print. */
final class Printed {
    private Printed() {}

    /** The output of a program, errors too. */
    static String by(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** As {@link #by}; without the program, the test is skipped. */
    static String byIfThere(String... command) {
        try {
            return by(command);
        } catch (IOException e) {
            Assumptions.abort("no " + List.of(command).getFirst() + ": " + e.getMessage());
            throw new IllegalStateException(e);
        }
    }
}
