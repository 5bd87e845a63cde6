package bwmon.monitor.console;

/**
 * Colours and weights of text (ECMA-48, SGR), where they are wanted.
 *
 * @param isWanted whether there are any; no-color.org
 */
record Paint(boolean isWanted) {

    String bold(String text) {
        return sgr(1, text);
    }

    String reverse(String text) {
        return sgr(7, text);
    }

    String red(String text) {
        return sgr(31, text);
    }

    String yellow(String text) {
        return sgr(33, text);
    }

    private String sgr(int rendition, String text) {
        return isWanted ? "\033[" + rendition + "m" + text + "\033[0m" : text;
    }
}
