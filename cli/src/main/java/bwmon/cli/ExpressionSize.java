package bwmon.cli;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How large a regular expression becomes when its repetitions are written out, told before that is done: RE2 makes
 * {@code (a{1,500}){1,500}} into half a million instructions, and deeper nests into more than there is memory for.
 */
final class ExpressionSize {
    private final String regex;
    private final Deque<Group> outer = new ArrayDeque<>();
    private Group group = new Group();
    private int depth;

    /** What was read of a group so far. */
    private static final class Group {
        /** Instructions before the last atom. */
        long before;
        /** Instructions of the last atom, which a repetition repeats. */
        long last;

        void atom(long size) {
            before = sum(before, last);
            last = size;
        }
    }

    private ExpressionSize(String regex) {
        this.regex = regex;
    }

    /**
     * About how many instructions an expression makes, mostly more and never less than half as many.
     *
     * @return {@link Long#MAX_VALUE} if that is beyond all bounds; what is no expression has any size
     */
    static long of(String regex) {
        return new ExpressionSize(regex).read().size();
    }

    /** How many groups an expression has one in another. */
    static int depth(String regex) {
        return new ExpressionSize(regex).read().depth;
    }

    private long size() {
        // Groups that are not closed belong to no expression.
        return sum(group.before, group.last);
    }

    private ExpressionSize read() {
        int at = 0;
        while (at < regex.length()) {
            at = switch (regex.charAt(at)) {
                case '\\' -> escape(at);
                case '[' -> charClass(at);
                case '(' -> open(at);
                case ')' -> close(at);
                case '*', '+', '?' -> repeat(at + 1, 1);
                case '{' -> braces(at);
                default -> atom(at + 1);
            };
        }
        return this;
    }

    private int atom(int next) {
        group.atom(1);
        return next;
    }

    private int open(int at) {
        outer.push(group);
        group = new Group();
        depth = Math.max(depth, outer.size());
        return at + 1;
    }

    private int close(int at) {
        // Two instructions keep where a group begins and ends.
        long size = sum(size(), 2);
        if (!outer.isEmpty()) {
            group = outer.pop();
        }
        group.atom(size);
        return at + 1;
    }

    private int repeat(int next, int times) {
        group.last = product(sum(group.last, 1), times);
        return next;
    }

    /** {@code \Q...\E} are the characters themselves; else an escape is one atom, whatever belongs to it counts as more. */
    private int escape(int at) {
        if (!regex.startsWith("\\Q", at)) {
            return atom(Math.min(at + 2, regex.length()));
        }
        int end = regex.indexOf("\\E", at);
        int last = end < 0 ? regex.length() : end;
        for (int i = at + 2; i < last; i++) {
            atom(i);
        }
        return end < 0 ? last : end + 2;
    }

    private int charClass(int at) {
        int next = at + (regex.startsWith("[^", at) ? 2 : 1);
        // A bracket right at the beginning is one of the characters.
        int first = next;
        while (next < regex.length() && (regex.charAt(next) != ']' || next == first)) {
            if (regex.startsWith("[:", next) && regex.indexOf(":]", next + 2) > 0) {
                next = regex.indexOf(":]", next + 2) + 2;
            } else {
                next += regex.charAt(next) == '\\' ? 2 : 1;
            }
        }
        return atom(Math.min(next + 1, regex.length()));
    }

    /** {@code {3}}, {@code {3,}} or {@code {3,5}}; other braces are characters. */
    private int braces(int at) {
        int end = regex.indexOf('}', at);
        String bounds = end < 0 ? "" : regex.substring(at + 1, end);
        if (!bounds.matches("[0-9]{1,9}(,[0-9]{0,9})?")) {
            return atom(at + 1);
        }
        int comma = bounds.indexOf(',');
        if (comma < 0) {
            return repeat(end + 1, Integer.parseInt(bounds));
        }
        return comma == bounds.length() - 1
                ? repeat(end + 1, Integer.parseInt(bounds.substring(0, comma)) + 1)
                : repeat(end + 1, Integer.parseInt(bounds.substring(comma + 1)));
    }

    private static long sum(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }

    private static long product(long a, long b) {
        return b != 0 && a > Long.MAX_VALUE / b ? Long.MAX_VALUE : a * b;
    }
}
