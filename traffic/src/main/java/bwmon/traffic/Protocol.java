package bwmon.traffic;

import java.util.Locale;

/** Transport protocols that are told apart, by their number in the IP header (IANA, Assigned Internet Protocol Numbers). */
public enum Protocol {
    TCP(6), UDP(17);

    private final int number;

    Protocol(int number) {
        this.number = number;
    }

    /** The protocol's number in the IP header. */
    public int number() {
        return number;
    }

    /** The name in lower case, as ss and conntrack print it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
