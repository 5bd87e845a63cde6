package bwmon.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class TerminalTest {
    private static final String WIPE = "\033[K\n";

    @Test
    void aLineThatFitsStaysAsItIs() {
        assertEquals("x".repeat(40) + WIPE, Terminal.ofColumns(40).line("x".repeat(40)));
    }

    @Test
    void aLongLineIsCutWithASignOfIt() {
        assertEquals("x".repeat(39) + "…" + WIPE, Terminal.ofColumns(40).line("x".repeat(41)));
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
}
