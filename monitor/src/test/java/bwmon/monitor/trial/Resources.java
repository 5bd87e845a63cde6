package bwmon.monitor.trial;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

import org.junit.jupiter.api.Assumptions;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Programs of the trials, put where processes find them. */
final class Resources {
    private Resources() {}

    /** The file in that folder, copied at the first call. */
    static Path copy(String name, Path folder) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            try (InputStream source = Objects
                    .requireNonNull(Resources.class.getResourceAsStream("/trial/" + name), name)) {
                Files.copy(source, file);
            }
        }
        return file;
    }

    /** A program made of a C source of that name. */
    static Path compile(String name, Path folder) throws IOException, InterruptedException {
        Path compiler = Path.of("/usr/bin/gcc");
        Assumptions.assumeTrue(Files.isExecutable(compiler), "gcc is not installed");
        Path source = copy(name + ".c", folder);
        Path program = folder.resolve(name);
        Process gcc = new ProcessBuilder(compiler.toString(), "-O1", "-Wall", "-Werror", "-pthread", "-o",
                program.toString(), source.toString()).redirectErrorStream(true).start();
        String said = new String(gcc.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, gcc.waitFor(), said);
        return program;
    }
}
