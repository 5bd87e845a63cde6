package bwmon.cli;

import java.time.Duration;
import java.util.Iterator;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

import bwmon.traffic.ByteQuantity;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converters of options whose values have units or bounds. */
public final class OptionTypes {

    private OptionTypes() {}

    private static <T> T convert(String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }

    /** A rate such as {@code 10MB/s}, in bytes a second. */
    public static final class Rate implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return OptionTypes.convert(text, ByteQuantity::parseRate);
        }
    }

    /** Seconds, fractions allowed, 0 allowed. */
    public static final class Seconds implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return OptionTypes.convert(text, Numbers::seconds);
        }
    }

    /** The length of an interval: seconds, 0.01 or more. */
    public static final class Interval implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return OptionTypes.convert(text, t -> {
                Duration interval = Numbers.seconds(t);
                if (interval.toNanos() < 10_000_000) {
                    throw new IllegalArgumentException("an interval is at least 0.01 seconds, not '" + t + "'");
                }
                return interval;
            });
        }
    }

    /** One of an enum's constants, written in lower case; a hyphen may stand for an underscore. */
    public abstract static class Choice<E extends Enum<E>> implements ITypeConverter<E>, Iterable<String> {
        private final Class<E> type;

        /** The choice of one of the type's constants. */
        protected Choice(Class<E> type) {
            this.type = type;
        }

        @Override
        public Iterator<String> iterator() {
            return Stream.of(type.getEnumConstants()).map(Choice::label).iterator();
        }

        private static String label(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public E convert(String text) {
            String wanted = text.replace('-', '_');
            for (E constant : type.getEnumConstants()) {
                if (label(constant).equals(wanted)) {
                    return constant;
                }
            }
            throw new TypeConversionException(
                    "'" + text + "' is none of " + String.join(", ", this));
        }
    }

    /** A regular expression, as {@link Rule#command} reads it. */
    public static final class CommandRule implements ITypeConverter<Rule.Command> {
        @Override
        public Rule.Command convert(String text) {
            return OptionTypes.convert(text, Rule::command);
        }
    }

    /** An amount's unit: {@code si}, {@code iec} or {@code bits}. */
    public static final class Units extends Choice<ByteQuantity.Style> {
        /** For picocli. */
        public Units() {
            super(ByteQuantity.Style.class);
        }
    }
}
