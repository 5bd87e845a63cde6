package bwmon.traffic;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * An amount of data, or an amount in a second, as people write it: {@code 512 KiB}, {@code 10MB/s}, {@code 1Gbit}.
 *
 * <p>k, M, G, T, P, E mean powers of 1000 and Ki, Mi, Gi, Ti, Pi, Ei powers of 1024 (IEC 80000-13), {@code B} is bytes and
 * {@code bit} is bits. What different programs read differently ({@code KB}, {@code Mb}, {@code Mbps}, {@code 10M}) is
 * refused, with the spellings that are clear. The space before the unit may be left out.
 *
 * @param bytes 0 or more
 * @param perSecond whether the amount is meant for each second
 */
public record ByteQuantity(long bytes, boolean perSecond) {
    private static final Pattern FORM = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*([A-Za-z]*)\\s*(/s)?");
    private static final Pattern UNIT = Pattern.compile("([kMGTPE]|[KMGTPE]i)?(B|bit)");
    private static final String EXPECTED = "expected a number and B, kB, MB, GB, TB (of 1000), KiB, MiB, GiB, TiB (of 1024)"
            + " or bit, kbit, Mbit, Gbit, such as 512KiB or 10MB/s";

    /** How a quantity is written for a person. */
    public enum Style {
        /** Bytes in powers of 1000: kB, MB, GB, ... */
        SI(1000, 1, "", "B"),
        /** Bytes in powers of 1024: KiB, MiB, GiB, ... */
        IEC(1024, 1, "i", "B"),
        /** Bits in powers of 1000: kbit, Mbit, Gbit, ... */
        BITS(1000, 8, "", "bit");

        private final int step;
        private final int perByte;
        private final String infix;
        private final String unit;

        Style(int step, int perByte, String infix, String unit) {
            this.step = step;
            this.perByte = perByte;
            this.infix = infix;
            this.unit = unit;
        }

        private String prefixed(int power) {
            String letter = this == IEC ? "KMGTPE" : "kMGTPE";
            return power == 0 ? unit : letter.charAt(power - 1) + infix + unit;
        }
    }

    public ByteQuantity {
        if (bytes < 0) {
            throw new IllegalArgumentException("an amount is 0 or more, not " + bytes);
        }
    }

    /**
     * Reads an amount such as {@code 512 KiB}, or a rate such as {@code 10MB/s}.
     *
     * @throws IllegalArgumentException if the text is not clear, is no whole number of bytes, or exceeds 63 bits; the
     *     message says what was expected
     */
    public static ByteQuantity parse(String text) {
        var form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no amount of data: " + EXPECTED);
        }
        String unitText = form.group(2);
        var unit = UNIT.matcher(unitText);
        if (!unit.matches()) {
            throw new IllegalArgumentException("'" + text + "': " + (unitText.isEmpty()
                    ? "the unit is missing"
                    : "'" + unitText + "' is read differently by different programs") + ": " + EXPECTED);
        }
        BigDecimal amount = new BigDecimal(form.group(1))
                .multiply(BigDecimal.valueOf(factor(unit.group(1))));
        if (unit.group(2).equals("bit")) {
            amount = amount.divide(BigDecimal.valueOf(8), MathContext.UNLIMITED);
        }
        try {
            return new ByteQuantity(amount.longValueExact(), form.group(3) != null);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is " + (amount.stripTrailingZeros().scale() > 0
                    ? "not a whole number of bytes"
                    : "more than " + Long.MAX_VALUE + " bytes"), e);
        }
    }

    private static long factor(@Nullable String prefix) {
        return switch (prefix) {
            case null -> 1;
            case "k" -> 1_000;
            case "M" -> 1_000_000;
            case "G" -> 1_000_000_000;
            case "T" -> 1_000_000_000_000L;
            case "P" -> 1_000_000_000_000_000L;
            case "E" -> 1_000_000_000_000_000_000L;
            case "Ki" -> 1L << 10;
            case "Mi" -> 1L << 20;
            case "Gi" -> 1L << 30;
            case "Ti" -> 1L << 40;
            case "Pi" -> 1L << 50;
            case "Ei" -> 1L << 60;
            default -> throw new IllegalArgumentException("unknown prefix " + prefix);
        };
    }

    /**
     * Reads a rate in bytes a second, where nothing but a rate can be meant: {@code /s} may be left out, as tc(8) does.
     *
     * @return bytes a second, 1 or more
     * @throws IllegalArgumentException as {@link #parse}, and for a rate of 0
     */
    public static long parseRate(String text) {
        long bytes = parse(text).bytes();
        if (bytes == 0) {
            throw new IllegalArgumentException("'" + text + "' lets nothing through: a rate is at least 1B/s");
        }
        return bytes;
    }

    /** Three or four significant digits and a unit, at most 10 characters and {@code /s}: {@code 1.23 MB/s}, {@code 999 KiB}. */
    public String format(Style style) {
        double value = (double) bytes * style.perByte;
        int power = 0;
        // 999.5 would be rounded up to 1000 by the format below.
        while (value >= style.step - 0.5 && power < 6) {
            value /= style.step;
            power++;
        }
        String number = power == 0
                ? Long.toString((long) value)
                : round(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
        return number + " " + style.prefixed(power) + (perSecond ? "/s" : "");
    }

    private static String round(double value, int places) {
        return BigDecimal.valueOf(value).setScale(places, RoundingMode.HALF_UP).toPlainString();
    }

    /** The exact amount in the largest unit that divides it, which {@link #parse} reads back. */
    @Override
    public String toString() {
        for (String prefix : new String[]{"E", "P", "T", "G", "M", "k"}) {
            long factor = factor(prefix);
            if (bytes != 0 && bytes % factor == 0) {
                return bytes / factor + prefix + "B" + (perSecond ? "/s" : "");
            }
        }
        return bytes + "B" + (perSecond ? "/s" : "");
    }
}
