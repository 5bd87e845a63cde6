package bwmon.cli;

import java.time.Duration;
import java.util.function.Function;

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
}
