package bwmon.traffic;

/** Which way bytes went, seen from this host. */
public enum Direction {
    /** Received by this host. */
    RX("rx"),
    /** Transmitted by this host. */
    TX("tx");

    private final String label;

    Direction(String label) {
        this.label = label;
    }

    /** The name used in JSON fields, configuration and on screens: {@code rx} or {@code tx}. */
    public String label() {
        return label;
    }

    /** The other direction. */
    public Direction opposite() {
        return this == RX ? TX : RX;
    }
}
