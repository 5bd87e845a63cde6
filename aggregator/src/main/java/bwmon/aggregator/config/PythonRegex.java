package bwmon.aggregator.config;

import bwmon.cli.Rule;
import com.google.re2j.Pattern;

/**
 * Regular expressions that were written for Python's re module, read as RE2's. What Python has and RE2 lacks is refused;
 * what both have but read differently is put as RE2 has it.
 */
final class PythonRegex {
    /** Flags in the middle of an expression held for all of it in Python 2; RE2 has them hold from there on. */
    private static final java.util.regex.Pattern FLAGS = java.util.regex.Pattern.compile("\\(\\?([ims]+)\\)");

    private PythonRegex() {}

    /**
     * Reads an expression.
     *
     * @throws IllegalArgumentException if RE2 cannot have it; the message says what is wrong with it
     */
    static Pattern compile(String python) {
        var flags = new StringBuilder();
        var regex = new StringBuilder();
        boolean inClass = false;
        for (int i = 0; i < python.length(); i++) {
            char c = python.charAt(i);
            if (c == '\\' && i + 1 < python.length()) {
                i++;
                char escaped = python.charAt(i);
                // Python's end of the text is \z elsewhere.
                regex.append('\\').append(escaped == 'Z' && !inClass ? 'z' : escaped);
            } else if (inClass) {
                inClass = c != ']';
                regex.append(c);
            } else if (c == '[') {
                inClass = true;
                regex.append(c);
                // A bracket that comes first, also behind ^, is one of the characters.
                for (String literal : new String[]{"^]", "^", "]"}) {
                    if (python.startsWith(literal, i + 1)) {
                        regex.append(literal);
                        i += literal.length();
                        break;
                    }
                }
            } else if (python.startsWith("{,", i) && python.substring(i).matches("(?s)\\{,[0-9]+}.*")) {
                // RE2 takes {,3} for the text itself.
                regex.append("{0");
            } else {
                var flag = FLAGS.matcher(python).region(i, python.length());
                if (c == '(' && flag.lookingAt()) {
                    flags.append(flag.group(1));
                    i = flag.end() - 1;
                } else {
                    regex.append(c);
                }
            }
        }
        return Rule.pattern(flags.isEmpty() ? regex.toString() : "(?" + flags + ")" + regex);
    }
}
