package bwmon.aggregator.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

import bwmon.aggregator.grouping.AutoGroup;
import bwmon.cli.ProgramException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class IniFileTest {
    private static final Path FILE = Path.of("old.ini");

    @TempDir
    private Path directory = Path.of("");

    private static IniFile parse(String text) throws ProgramException {
        return IniFile.parse(FILE, text.getBytes(StandardCharsets.UTF_8));
    }

    private static IniSection section(String text) throws ProgramException {
        return parse("[s]\n" + text).sections().getFirst();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, value = {"a=b|b", "a = b |b", "a: b|b",
            "a:b=c|b=c", "a=b:c|b:c", "A=b|b", "a =\tb\t|b", "a=b ; c|b", "a=b;c|b;c", "a=b;c ;d|b;c ;d", "a=b #c|b #c",
            "a= b\\n c|b\\nc", "a=b\\n\\n# d\\n  c |b\\nc", "a=b\\n ;c|b\\n;c", "a=1\\na=2|2", "a=\\n b|\\nb",
            "a=%d%%|%d%%", "a=%(b)s%%\\nb=x|x%", "a=%(B)s-%(b)s\\nb=%(c)s\\nc=x|x-x", "a=%(__name__)s|s", "a=b\\r|b",
            "rem x=y\\na=b|b", "REM\\na=b|b", "remote=x\\na=b|b", "a=[x]|[x]"})
    void valuesAreReadAsPython2ReadThem(String text, String expected) throws Exception {
        assertEquals(Optional.of(expected.replace("\\n", "\n")),
                section(text.replace("\\n", "\n").replace("\\r", "\r")).text("a"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"a=", "a=\"\"", "b=1", "a= ; nothing", "#a=1", ";a=1"})
    void whatIsEmptyIsNone(String text) throws Exception {
        assertEquals(Optional.empty(), section(text).text("a"));
    }

    @Test
    void sectionsOfOneNameAreOneAndDefaultsHoldForAll() throws Exception {
        List<IniSection> sections = parse("[a]\nx=1\n[DEFAULT]\nd=0\nx=9\n[b]\ny=2\n[a]\nz=3\n").sections();

        assertEquals(List.of("a", "b"), sections.stream().map(IniSection::name).toList());
        assertEquals(List.of("d", "x", "z"), sections.getFirst().keys());
        assertEquals(Optional.of("1"), sections.getFirst().text("x"));
        assertEquals(Optional.of("9"), sections.get(1).text("x"));
        assertEquals(Optional.of("0"), sections.get(1).text("d"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"a=b | 1 | expected a section", "[s]\\na | 2 | expected key = value",
            "[s]\\n=b | 2 | expected key = value", "[s]\\n\\n x=b | 3 | expected key = value",
            "[]\\n | 1 | expected a section", "[s\\n | 1 | expected a section",
            "[s]\\n\\0 | 2 | expected text in UTF-8"})
    void whatIsNoLineOfSuchAFileIsNamed(String text, int line, String message) {
        var error = assertThrows(ProgramException.class,
                () -> parse(text.replace("\\n", "\n").replace("\\0", "\0")));
        assertTrue(String.valueOf(error.getMessage()).startsWith("old.ini:" + line + ": " + message),
                error.getMessage());
    }

    @Test
    void aLoneOrBrokenPercentSignIsAnErrorOnlyBesideAnInterpolation() throws Exception {
        IniSection section = section("a=%(b)s 50% x\nb=1\n");
        var error = assertThrows(ProgramException.class, () -> section.text("a"));
        assertEquals("old.ini:2: [s] a: expected %(key)s or %% where a % stands, as the value has %(",
                error.getMessage());
    }

    @Test
    void interpolationDoesNotGrowWithoutBound() throws Exception {
        var text = new StringBuilder("a0=" + "x".repeat(100) + "\n");
        for (int i = 1; i < 10; i++) {
            text.append("a" + i + "=" + ("%(a" + (i - 1) + ")s").repeat(20) + "\n");
        }
        IniSection section = section(text.toString());
        var error = assertThrows(ProgramException.class, () -> section.text("a9"));
        assertTrue(String.valueOf(error.getMessage()).contains("becomes longer than"), error.getMessage());
    }

    @Test
    void aFileThatIsNoneOrTooLargeIsNamed() throws IOException {
        var missing = assertThrows(ProgramException.class, () -> IniFile.read(directory.resolve("gone")));
        assertEquals(directory.resolve("gone") + ": cannot be read: no such file", missing.getMessage());
        Path large = Files.write(directory.resolve("large"), new byte[IniFile.MAX_FILE_BYTES + 1]);
        var error = assertThrows(ProgramException.class, () -> IniFile.read(large));
        assertTrue(String.valueOf(error.getMessage()).contains("too large"), error.getMessage());
    }

    /** Whatever the bytes, it is a configuration or an error that begins with the file's name. */
    @Test
    void randomAndTruncatedFilesAreReadOrRefused() throws Exception {
        var random = new Random(41);
        Path file = directory.resolve("fuzz.ini");
        int read = 0;
        for (Path sample : List.of(OldFilesTest.MONITORS, OldFilesTest.APPLICATIONS, OldFilesTest.NOTIFICATIONS)) {
            byte[] whole = Files.readAllBytes(sample);
            for (int i = 0; i < 1_000; i++) {
                byte[] bytes = Arrays.copyOf(whole, i % 3 == 0 ? random.nextInt(whole.length) : whole.length);
                for (int changes = random.nextInt(6); changes > 0 && bytes.length > 0; changes--) {
                    bytes[random.nextInt(bytes.length)] = random.nextBoolean()
                            ? (byte) "[]=:;#%()s\n \\\"'{".charAt(random.nextInt(16))
                            : (byte) random.nextInt(256);
                }
                Files.write(file, bytes);
                try {
                    ConfigurationFiles.convert(List.of(file), AutoGroup.NONE);
                    read++;
                } catch (ProgramException e) {
                    assertEquals(ProgramException.Kind.CONFIGURATION, e.kind());
                    assertTrue(String.valueOf(e.getMessage()).startsWith(file + ":"), e.getMessage());
                }
            }
        }
        assertTrue(read > 300, "only " + read + " were read");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {"a b c|a,b,c", " a \t b |a,b", "a 'b c' d|a,b c,d",
            "a \"b 'c\" d|a,b 'c,d", "a'b'\"c\"d|abcd", "a\\ b c\\\\|a b,c\\", "\"a\\\"b\\c\\\\\"|a\"b\\c\\",
            "'a\\b'|a\\b", "a #b|a,#b", "a ''|a,~~", "$HOME `x` *|$HOME,`x`,*"})
    void wordsAreSplitAsPythonsShlexDoes(String text, String words) {
        assertEquals(Arrays.asList(words.replace("~~", "").split(",", -1)), ShellWords.split(text));
    }

    @Test
    void wordsThatDoNotEndAreRefused() {
        for (String text : List.of("'a", "\"a", "a \\", "\"a\\")) {
            assertThrows(IllegalArgumentException.class, () -> ShellWords.split(text), text);
        }
        assertEquals(List.of(), ShellWords.split(" \n"));
    }

    @ParameterizedTest
    @CsvSource({"a\\Z, a\\z", "'a{,3}b', 'a{0,3}b'", "'a{1,3}', 'a{1,3}'", "a(?i)b, (?i)ab", "(?i)a, (?i)a",
            "'[(?i){,3}\\Z]', ''", "[]a], []a]", "[^]a]x\\Z, [^]a]x\\z", "'[{,3}]', '[{,3}]'",
            "\\{(?s).\\(, (?s)\\{.\\("})
    void whatPythonReadDifferentlyIsPutAsRe2HasIt(String python, String expected) {
        if (expected.isEmpty()) {
            assertThrows(IllegalArgumentException.class, () -> PythonRegex.compile(python));
        } else {
            assertEquals(expected, PythonRegex.compile(python).pattern());
        }
    }
}
