package bwmon.aggregator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import bwmon.aggregator.alert.Quota;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Layer;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class QuotaFileTest {
    private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
    private static final List<Quota> QUOTAS = List.of(
            new Quota("month", "", "backup", Amount.TX, Layer.IP, START, Long.MAX_VALUE, START.plusNanos(5), null),
            new Quota("each", "process:1:2", "sh -c \"\u001b$(x)\n\u00e4\ud83d\ude00", Amount.TOTAL, Layer.PAYLOAD,
                    START, 0,
                    START, START.plusSeconds(9)));

    @TempDir
    Path folder;

    private QuotaFile file() {
        return new QuotaFile(folder.resolve("state/quotas.json"));
    }

    private Path path() {
        return folder.resolve("state/quotas.json");
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        assertEquals(List.of(), file().read());
        file().write(List.of());
        assertEquals(List.of(), file().read());
        file().write(QUOTAS);
        assertEquals(QUOTAS, file().read());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path())));
        try (var files = Files.list(path().getParent())) {
            assertEquals(List.of(path()), files.toList());
        }
    }

    @Test
    void itIsJsonThatOthersRead() throws IOException {
        file().write(QUOTAS);
        var first = ConfigFactory.parseFile(path().toFile()).getConfigList("quotas").getFirst();
        assertEquals(Long.MAX_VALUE, first.getLong("bytes"));
        assertEquals("ip", first.getString("layer"));
    }

    @Test
    void halfACharacterDoesNotSpoilTheFile() throws IOException {
        file().write(List.of(new Quota("n", "", "a\ud83d", Amount.RX, Layer.IP, START, 1, START, null)));
        assertEquals("a?", file().read().getFirst().subject());
    }

    @Test
    void whatWasLeftInTheWayIsNeverWrittenThrough() throws IOException {
        Files.createDirectories(path().getParent());
        Path other = Files.writeString(folder.resolve("other"), "untouched");
        Files.createSymbolicLink(path().resolveSibling("quotas.json.new"), other);
        file().write(QUOTAS);
        assertEquals("untouched", Files.readString(other));
        assertEquals(QUOTAS, file().read());
    }

    @Test
    void errorsNameTheFileAndLeaveTheOldOne() throws IOException {
        Files.writeString(folder.resolve("state"), "a file");
        IOException unwritable = assertThrows(IOException.class, () -> file().write(QUOTAS));
        assertTrue(unwritable.getMessage().startsWith(path() + " cannot be written: "), unwritable.getMessage());
        IOException unreadable = assertThrows(IOException.class, () -> file().read());
        assertTrue(unreadable.getMessage().startsWith(path() + " cannot be read: "), unreadable.getMessage());
    }

    @Test
    void aFileOfNoReasonableLengthIsNotRead() throws IOException {
        Files.createDirectories(path().getParent());
        Files.write(path(), new byte[QuotaFile.MAX_BYTES + 1]);
        assertTrue(assertThrows(IOException.class, () -> file().read()).getMessage().contains("longer than"));
    }

    @Test
    void damageIsNamed() throws IOException {
        Files.createDirectories(path().getParent());
        for (String text : List.of("", "[]", "{}", "{\"version\":2,\"quotas\":[]}", "{\"version\":1,\"quotas\":[{}]}",
                "{\"version\":1,\"quotas\":{}}", "{\"version\":1,\"quotas\":[3]}", "{\"version\":1} x",
                "{\"version\":" + "9".repeat(3000) + "}", "[".repeat(100_000), "{\"a\":".repeat(100_000),
                "{\"x\":" + "[".repeat(100_000),
                "{\"version\":1,\"quotas\":[{\"label\":\"n\",\"identity\":\"\",\"subject\":\"s\",\"direction\":\"tx\","
                        + "\"layer\":\"ip\",\"period_start\":\"yesterday\",\"counted_since\":\"now\",\"bytes\":1}]}")) {
            Files.writeString(path(), text);
            IOException damaged = assertThrows(IOException.class, () -> file().read());
            assertTrue(damaged.getMessage().startsWith(path() + " is damaged: "), damaged.getMessage());
            assertFalse(damaged.getMessage().contains("\n"), damaged.getMessage());
        }
    }

    @Test
    void truncatedAndRandomContentIsReadOrNamed() throws IOException {
        file().write(QUOTAS);
        byte[] whole = Files.readAllBytes(path());
        for (int length = 0; length < whole.length - 2; length++) {
            Files.write(path(), Arrays.copyOf(whole, length));
            assertThrows(IOException.class, () -> file().read());
        }
        var random = new Random(4);
        int read = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] text = whole.clone();
            if (i % 3 == 0) {
                random.nextBytes(text);
            } else {
                for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                    text[random.nextInt(text.length)] = (byte) random.nextInt(256);
                }
            }
            Files.write(path(), text);
            try {
                read += file().read().size();
            } catch (IOException e) {
                assertTrue(e.getMessage().startsWith(path() + " is damaged: "), e.getMessage());
            }
        }
        assertTrue(read > 0, "none of the lightly damaged ones was readable");
        Files.write(path(), "\u0000".getBytes(UTF_8));
        assertThrows(IOException.class, () -> file().read());
    }
}
