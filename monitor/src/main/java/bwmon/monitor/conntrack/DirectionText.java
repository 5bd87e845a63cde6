package bwmon.monitor.conntrack;

import java.nio.charset.StandardCharsets;

import bwmon.monitor.procfs.Lines;
import org.jspecify.annotations.Nullable;

/** What a line of the connection table's text tells of one direction; used again for the next line. */
final class DirectionText {
    private static final byte[] DST = ascii("dst=");
    private static final byte[] SPORT = ascii("sport=");
    private static final byte[] DPORT = ascii("dport=");
    private static final byte[] SRCKEY = ascii("srckey=0x");
    private static final byte[] DSTKEY = ascii("dstkey=0x");
    private static final byte[] TYPE = ascii("type=");
    private static final byte[] CODE = ascii("code=");
    private static final byte[] ID = ascii("id=");
    private static final byte[] PACKETS = ascii("packets=");
    private static final byte[] BYTES = ascii("bytes=");

    private static final int ABSENT = -1;

    private boolean isIpv6;
    private boolean hasSource;
    private boolean hasDestination;
    private boolean isValid;
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;
    private int sourceId;
    private int destinationId;
    private int zone;
    private long packets;
    private long bytes;
    /** The address that was read last. */
    private long high;
    private long low;

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Forgets the line before. */
    void clear(boolean ipv6) {
        isIpv6 = ipv6;
        hasSource = false;
        hasDestination = false;
        isValid = true;
        sourceId = 0;
        destinationId = 0;
        zone = 0;
        packets = ABSENT;
        bytes = ABSENT;
    }

    boolean hasSource() {
        return hasSource;
    }

    /** Whether it is told whole, and all of it could be read. */
    boolean isWhole() {
        return isValid && hasSource && hasDestination && (packets == ABSENT) == (bytes == ABSENT);
    }

    /** Takes the address with which a direction begins. */
    void source(Lines line) {
        address(line);
        sourceHigh = high;
        sourceLow = low;
        hasSource = true;
    }

    void zone(long number) {
        zone = (int) bounded(number, 0xffff);
    }

    /** Takes the next word of the line, if it is one of a direction. */
    boolean take(Lines line) {
        if (line.take(DST)) {
            address(line);
            destinationHigh = high;
            destinationLow = low;
            hasDestination = true;
        } else if (line.take(SPORT) || line.take(ID)) {
            sourceId = (int) bounded(line.decimal(), 0xffff);
        } else if (line.take(DPORT)) {
            destinationId = (int) bounded(line.decimal(), 0xffff);
        } else if (line.take(PACKETS)) {
            packets = bounded(line.decimal(), Long.MAX_VALUE);
        } else if (line.take(BYTES)) {
            bytes = bounded(line.decimal(), Long.MAX_VALUE);
        } else if (line.take(TYPE)) {
            destinationId |= (int) bounded(line.decimal(), 0xff) << 8;
        } else if (line.take(CODE)) {
            destinationId |= (int) bounded(line.decimal(), 0xff);
        } else if (line.take(SRCKEY)) {
            sourceId = key(line);
        } else if (line.take(DSTKEY)) {
            destinationId = key(line);
        } else {
            return false;
        }
        isValid &= line.atEndOfWord();
        return true;
    }

    /** A key of GRE: 16 bits, printed by %x. */
    private int key(Lines line) {
        int key = 0;
        int digits = 0;
        while (!line.atEndOfWord() && digits <= 4) {
            key = key << 4 | (int) bounded(line.hexadecimal(1), 0xf);
            digits++;
        }
        isValid &= digits >= 1 && digits <= 4;
        return key;
    }

    private long bounded(long number, long limit) {
        isValid &= number >= 0 && number <= limit;
        return isValid ? number : 0;
    }

    private void address(Lines line) {
        if (isIpv6) {
            // In full, as %pI6 prints it.
            high = 0;
            low = 0;
            for (int i = 0; i < 8; i++) {
                isValid &= i == 0 || line.take(':');
                high = high << 16 | low >>> 48;
                low = low << 16 | bounded(line.hexadecimal(4), 0xffff);
            }
        } else {
            high = 0;
            low = 0;
            for (int i = 0; i < 4; i++) {
                isValid &= i == 0 || line.take('.');
                low = low << 8 | bounded(line.decimal(), 0xff);
            }
        }
        isValid &= line.atEndOfWord();
    }

    Tuple tuple(int protocol) {
        return isIpv6
                ? Tuple.ofIpv6(sourceHigh, sourceLow, destinationHigh, destinationLow, protocol, sourceId,
                        destinationId, zone)
                : Tuple.ofIpv4(sourceLow, destinationLow, protocol, sourceId, destinationId, zone);
    }

    @Nullable
    Counters counters() {
        return packets == ABSENT ? null : new Counters(packets, bytes);
    }
}
