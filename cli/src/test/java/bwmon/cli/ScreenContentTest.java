package bwmon.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ScreenContentTest {
    private static final int ROWS = 10;
    private static final Pattern PIECE = Pattern.compile("\033\\[(\\d*)(?:;\\d+)?([A-Za-z])([^\033]*)");

    private final ScreenContent content = new ScreenContent();
    private final String[] screen = new String[ROWS];
    private int row;

    /** As much of a terminal as is needed. */
    private void play(String text) {
        var piece = PIECE.matcher(text);
        int end = 0;
        while (piece.find()) {
            assertEquals(end, piece.start(), "text without a place");
            end = piece.end();
            switch (piece.group(2)) {
                case "H" -> row = piece.group(1).isEmpty() ? 0 : Integer.parseInt(piece.group(1)) - 1;
                case "J" -> Arrays.fill(screen, "");
                case "K" -> screen[row] = piece.group(3);
                default -> assertEquals("m", piece.group(2));
            }
        }
        assertEquals(text.length(), end);
    }

    @Test
    void theFirstClearsAndTheNextWritesOnlyWhatChanged() {
        assertEquals("\033[0m\033[H\033[2J\033[1;1H\033[0m\033[Kone\033[2;1H\033[0m\033[Ktwo\033[0m",
                content.next(List.of("one", "two")));
        assertEquals("", content.next(List.of("one", "two")));
        assertEquals("\033[2;1H\033[0m\033[K2\033[0m", content.next(List.of("one", "2")));
        assertEquals("\033[2;1H\033[0m\033[K\033[0m", content.next(List.of("one")));
        content.forget();
        assertTrue(content.next(List.of("one")).startsWith("\033[0m\033[H\033[2J"));
    }

    @Test
    void theScreenShowsEachPicture() {
        var random = new Random(2);
        for (int round = 0; round < 2000; round++) {
            var lines = new ArrayList<String>();
            for (int i = random.nextInt(ROWS + 1); i > 0; i--) {
                lines.add(random.nextInt(4) == 0 ? "" : "line " + random.nextInt(3));
            }
            if (random.nextInt(20) == 0) {
                content.forget();
                Arrays.fill(screen, "what another program left");
            }
            play(content.next(lines));
            while (lines.size() < ROWS) {
                lines.add("");
            }
            assertEquals(lines, List.of(screen));
        }
    }
}
