package bwmon.aggregator.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import bwmon.aggregator.alert.Delivery;

/** Words of commands that notifications run. */
final class CommandWords {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([A-Za-z_-]+)}");

    private CommandWords() {}

    /**
     * Takes a word, unless it has a placeholder that would not be replaced.
     *
     * @throws IllegalArgumentException saying what was expected
     */
    static String check(String word) {
        refuseNul(word);
        Matcher placeholder = PLACEHOLDER.matcher(word);
        if (placeholder.matches()) {
            if (!Delivery.PLACEHOLDERS.contains(placeholder.group(1))) {
                throw new IllegalArgumentException(
                        "'" + word + "' is no placeholder; known: {" + String.join("}, {", Delivery.PLACEHOLDERS)
                                + "}; a word that is to stay so: { as-is = \"" + word + "\" }");
            }
            return word;
        }
        placeholder.reset();
        while (placeholder.find()) {
            if (Delivery.PLACEHOLDERS.contains(placeholder.group(1))) {
                throw new IllegalArgumentException("'" + word + "': " + placeholder.group() + " would not be replaced:"
                        + " placeholders are whole words; within a script use its arguments or $BWMON_"
                        + placeholder.group(1).toUpperCase(Locale.ROOT));
            }
        }
        return word;
    }

    /**
     * Takes a word as it stands, whatever braces it has.
     *
     * @throws IllegalArgumentException if that cannot be
     */
    static String asIs(String word) {
        refuseNul(word);
        if (isReplaced(word)) {
            throw new IllegalArgumentException("'" + word + "' is replaced wherever it is a whole word");
        }
        return word;
    }

    /** Whether {@link #check} takes the word. */
    static boolean isPlain(String word) {
        try {
            check(word);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isReplaced(String word) {
        Matcher placeholder = PLACEHOLDER.matcher(word);
        return placeholder.matches() && Delivery.PLACEHOLDERS.contains(placeholder.group(1));
    }

    private static void refuseNul(String word) {
        if (word.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a word cannot hold a NUL character");
        }
    }

    /** Whether the first word can be a program. */
    static boolean namesProgram(String word) {
        return !word.isBlank() && !isReplaced(word);
    }
}
