package bwmon.aggregator.config;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

import bwmon.traffic.ByteQuantity;
import com.typesafe.config.ConfigUtil;

/** Writes HOCON as a person would. */
final class Hocon {
    private static final int MAX_LINE = 120;
    private final StringBuilder text = new StringBuilder();
    private String indent = "";

    /** A key and a brace, until {@link #close}. */
    Hocon open(String key) {
        text.append(indent).append(key(key)).append(" {\n");
        indent += "  ";
        return this;
    }

    Hocon close() {
        indent = indent.substring(2);
        text.append(indent).append("}\n");
        return this;
    }

    Hocon blankLine() {
        text.append('\n');
        return this;
    }

    /** A key with a value that is HOCON already. */
    Hocon line(String key, String value) {
        text.append(indent).append(key).append(" = ").append(value).append('\n');
        return this;
    }

    /** A key with a list; one that is too long for a line has a line for each element. */
    Hocon list(String key, List<String> elements) {
        String all = "[" + String.join(", ", elements) + "]";
        if (indent.length() + key.length() + 3 + all.length() <= MAX_LINE) {
            return line(key, all);
        }
        return line(key, elements.stream().map(element -> indent + "  " + element)
                .collect(Collectors.joining("\n", "[\n", "\n" + indent + "]")));
    }

    /** A key, in quotes where it needs them. */
    static String key(String key) {
        // "include" begins a statement.
        return isPlain(key) && !key.equals("include") ? key : ConfigUtil.quoteString(key);
    }

    /** A word, in quotes where it needs them. */
    static String word(String word) {
        return isPlain(word) && !word.matches("(null|true|false).*") ? word : ConfigUtil.quoteString(word);
    }

    private static boolean isPlain(String word) {
        return word.matches("[A-Za-z][A-Za-z0-9_-]*");
    }

    /** A text in quotes. */
    static String quoted(String text) {
        return ConfigUtil.quoteString(text);
    }

    /** Bytes, exactly, in the unit of 1000 or 1024 that needs fewer digits. */
    static String bytes(long bytes) {
        String decimal = new ByteQuantity(bytes, false).toString();
        String best = decimal;
        for (int power = 1; power <= 6; power++) {
            long unit = 1L << (10 * power);
            if (bytes != 0 && bytes % unit == 0) {
                String binary = bytes / unit + "KMGTPE".substring(power - 1, power) + "iB";
                best = digits(binary) < digits(decimal) ? binary : best;
            }
        }
        return best;
    }

    private static int digits(String quantity) {
        return quantity.replaceAll("[^0-9]", "").replaceAll("0+$", "").length();
    }

    /** A rate, exactly. */
    static String rate(long bytesPerSecond) {
        return bytes(bytesPerSecond) + "/s";
    }

    /** A length of time, exactly, in the largest unit that divides it. */
    static String duration(Duration duration) {
        long nanos = duration.toNanos();
        long[] units = {86_400_000_000_000L, 3_600_000_000_000L, 60_000_000_000L, 1_000_000_000, 1_000_000, 1_000};
        String[] names = {"d", "h", "m", "s", "ms", "us"};
        for (int i = 0; i < units.length && nanos != 0; i++) {
            if (nanos % units[i] == 0) {
                return nanos / units[i] + names[i];
            }
        }
        return nanos == 0 ? "0s" : nanos + "ns";
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
