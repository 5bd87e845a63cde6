package bwmon.cli;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TerminalTest {
    private static final String WIPE = "\033[K";

    @Test
    void aLineThatFitsStaysAsItIs() {
        assertEquals(WIPE + "x".repeat(40) + "\n", Terminal.ofColumns(40).line("x".repeat(40)));
    }

    @Test
    void aLongLineIsCutWithASignOfIt() {
        assertEquals(WIPE + "x".repeat(39) + "…" + "\n", Terminal.ofColumns(40).line("x".repeat(41)));
    }

    @Test
    void wideCharactersTakeTwoColumnsAndMarksNone() {
        assertEquals(WIPE + "日".repeat(20) + "\n", Terminal.ofColumns(40).line("日".repeat(20)));
        assertEquals(WIPE + "日".repeat(19) + "…" + "\n", Terminal.ofColumns(40).line("日".repeat(21)));
        assertEquals(WIPE + "x" + "日".repeat(19) + "…" + "\n", Terminal.ofColumns(40).line("x" + "日".repeat(20)));
        assertEquals(WIPE + "e\u0301".repeat(40) + "\n", Terminal.ofColumns(40).line("e\u0301".repeat(40)));
    }

    @Test
    void theHeightIsThatOfTheWindow() {
        assertEquals(7, Terminal.ofWindow(80, 7).rows());
        assertTrue(Terminal.none().rows() > 0);
    }

    @Test
    void aWindowIsNeverTakenForNarrowerThanTwentyColumns() {
        assertEquals(20, Terminal.ofColumns(0).columns());
    }

    @Test
    void whatIsNoTerminalIsNeitherDrawnOnNorColoured() {
        assertFalse(Terminal.none().isInteractive());
        assertFalse(Terminal.none().hasColour());
        assertTrue(Terminal.none().columns() > 0);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            'plain text', 'plain text'
            'a\tb', 'a?b'
            '\033[2Jgone', '?[2Jgone'
            'two\nlines', 'two?lines'
            '\u009b31m', '?31m'
            'right\u202eto left', 'right?to left'
            'Grüße 日本', 'Grüße 日本'
            """)
    void whatCouldSteerTheTerminalIsShownAsAQuestionMark(String text, String shown) {
        assertEquals(shown, Terminal.printable(text));
    }

    @Test
    void theCursorGoesUpByLines() {
        assertEquals("\033[3F", Terminal.up(3));
    }

    @Test
    void theFirstLocaleThatIsSetSaysWhetherTextIsUtf8() {
        assertTrue(Terminal.isUtf8(Map.of("LANG", "en_US.UTF-8")));
        assertTrue(Terminal.isUtf8(Map.of("LC_CTYPE", "de_DE.utf8@euro", "LANG", "C")));
        assertTrue(Terminal.isUtf8(Map.of("LC_ALL", "", "LANG", "C.UTF-8")));
        assertFalse(Terminal.isUtf8(Map.of("LC_ALL", "C", "LANG", "C.UTF-8")));
        assertFalse(Terminal.isUtf8(Map.of()));
    }
}
