package bwmon.cli;

/** What was pressed. */
public sealed interface Key {

    /**
     * A character, control characters included: Ctrl-L is form feed, 12.
     *
     * @param codePoint a Unicode scalar value
     */
    record Character(int codePoint) implements Key {}

    /** A key without a character of its own. */
    enum Named implements Key {
        UP, DOWN, LEFT, RIGHT, PAGE_UP, PAGE_DOWN, HOME, END, ESCAPE
    }

    /** The key of that character. */
    static Key of(char character) {
        return new Character(character);
    }
}
