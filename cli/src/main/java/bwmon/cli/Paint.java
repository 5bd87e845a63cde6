package bwmon.cli;

/**
 * Colours and weights of text (ECMA-48, SGR), where they are wanted.
 *
 * @param isWanted whether there are any; no-color.org
 */
public record Paint(boolean isWanted) {

    /** Bold. */
    public String bold(String text) {
        return sgr("1", text);
    }

    /** Foreground and background exchanged. */
    public String reverse(String text) {
        return sgr("7", text);
    }

    /** Red. */
    public String red(String text) {
        return sgr("31", text);
    }

    /** Bold and red: it cannot be overlooked. */
    public String alarm(String text) {
        return sgr("1;31", text);
    }

    /** Yellow. */
    public String yellow(String text) {
        return sgr("33", text);
    }

    private String sgr(String rendition, String text) {
        return isWanted ? "\033[" + rendition + "m" + text + "\033[0m" : text;
    }
}
