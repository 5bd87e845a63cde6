package bwmon.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ColumnsTest {
    /** Prints ranges of code points with their width, -1 for what wcwidth(3) calls unprintable. */
    private static final String PROGRAM = """
            #define _XOPEN_SOURCE 700
            #include <locale.h>
            #include <stdio.h>
            #include <wchar.h>
            int main(void) {
                int last = 0, begin = 0;
                if (!setlocale(LC_ALL, "C.UTF-8")) return 1;
                for (int c = 0; c <= 0x110000; c++) {
                    int width = c <= 0x10ffff ? wcwidth((wchar_t) c) : -2;
                    if (c > 0 && width != last) { printf("%d %d %d\\n", begin, c - 1, last); begin = c; }
                    last = width;
                }
                return 0;
            }
            """;

    @Test
    void whatHidesOrReordersIsShown() {
        Map.of("zero\u200bwidth", "zero?width", "a\u200db", "a?b", "\u202ereversed", "?reversed",
                "\u2066isolate\u2069", "?isolate?", "mark\u200f", "mark?", "line\u2028separator", "line?separator",
                "\033]0;title\007", "?]0;title?", "soft\u00adhyphen", "soft?hyphen", "tag\udb40\udc41", "tag?",
                "\u009b2J\177\r\n\t", "?2J????").forEach((text, shown) -> {
                    assertEquals(shown, Columns.fit(text, 80));
                    assertEquals(shown, Columns.harmless(text));
                });
    }

    @Test
    void halvesOfSurrogatePairsAreShown() {
        assertEquals("a?b?", Columns.fit("a\ud83db\ude00", 80));
        assertEquals("?", Columns.fit("\udc00", 80));
    }

    @Test
    void whatIsCutFits() {
        assertEquals("abc", Columns.fit("abc", 3));
        assertEquals("ab…", Columns.fit("abcd", 3));
        assertEquals("日…", Columns.fit("日本語", 4));
        assertEquals("日…", Columns.fit("日本", 3));
        assertEquals("…", Columns.fit("日本", 1));
        assertEquals("", Columns.fit("", 1));
        assertEquals("日  ", Columns.pad("日", 4));
    }

    @Test
    void marksStayOnTheirCharacterAndAreFew() {
        assertEquals("e\u0301x", Columns.fit("e\u0301x", 2));
        assertEquals("a" + "\u0301".repeat(4) + "b", Columns.fit("\u0301a" + "\u0301".repeat(50_000) + "b", 80));
    }

    @Test
    void noTextIsWiderThanItMayBe() {
        var random = new Random(5);
        for (int round = 0; round < 20_000; round++) {
            var text = new StringBuilder();
            for (int i = random.nextInt(30); i > 0; i--) {
                switch (random.nextInt(4)) {
                    case 0 -> text.append((char) random.nextInt(0x10000));
                    case 1 -> text.appendCodePoint(random.nextInt(0x110000));
                    case 2 -> text.append((char) (0x300 + random.nextInt(16)));
                    default -> text.append((char) ('a' + random.nextInt(26)));
                }
            }
            int columns = 1 + random.nextInt(40);
            String fitted = Columns.fit(text.toString(), columns);
            assertTrue(Columns.of(fitted) <= columns, () -> "too wide: " + fitted);
            assertEquals(fitted, Columns.fit(fitted, columns), "harmless already");
            assertEquals(columns, Columns.of(Columns.pad(text.toString(), columns)));
        }
    }

    /**
     * Every character of Unicode against the C library. Wider than there is safe, because a line is cut earlier than it had
     * to be; narrower is not, and the only case are marks that only newer versions of Unicode know to be none.
     */
    @Test
    void noCharacterIsTakenForNarrowerThanTheCLibraryHasIt(@TempDir Path folder) throws Exception {
        var narrower = new ArrayList<String>();
        int same = 0;
        int wider = 0;
        for (String range : ranges(folder)) {
            String[] fields = range.split(" ", -1);
            int width = Integer.parseInt(fields[2]);
            for (int c = Integer.parseInt(fields[0]); c <= Integer.parseInt(fields[1]); c++) {
                boolean replaced = Columns.harmless(Character.toString(c)).equals("?");
                if (width < 0 || replaced) {
                    continue;
                }
                int ours = Columns.width(c);
                if (ours < width) {
                    narrower.add(Integer.toHexString(c) + " " + Character.getName(c));
                } else if (ours > width) {
                    wider++;
                } else {
                    same++;
                }
            }
        }
        assertEquals(List.of(), narrower);
        assertTrue(wider < 2500, "wider than the C library: " + wider);
        assertTrue(same > 250_000, "as the C library: " + same);
    }

    private static List<String> ranges(Path folder) throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("widths.c"), PROGRAM);
        Path program = folder.resolve("widths");
        try {
            assertEquals("", output(List.of("cc", "-o", program.toString(), source.toString())));
        } catch (IOException e) {
            Assumptions.abort("no C compiler: " + e.getMessage());
        }
        String ranges = output(List.of(program.toString()));
        Assumptions.assumeTrue(!ranges.isEmpty(), "the C library has no locale C.UTF-8");
        return ranges.lines().toList();
    }

    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    @Test
    void messagesAreBrokenBetweenWords() {
        assertEquals(List.of("one two", "three", "four fi…"), Columns.wrap("one two three four five six", 8, 3));
        assertEquals(List.of("nobl…"), Columns.wrap("noblankhere", 5, 3));

        assertEquals("a  b", Columns.apart("a", "b", 4));
        assertEquals("abc", Columns.apart("abc", "d", 4));
    }
}
