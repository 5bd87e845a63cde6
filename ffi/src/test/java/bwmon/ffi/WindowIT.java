package bwmon.ffi;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The width of a real (pseudo) terminal, as script(1) of util-linux makes one and stty(1) sets it. */
class WindowIT {

    @Test
    @Timeout(60)
    void aTerminalTellsItsColumns() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script(1) is not installed");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process script = new ProcessBuilder(List.of("/usr/bin/script", "-qec",
                "stty cols 123; " + java + " --enable-native-access=ALL-UNNAMED -cp "
                        + System.getProperty("java.class.path") + " '" + Columns.class.getName() + "'",
                "/dev/null")).redirectErrorStream(true).redirectInput(Path.of("/dev/null").toFile()).start();
        String output = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("true 123", output.strip());
    }

    /** Runs on the terminal. */
    static final class Columns {
        private Columns() {}

        public static void main(String[] args) {
            System.out.println(Libc.isatty(1) + " " + Libc.windowSize(1).map(Libc.WindowSize::columns).orElse(-1));
        }
    }
}
