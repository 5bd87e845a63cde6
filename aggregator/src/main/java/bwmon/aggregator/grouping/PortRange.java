package bwmon.aggregator.grouping;

import bwmon.cli.Numbers;

/**
 * Ports from one to another, both included.
 *
 * @param first 1 to 65535
 * @param last {@code first} to 65535
 */
public record PortRange(int first, int last) {
    private static final int MAX_PORT = 65_535;

    public PortRange {
        if (first < 1 || last > MAX_PORT || first > last) {
            throw new IllegalArgumentException("ports are 1 to 65535, the lower one first, not " + first + "-" + last);
        }
    }

    /**
     * Reads {@code 443} or {@code 8000-8999}.
     *
     * @throws IllegalArgumentException if it is neither, saying what was expected
     */
    public static PortRange parse(String text) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            int port = Numbers.integer(text, 1, MAX_PORT);
            return new PortRange(port, port);
        }
        return new PortRange(Numbers.integer(text.substring(0, dash).strip(), 1, MAX_PORT),
                Numbers.integer(text.substring(dash + 1).strip(), 1, MAX_PORT));
    }

    boolean contains(int port) {
        return port >= first && port <= last;
    }

    @Override
    public String toString() {
        return first == last ? Integer.toString(first) : first + "-" + last;
    }
}
