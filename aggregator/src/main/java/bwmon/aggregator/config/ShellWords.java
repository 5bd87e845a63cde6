package bwmon.aggregator.config;

import java.util.ArrayList;
import java.util.List;

/** Splits a text into words as Python's shlex.split does, which follows the shell of POSIX without any expansion. */
final class ShellWords {
    private ShellWords() {}

    /**
     * Splits.
     *
     * @throws IllegalArgumentException if a quotation mark is not closed, or a backslash is the last character
     */
    static List<String> split(String text) {
        var words = new ArrayList<String>();
        StringBuilder word = null;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
                if (word != null) {
                    words.add(word.toString());
                    word = null;
                }
                continue;
            }
            if (word == null) {
                word = new StringBuilder();
            }
            if (c == '\\' && quote != '\'') {
                i++;
                if (i == text.length()) {
                    throw new IllegalArgumentException("ends in a backslash: expected a character behind it");
                }
                char escaped = text.charAt(i);
                if (quote == '"' && escaped != '"' && escaped != '\\') {
                    word.append('\\');
                }
                word.append(escaped);
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == quote) {
                quote = 0;
            } else {
                word.append(c);
            }
        }
        if (quote != 0) {
            throw new IllegalArgumentException("a quotation mark " + quote + " is not closed");
        }
        if (word != null) {
            words.add(word.toString());
        }
        return words;
    }
}
