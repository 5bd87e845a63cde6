package bwmon.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

import bwmon.cli.ProgramException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class SettingsTest {
    @TempDir
    private Path dir = Path.of("");

    private Path file(String name, String text) throws IOException {
        return Files.writeString(dir.resolve(name), text);
    }

    private Settings settings(String text) throws IOException, ProgramException {
        return Settings.load(file("bwmon.conf", text));
    }

    /** The message of a configuration error, the folder of the test left out. */
    private String error(Executable action) {
        var e = assertThrows(ProgramException.class, action);
        assertEquals(Kind.CONFIGURATION, e.kind());
        return String.valueOf(e.getMessage()).replace(dir + "/", "");
    }

    @Test
    void everyKindOfValueIsRead() throws Exception {
        Settings settings = settings("""
                name = web server
                port = 8080
                quick = on
                limit = 10MB/s
                words = [a, "b c", 3]
                one = alone
                nothing = null
                pipe { host = example.org }
                """);
        assertEquals(Optional.of("web server"), settings.text("name"));
        assertEquals("8080", settings.requiredText("port"));
        assertEquals(Optional.of(8080), settings.integer("port", 1, 65_535));
        assertEquals(Optional.of(true), settings.bool("quick"));
        assertEquals(Optional.of(10_000_000L), settings.rate("limit"));
        assertEquals(List.of("a", "b c", "3"), settings.texts("words"));
        assertEquals(List.of("alone"), settings.texts("one"));
        assertEquals(Optional.empty(), settings.text("nothing"));
        assertEquals(Optional.of("example.org"), settings.section("pipe").orElseThrow().text("host"));
        settings.end();
    }

    @Test
    void whatIsAbsentIsEmpty() throws Exception {
        Settings settings = settings("");
        assertEquals(Optional.empty(), settings.text("a"));
        assertEquals(Optional.empty(), settings.integer("a", 0, 1));
        assertEquals(Optional.empty(), settings.bool("a"));
        assertEquals(Optional.empty(), settings.rate("a"));
        assertEquals(Optional.empty(), settings.duration("a"));
        assertEquals(Optional.empty(), settings.section("a"));
        assertEquals(List.of(), settings.texts("a"));
        assertEquals(List.of(), settings.keys());
        assertTrue(settings.sections("a").isEmpty());
        settings.end();
    }

    /** Of HOCON's numbers and booleans the spelling counts: 1.10 may be a version, 007 a name. */
    @ParameterizedTest
    @ValueSource(strings = {"8080", "1.10", "1e3", "007", "0.50", "true", "99999999999999999999", "-0"})
    void scalarsAreTextsAsTheyAreWritten(String text) throws Exception {
        Settings settings = settings("a = " + text + "\nb = [" + text + "]");
        assertEquals(Optional.of(text), settings.text("a"));
        assertEquals(List.of(text), settings.texts("b"));
    }

    @ParameterizedTest
    @CsvSource({"10, PT10S", "0.5, PT0.5S", "500ms, PT0.5S", "5 m, PT5M", "1h, PT1H", "2 days, PT48H", "0, PT0S"})
    void lengthsOfTimeAreRead(String text, Duration expected) throws Exception {
        assertEquals(Optional.of(expected), settings("\"a.b\" = " + text).duration("a.b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "10 parsecs", "-5s", "-5", "1e9999s", "\"\"", "1000000d", "9223372036854775807s",
            "NaNs"})
    void otherLengthsOfTimeAreRefused(String text) throws Exception {
        Settings settings = settings("\n\nwait = " + text);
        String message = error(() -> settings.duration("wait"));
        assertTrue(message.startsWith("bwmon.conf:3: wait: '"), message);
        assertTrue(message.endsWith("expected one such as 500ms, 10s or 5m"), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "port = 0         | port: '0' is not a whole number from 1 to 9",
            "port = [1]       | port: expected a text, not a list",
            "port { a = 1 }   | port: expected a text, not an object",
            "quick = maybe    | quick: 'maybe' is neither true nor false",
            "limit = 10Mbps   | limit: '10Mbps': 'Mbps' is read differently by different programs: expected a number "
                    + "and B, kB, MB, GB, TB (of 1000), KiB, MiB, GiB, TiB (of 1024) or bit, kbit, Mbit, Gbit, such as "
                    + "512KiB or 10MB/s",
            "words = [[a]]    | words: expected a text, not a list",
            "words = [null]   | words: expected a text, not null",
            "pipe = here      | pipe: expected an object in braces, not a text",
            "pipe = [1]       | pipe: expected an object in braces, not a list",
            "prot = 80        | prot: is not known here; known: limit, pipe, port, quick, words",
    })
    void whatIsWrongIsNamedByFileAndLine(String line, String expected) throws Exception {
        Settings settings = settings("# first\n\n" + line + "\n");
        assertEquals("bwmon.conf:3: " + expected, error(() -> {
            settings.integer("port", 1, 9);
            settings.bool("quick");
            settings.rate("limit");
            settings.texts("words");
            settings.sections("pipe");
            settings.end();
        }));
    }

    @Test
    void inAListOfObjectsATextStandsForAnObject() throws Exception {
        Settings settings = settings("""
                rules = [a,
                         { pattern = b, deep = true },
                         [c]]
                one { pattern = d }
                """);
        List<Settings> rules = settings.objects("rules", "pattern");

        assertEquals(3, rules.size());
        assertEquals(Optional.of("a"), rules.get(0).text("pattern"));
        rules.get(0).end();
        assertEquals(Optional.of("b"), rules.get(1).text("pattern"));
        assertEquals("bwmon.conf:2: rules[1].deep: is not known here; known: pattern", error(() -> rules.get(1).end()));
        assertEquals("bwmon.conf:3: rules[2].pattern: expected a text, not a list",
                error(() -> rules.get(2).text("pattern")));
        assertEquals(Optional.of("d"), settings.objects("one", "pattern").getFirst().text("pattern"));
        assertEquals(List.of(), settings.objects("none", "pattern"));
        settings.end();
    }

    @Test
    void theWayToAKeyIsNamed() throws Exception {
        Settings settings = settings("""
                pipes {
                  ssh { port = x }
                  web { }
                  db { port = 1, prot = 2 }
                }
                """);
        var pipes = settings.sections("pipes");
        assertEquals(List.of("ssh", "web", "db"), List.copyOf(pipes.keySet()));
        Settings ssh = Objects.requireNonNull(pipes.get("ssh"));
        Settings web = Objects.requireNonNull(pipes.get("web"));
        Settings db = Objects.requireNonNull(pipes.get("db"));
        db.text("port");
        assertEquals("bwmon.conf:2: pipes.ssh.port: 'x' is not a whole number from 1 to 9",
                error(() -> ssh.integer("port", 1, 9)));
        assertEquals("bwmon.conf:3: pipes.web.port: is missing", error(() -> web.requiredText("port")));
        assertEquals("bwmon.conf:4: pipes.db.prot: is not known here; known: port", error(db::end));
        assertEquals("bwmon.conf:4: pipes.db: is odd", error(() -> {
            throw db.error("is odd");
        }));
        settings.end();
    }

    @Test
    void keysComeInTheOrderOfTheFile() throws Exception {
        var random = new Random(11);
        var names = new ArrayList<String>();
        for (int i = 0; i < 100; i++) {
            names.add("k" + random.nextInt(1_000_000) + "x" + i);
        }
        assertEquals(names, settings(String.join(" = 1\n", names) + " = 1\n").keys());
    }

    @Test
    void keysOfOneLineComeFromLeftToRight() throws Exception {
        assertEquals(List.of("c", "z", "k734668x1", "b", "k394738x0", "a"),
                settings("c = 1\nz = 1, k734668x1:1, b { x = 1 }, k394738x0.y = 1,a += 1").keys());
        Settings all = settings(
                "applications { zz { match = [ab, a] }, \"a b\" { match = x }, ab { match = zz }, a{match=b} }");
        assertEquals(List.of("zz", "a b", "ab", "a"), all.section("applications").orElseThrow().keys());
    }

    @Test
    void keysOfAnEndlessLineComeByName() throws Exception {
        assertEquals(List.of("a", "b", "c"), settings("c = 1, b = 1, a = \"" + "x".repeat(10_000) + "\"").keys());
    }

    @Test
    void includesAreReadBesideTheFileAndNamedInErrors() throws Exception {
        Files.createDirectory(dir.resolve("conf.d"));
        file("conf.d/more.conf", "\n\nport = many\n");
        Settings settings = settings("include \"conf.d/more.conf\"\nname = x\n");
        assertEquals("conf.d/more.conf:3: port: 'many' is not a whole number from 1 to 9",
                error(() -> settings.integer("port", 1, 9)));
        Path relative = Path.of("").toAbsolutePath().relativize(dir.resolve("bwmon.conf"));
        assertEquals(Optional.of("many"), Settings.load(relative).text("port"));
    }

    @Test
    void aLaterFileOrLineWins() throws Exception {
        file("more.conf", "port = 1\nname = a\n");
        Settings settings = settings("include \"more.conf\"\nport = 2\n");
        assertEquals(Optional.of("2"), settings.text("port"));
        assertEquals(Optional.of("a"), settings.text("name"));
    }

    @Test
    void keysOfSeveralFilesComeInTheOrderOfReading() throws Exception {
        Files.createDirectory(dir.resolve("conf.d"));
        file("conf.d/b.conf", "e = 1\na = 2\n");
        file("conf.d/a.conf", "\n\nd = 1\n");
        file("a.conf", "c = 1\ninclude \"0.conf\"\n");
        file("0.conf", "\n\n\nb = 1\n");
        Path main = file("z.conf", "include \"a.conf\"\n\n\nz = 1\na = ${?NAME}\n");
        Settings settings = Settings.loadAll(main, Map.of("CONFIG_FORCE_A", "1", "CONFIG_FORCE_z_y__x___w", "2"));
        assertEquals(List.of("z", "a", "c", "b", "d", "e", "A"), settings.keys());
        assertEquals(Optional.of("2"), settings.section("z").orElseThrow().text("y-x_w"));
        assertEquals(Optional.of("2"), settings.text("a"));
    }

    @Test
    void aSectionThatConfDChangesKeepsItsPlace() throws Exception {
        Files.createDirectory(dir.resolve("conf.d"));
        file("conf.d/a.conf", "s { b { x = 2 }, n { x = 1 } }\n");
        Path main = file("bwmon.conf", "s {\n b { x = 1 }\n a { x = 1 }\n}\nt = ${s} { c = 1 }\n");
        Settings settings = Settings.loadAll(main, Map.of());
        assertEquals(List.of("b", "a", "n"), List.copyOf(settings.sections("s").keySet()));
        assertEquals(List.of("s", "t"), settings.keys());
        assertEquals(Set.of("a", "b", "c", "n"), Set.copyOf(settings.section("t").orElseThrow().keys()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"CONFIG_FORCE_", "CONFIG_FORCE_a_", "CONFIG_FORCE__x_"})
    void aVariableThatNamesNoKeyIsAnError(String name) throws Exception {
        Path main = file("bwmon.conf", "");
        String message = error(() -> Settings.loadAll(main, Map.of(name, "1")));
        assertTrue(message.startsWith("environment variable " + name + ": names no key"), message);
    }

    @Test
    void whatIsReadIsBounded() throws Exception {
        Path large = file("large.conf", "#" + "x".repeat(SettingsFiles.MAX_FILE_BYTES));
        assertTrue(error(() -> Settings.load(large)).contains("expected at most 1048576"));
        assertTrue(error(() -> settings("include \"large\"")).contains("expected at most 1048576"));
        assertTrue(error(() -> settings("include file(\"" + large + "\")")).contains("expected at most 1048576"));
        assertTrue(error(() -> settings("include \"bwmon.conf\"")).contains("bwmon.conf"));
        String many = error(() -> settings("include \"none.conf\"\n" + "include \"small.conf\"\n".repeat(1000)
                + writeSmall()));
        assertTrue(many.contains("more than 1000 files"), many);
        assertTrue(error(() -> settings("a = " + "[".repeat(200_000))).contains("too deep"));
    }

    private String writeSmall() throws IOException {
        file("small.conf", "a = 1\n");
        return "b = 1\n";
    }

    @ParameterizedTest
    @ValueSource(strings = {"url(\"http://127.0.0.1:1/x\")", "\"http://127.0.0.1:1/x\"",
            "classpath(\"reference.conf\")"})
    void onlyFilesAreIncluded(String what) {
        String message = error(() -> settings("a = 1\ninclude " + what + "\n"));
        assertTrue(message.startsWith("bwmon.conf: include of '") && message.endsWith("only files are included"),
                message);
    }

    @Test
    void aKeyNamedIncludeWantsQuotes() throws Exception {
        assertTrue(error(() -> settings("\ninclude = 1")).startsWith("bwmon.conf:2: include keyword"));
        assertEquals(Optional.of("1"), settings("\"include\" = 1").text("include"));
    }

    @Test
    void elementsOfListsAreReadByAParser() throws Exception {
        Settings settings = settings("a = [1,\n2,\nx]\nb = 3");
        assertEquals("bwmon.conf:3: a[2]: For input string: \"x\"", error(() -> settings.list("a", Integer::valueOf)));
        assertEquals(List.of(3), settings.list("b", Integer::valueOf));
        assertTrue(settings.has("a"));
        assertEquals(false, settings.has("c"));
    }

    @Test
    void substitutionsAreResolved() throws Exception {
        assertEquals(Optional.of("/srv/log"), settings("base = /srv\nlog = ${base}/log\n").text("log"));
        String message = error(() -> settings("a = 1\nb = ${nowhere}\n"));
        assertTrue(message.startsWith("bwmon.conf:2: ") && message.contains("${nowhere}"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a%d = ${a%d}${a%d}", "a%d { x = ${a%d}, y = ${a%d} }", "a%d = [${a%d}, {x = ${a%d}}]",
            "a0 = ${a0}${a0} # %d %d %d"})
    void substitutionsDoNotGrowWithoutBound(String line) {
        var text = new StringBuilder("a0 = xxxxxxxx\n");
        for (int i = 1; i <= 40; i++) {
            text.append(line.formatted(i, i - 1, i - 1)).append('\n');
        }
        String message = error(() -> settings(text.toString()));
        assertTrue(message.startsWith("bwmon.conf: its substitutions make more than"), message);
    }

    @Test
    void manySubstitutionsThatDoNotGrowAreRead() throws Exception {
        String more = "list += ${word}${?NONE}${word}\nbase = ${base} { k = ${word} }\n".repeat(60);
        Settings settings = settings("word = ab, list = [], base { l = 1 }\n" + more);
        assertEquals(Collections.nCopies(60, "abab"), settings.texts("list"));
        assertEquals(Optional.of("ab"), settings.section("base").orElseThrow().text("k"));
    }

    @Test
    void aMessageDoesNotShowWholeObjects() {
        String message = error(
                () -> settings("a = x {\n" + "key = \"secret\"\n k2 = \"%s\" }".formatted("s".repeat(9000))));
        assertTrue(message.length() < 600 && message.startsWith("bwmon.conf:1: Cannot concatenate"), message);
    }

    @Test
    void aFileThatIsNoneIsNamed() {
        assertEquals("/dev/null: is no regular file", error(() -> Settings.load(Path.of("/dev/null"))));
        assertEquals("gone.conf: no such file", error(() -> Settings.load(dir.resolve("gone.conf"))));
        assertEquals(dir + ": is a directory; expected a configuration file", error(() -> Settings.load(dir)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"a = 1\\nb = {\\n | bwmon.conf:3: ", "a = 1\\n}\\n | bwmon.conf:2: ",
            "a = \"x\\n | bwmon.conf:1: ", "a = 1\\nb = ]\\n | bwmon.conf:2: ", "[1, 2] | bwmon.conf:1: ",
            "include required(\"gone.conf\") | bwmon.conf: gone.conf: "})
    void brokenFilesAreNamedByFileAndLine(String text, String place) {
        String message = error(() -> settings(text.replace("\\n", "\n")));
        assertTrue(message.startsWith(place) && message.length() > place.length() + 5, message);
        assertEquals(message.indexOf("bwmon.conf"), message.lastIndexOf("bwmon.conf"), message);
    }

    @Test
    void randomFilesAreReadOrRefusedWithTheirPlace() throws Exception {
        String whole = "a = 1, b { c = [1, two], \"d e\" : ${a}x }\n# note\nf += 2\ninclude \"x.conf\"\n";
        var random = new Random(5);
        for (int i = 0; i < 3_000; i++) {
            var text = new StringBuilder(whole);
            for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.setLength(Math.max(1, at));
                    case 1 -> text.deleteCharAt(at);
                    default -> text.insert(at, "{}[]\"$=:,#+\\\n\u0000\ud83d".charAt(random.nextInt(15)));
                }
                if (text.isEmpty()) {
                    text.append(' ');
                }
            }
            Path file = file("fuzz.conf", text.toString().replace('\ud83d', '?'));
            try {
                Settings.load(file).keys();
            } catch (ProgramException e) {
                assertEquals(Kind.CONFIGURATION, e.kind());
                assertTrue(String.valueOf(e.getMessage()).startsWith(file + ":"),
                        () -> text + " gave " + e.getMessage());
            }
        }
    }
}
