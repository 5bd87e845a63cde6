package bwmon.traffic;

import java.util.Locale;

/** Transport protocols that are told apart, by their number in the IP header (IANA, Assigned Internet Protocol Numbers). */
public enum Protocol {
    ICMP(1), TCP(6), UDP(17), DCCP(33), GRE(47), ESP(50), ICMPV6(58), SCTP(132), UDPLITE(136),
    /** Any other one; its number is not kept. */
    OTHER(255);

    private static final Protocol[] ALL = values();

    private final int number;

    Protocol(int number) {
        this.number = number;
    }

    /** The protocol with that number in the IP header, 0 to 255; {@link #OTHER} if it is not told apart. */
    public static Protocol of(int number) {
        for (Protocol protocol : ALL) {
            if (protocol.number == number) {
                return protocol;
            }
        }
        return OTHER;
    }

    /** The protocol's number in the IP header; 255, which is reserved, for {@link #OTHER}. */
    public int number() {
        return number;
    }

    /** The name in lower case, as ss and conntrack print it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
