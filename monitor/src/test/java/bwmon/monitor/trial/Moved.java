package bwmon.monitor.trial;

import bwmon.traffic.Direction;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * What a process of the program ways.c says that it moved.
 *
 * @param pid its number
 * @param sent bytes of payload, by what its calls gave back
 * @param received likewise
 * @param command its command line
 */
record Moved(int pid, long sent, long received, String command) {

    /** A line of its output. */
    static Moved parse(String line) {
        String[] words = line.split(" ", 5);
        assertEquals("moved", words[0], line);
        return new Moved(Integer.parseInt(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]),
                words[4].strip());
    }

    long payload(Direction direction) {
        return direction == Direction.TX ? sent : received;
    }
}
