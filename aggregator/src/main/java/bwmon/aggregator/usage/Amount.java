package bwmon.aggregator.usage;

import java.util.Locale;
import java.util.OptionalLong;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/** Which direction's bytes are meant, or both added up. */
public enum Amount {
    /** Received. */
    RX,
    /** Transmitted. */
    TX,
    /** Received and transmitted. */
    TOTAL;

    /** The word in configurations and JSON: {@code rx}, {@code tx}, {@code total}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The bytes of a layer; absent where one that is needed is unknown.
     *
     * @throws ArithmeticException if the sum overflows 63 bits
     */
    public OptionalLong of(ByteCounts counts, Layer layer) {
        OptionalLong rx = layer.of(counts, Direction.RX);
        OptionalLong tx = layer.of(counts, Direction.TX);
        return switch (this) {
            case RX -> rx;
            case TX -> tx;
            case TOTAL -> rx.isPresent() && tx.isPresent()
                    ? OptionalLong.of(Math.addExact(rx.getAsLong(), tx.getAsLong()))
                    : OptionalLong.empty();
        };
    }
}
