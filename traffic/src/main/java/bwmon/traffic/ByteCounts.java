package bwmon.traffic;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * How much moved in each direction: IP bytes and packets (what the network carried, IP header included, once for every
 * transmission), and payload (what the program moved through its socket). Each of the six figures is either known, and
 * then 0 or more, or absent, because the source cannot know it; absent is never shown as 0, and a sum with an absent
 * figure is absent, because nobody knows it.
 *
 * <p>Immutable. Sums and differences are exact or refused: overflow throws {@link ArithmeticException}.
 */
public final class ByteCounts {
    private static final long ABSENT = -1;

    /** Nothing moved, and that is known of every figure: the neutral element of {@link #plus}. */
    public static final ByteCounts ZERO = new ByteCounts(0, 0, 0, 0, 0, 0);

    private final long rxBytes;
    private final long txBytes;
    private final long rxPackets;
    private final long txPackets;
    private final long rxPayload;
    private final long txPayload;

    private ByteCounts(long rxBytes, long txBytes, long rxPackets, long txPackets, long rxPayload, long txPayload) {
        this.rxBytes = rxBytes;
        this.txBytes = txBytes;
        this.rxPackets = rxPackets;
        this.txPackets = txPackets;
        this.rxPayload = rxPayload;
        this.txPayload = txPayload;
    }

    /** IP bytes and packets, payload unknown: what conntrack and interfaces count. */
    public static ByteCounts ofIp(long rxBytes, long txBytes, long rxPackets, long txPackets) {
        return new ByteCounts(count(rxBytes), count(txBytes), count(rxPackets), count(txPackets), ABSENT, ABSENT);
    }

    /** Payload bytes, IP bytes and packets unknown: what sockets and pipes count. */
    public static ByteCounts ofPayload(long rx, long tx) {
        return new ByteCounts(ABSENT, ABSENT, ABSENT, ABSENT, count(rx), count(tx));
    }

    /** These counts with payload bytes put in place of what is here. */
    public ByteCounts withPayload(long rx, long tx) {
        return new ByteCounts(rxBytes, txBytes, rxPackets, txPackets, count(rx), count(tx));
    }

    /** The IP bytes and packets alone, with no payload: where the payload is counted by somebody else. */
    public ByteCounts ipPart() {
        return withPayload(0, 0);
    }

    /** The payload alone, with no IP bytes and packets: where those are counted by somebody else. */
    public ByteCounts payloadPart() {
        return new ByteCounts(0, 0, 0, 0, rxPayload, txPayload);
    }

    private static long count(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("a count is 0 or more, not " + value);
        }
        return value;
    }

    /** IP bytes. */
    public OptionalLong bytes(Direction direction) {
        return optional(direction == Direction.RX ? rxBytes : txBytes);
    }

    /** IP packets. */
    public OptionalLong packets(Direction direction) {
        return optional(direction == Direction.RX ? rxPackets : txPackets);
    }

    /** Bytes that the program moved through its socket. */
    public OptionalLong payload(Direction direction) {
        return optional(direction == Direction.RX ? rxPayload : txPayload);
    }

    private static OptionalLong optional(long value) {
        return value == ABSENT ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /** Whether no figure tells of traffic: each is 0 or absent. */
    public boolean isNothing() {
        return rxBytes <= 0 && txBytes <= 0 && rxPackets <= 0 && txPackets <= 0 && rxPayload <= 0 && txPayload <= 0;
    }

    /**
     * The sum, figure by figure.
     *
     * @throws ArithmeticException if a sum does not fit 63 bits
     */
    public ByteCounts plus(ByteCounts other) {
        return new ByteCounts(add(rxBytes, other.rxBytes), add(txBytes, other.txBytes), add(rxPackets, other.rxPackets),
                add(txPackets, other.txPackets), add(rxPayload, other.rxPayload), add(txPayload, other.txPayload));
    }

    /**
     * The difference to an earlier state of the same counters, figure by figure.
     *
     * @throws ArithmeticException if a counter fell
     */
    public ByteCounts minus(ByteCounts earlier) {
        return new ByteCounts(subtract(rxBytes, earlier.rxBytes), subtract(txBytes, earlier.txBytes),
                subtract(rxPackets, earlier.rxPackets), subtract(txPackets, earlier.txPackets),
                subtract(rxPayload, earlier.rxPayload), subtract(txPayload, earlier.txPayload));
    }

    private static long add(long a, long b) {
        return a == ABSENT || b == ABSENT ? ABSENT : Math.addExact(a, b);
    }

    private static long subtract(long now, long earlier) {
        if (now == ABSENT || earlier == ABSENT) {
            return ABSENT;
        }
        if (now < earlier) {
            throw new ArithmeticException("a counter fell from " + earlier + " to " + now);
        }
        return now - earlier;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ByteCounts c && rxBytes == c.rxBytes && txBytes == c.txBytes && rxPackets == c.rxPackets
                && txPackets == c.txPackets && rxPayload == c.rxPayload && txPayload == c.txPayload;
    }

    @Override
    public int hashCode() {
        return Objects.hash(rxBytes, txBytes, rxPackets, txPackets, rxPayload, txPayload);
    }

    @Override
    public String toString() {
        return "rx " + text(rxBytes) + " B, tx " + text(txBytes) + " B, packets " + text(rxPackets) + "/"
                + text(txPackets)
                + ", payload " + text(rxPayload) + "/" + text(txPayload);
    }

    private static String text(long value) {
        return value == ABSENT ? "unknown" : Long.toString(value);
    }
}
