package bwmon.monitor.trial;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    /**
     * A program made of the C source of that name, and of more.
     *
     * @param others files of source, or what they include
     */
    static Path compile(String name, Path folder, String... others) throws IOException, InterruptedException {
        Path compiler = Path.of("/usr/bin/gcc");
        Assumptions.assumeTrue(Files.isExecutable(compiler), "gcc is not installed");
        Path program = folder.resolve(name);
        var command = new ArrayList<>(List.of(compiler.toString(), "-O1", "-Wall", "-Werror", "-pthread", "-o",
                program.toString(), copy(name + ".c", folder).toString()));
        for (String other : others) {
            Path file = copy(other, folder);
            if (other.endsWith(".c")) {
                command.add(file.toString());
            }
        }
        Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(gcc.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, gcc.waitFor(), said);
        return program;
    }
}
