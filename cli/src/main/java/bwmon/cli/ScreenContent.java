package bwmon.cli;

import java.util.List;

/** What stands on the screen, so that only lines that changed are written. Escape sequences are ECMA-48's. One thread. */
final class ScreenContent {
    private static final String HOME_AND_CLEAR = "\033[0m\033[H\033[2J";

    private List<String> shown = List.of();
    private boolean unknown = true;

    /** Nobody knows what stands on the screen: it was resized, or another program was there. */
    void forget() {
        unknown = true;
    }

    /**
     * What to write so that these lines stand on the screen, and nothing else; empty if they do already.
     *
     * @param lines at most as many as the window has, none wider than it
     */
    String next(List<String> lines) {
        var text = new StringBuilder();
        if (unknown) {
            text.append(HOME_AND_CLEAR);
            shown = List.of();
            unknown = false;
        }
        for (int i = 0; i < Math.max(lines.size(), shown.size()); i++) {
            String before = i < shown.size() ? shown.get(i) : "";
            String after = i < lines.size() ? lines.get(i) : "";
            if (!after.equals(before)) {
                // Wiped first: after a character in the last column the cursor still stands on it.
                text.append("\033[").append(i + 1).append(";1H\033[0m\033[K").append(after);
            }
        }
        if (!text.isEmpty()) {
            text.append("\033[0m");
        }
        shown = List.copyOf(lines);
        return text.toString();
    }
}
