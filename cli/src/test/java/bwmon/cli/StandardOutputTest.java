package bwmon.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class StandardOutputTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"/dev/full, true", "/var/log/bwmon.jsonl, true", "/dev/pts/3, false", "/dev/tty1, false",
            "pipe:[4711], false", "socket:[4711], false"})
    void onlyWhatIsKeptInAPlaceCanFail(String target, boolean isFile) throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("1"), Path.of(target));
        assertEquals(isFile, StandardOutput.isFile(link));
    }

    @Test
    void aClosedDescriptorIsNoFile() {
        assertFalse(StandardOutput.isFile(folder.resolve("none")));
    }

    @Test
    void theStreamTellsThatWritingFailed() {
        var output = new StandardOutput(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });
        assertDoesNotThrow(output::check);
        output.stream().println("text");
        assertTrue(output.stream().checkError());
    }
}
