package bwmon.cli;

import java.util.List;

import bwmon.traffic.Owner;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/**
 * One rule over owners. Owners that are unattributed match no rule: there is nobody to match.
 *
 * <p>Regular expressions are RE2's, which take time in proportion to the text whatever the expression is: a command line
 * is chosen by whoever starts the process, and with a backtracking matcher one could hold an interval up for hours.
 * The price is that backreferences and lookaround are refused.
 */
public sealed interface Rule {
    /**
     * So many characters of a command line are searched. A command line can be megabytes long (execve(2): a quarter of the
     * stack's limit); of the expressions that were tried none took more than 3 ms for this much.
     */
    int MAX_SEARCHED = 32_768;

    /** Whether the owner matches. */
    boolean matches(Owner owner);

    /** A regular expression, searched for anywhere in the command line, as in bwmon 1.x. */
    record Command(Pattern pattern) implements Rule {
        @Override
        public boolean matches(Owner owner) {
            if (owner instanceof Owner.Unattributed) {
                return false;
            }
            String command = owner.command();
            return pattern.matcher(command.length() <= MAX_SEARCHED ? command : command.substring(0, MAX_SEARCHED))
                    .find();
        }
    }

    /** The owner's name, in full: of a process the name that the kernel keeps (comm, at most 15 bytes). */
    record Name(String name) implements Rule {
        @Override
        public boolean matches(Owner owner) {
            return !(owner instanceof Owner.Unattributed) && owner.name().equals(name);
        }
    }

    /** Whether the owner matches an include, where there is any, and no exclude: exclude wins, as in bwmon 1.x. */
    static boolean selects(List<Rule> include, List<Rule> exclude, Owner owner) {
        return (include.isEmpty() || include.stream().anyMatch(rule -> rule.matches(owner)))
                && exclude.stream().noneMatch(rule -> rule.matches(owner));
    }

    /**
     * Reads a regular expression.
     *
     * @throws IllegalArgumentException if it is none; the message says what is wrong with it
     */
    static Command command(String regex) {
        try {
            return new Command(Pattern.compile(regex));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("'" + regex + "' is no regular expression: " + e.getDescription()
                    + " '" + e.getPattern() + "'" + remedy(regex), e);
        }
    }

    private static String remedy(String regex) {
        boolean lookaround = regex.contains("(?=") || regex.contains("(?!") || regex.contains("(?<=")
                || regex.contains("(?<!");
        boolean possessive = regex.contains("(?>") || regex.contains("(?P=");
        boolean backreference = java.util.regex.Pattern.compile("\\\\[1-9]|\\\\k").matcher(regex).find();
        return lookaround || possessive || backreference
                ? "; expected RE2 syntax, which has no lookaround, backreferences or atomic groups"
                : "";
    }
}
