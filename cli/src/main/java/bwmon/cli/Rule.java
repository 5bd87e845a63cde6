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
     * So many characters of a text are searched: as much of a command line as the monitor keeps. The program itself may
     * give megabytes (execve(2): a quarter of the stack's limit).
     */
    int MAX_SEARCHED = 4096;
    /** So many characters an expression has at most. */
    int MAX_EXPRESSION = 4096;
    /**
     * So many instructions RE2 may make of an expression. A search takes at worst some 10 ns for each instruction and
     * character: 50 ms for the largest expression and the worst text, and some microseconds for usual ones.
     */
    int MAX_PROGRAM = 1000;
    /** So deep groups may be nested: RE2 reads them recursively. */
    int MAX_NESTED = 100;

    /** Whether the owner matches. */
    boolean matches(Owner owner);

    /** A regular expression, searched for anywhere in the command line, as in bwmon 1.x. */
    record Command(Pattern pattern) implements Rule {
        @Override
        public boolean matches(Owner owner) {
            return !(owner instanceof Owner.Unattributed) && found(pattern, owner.command());
        }
    }

    /** A regular expression over the whole name: of a process the one that the kernel keeps (comm, at most 15 bytes). */
    record Name(Pattern pattern) implements Rule {
        @Override
        public boolean matches(Owner owner) {
            return !(owner instanceof Owner.Unattributed) && isAll(pattern, owner.name());
        }
    }

    /** A regular expression over the whole path of the file that a process runs, or over all of its last part. */
    record Executable(Pattern pattern) implements Rule {
        @Override
        public boolean matches(Owner owner) {
            String path = owner instanceof Owner.Process process ? process.executable() : null;
            return path != null
                    && (isAll(pattern, path) || isAll(pattern, path.substring(path.lastIndexOf('/') + 1)));
        }
    }

    /** The name of a process's effective user; its number where it has no name. */
    record User(String name) implements Rule {
        @Override
        public boolean matches(Owner owner) {
            return owner instanceof Owner.Process process && name.equals(process.user());
        }
    }

    /** A regular expression over the whole name of a systemd unit that a process is in, the innermost or one around it. */
    record Unit(Pattern pattern) implements Rule {
        @Override
        public boolean matches(Owner owner) {
            String cgroup = owner instanceof Owner.Process process ? process.cgroup() : null;
            if (cgroup != null) {
                for (String part : cgroup.split("/", -1)) {
                    if (part.indexOf('.') > 0 && isAll(pattern, part)) {
                        return true;
                    }
                }
            }
            return false;
        }
    }

    /** The id of the container that a process is in, or its beginning. */
    record Container(String beginning) implements Rule {
        @Override
        public boolean matches(Owner owner) {
            String container = owner instanceof Owner.Process process ? process.container() : null;
            return container != null && container.startsWith(beginning);
        }
    }

    /** A regular expression over the whole name of a pipe, or over all of {@code pipe-PORT:HOST:PORT}. */
    record Pipe(Pattern pattern) implements Rule {
        @Override
        public boolean matches(Owner owner) {
            return owner instanceof Owner.Pipe pipe
                    && (isAll(pattern, pipe.name()) || isAll(pattern, pipe.command()));
        }
    }

    private static boolean found(Pattern pattern, String text) {
        return pattern.matcher(searched(text)).find();
    }

    private static boolean isAll(Pattern pattern, String text) {
        return pattern.matcher(searched(text)).matches();
    }

    private static String searched(String text) {
        return text.length() <= MAX_SEARCHED ? text : text.substring(0, MAX_SEARCHED);
    }

    /** Whether the owner matches an include, where there is any, and no exclude: exclude wins, as in bwmon 1.x. */
    static boolean selects(List<? extends Rule> include, List<? extends Rule> exclude, Owner owner) {
        return (include.isEmpty() || include.stream().anyMatch(rule -> rule.matches(owner)))
                && exclude.stream().noneMatch(rule -> rule.matches(owner));
    }

    /**
     * A rule over the command line.
     *
     * @throws IllegalArgumentException as {@link #pattern}
     */
    static Command command(String regex) {
        return new Command(pattern(regex));
    }

    /**
     * Reads a regular expression.
     *
     * @throws IllegalArgumentException if it is none, or could hold up an interval; the message says what is wrong with
     *     it
     */
    static Pattern pattern(String regex) {
        if (regex.length() > MAX_EXPRESSION) {
            throw new IllegalArgumentException("a regular expression of " + regex.length()
                    + " characters is too long: expected at most " + MAX_EXPRESSION + "; write it as several rules");
        }
        if (ExpressionSize.depth(regex) > MAX_NESTED) {
            throw new IllegalArgumentException("'" + regex + "' has too many groups one in another: expected at most "
                    + MAX_NESTED);
        }
        // The estimate may be several times too high, but what is within this is compiled in milliseconds.
        if (ExpressionSize.of(regex) > 10 * MAX_PROGRAM) {
            throw tooLarge(regex);
        }
        try {
            Pattern pattern = Pattern.compile(regex);
            if (pattern.programSize() > MAX_PROGRAM) {
                throw tooLarge(regex);
            }
            return pattern;
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("'" + regex + "' is no regular expression: " + e.getDescription()
                    + " '" + e.getPattern() + "'" + remedy(regex), e);
        }
    }

    private static IllegalArgumentException tooLarge(String regex) {
        return new IllegalArgumentException("'" + regex + "' is too large a regular expression with its repetitions"
                + " written out: expected fewer or smaller ones, or several rules (the limit is " + MAX_PROGRAM
                + " instructions of RE2)");
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
