package bwmon.aggregator.usage;

import java.util.OptionalLong;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;

/** Which bytes are meant. A column, an average or a sum is of one layer and never mixes the two. */
public enum Layer {
    /** What the programs moved through their sockets. */
    PAYLOAD("payload"),
    /** What the network carried for them, headers and retransmissions included. */
    IP("IP");

    private final String label;

    Layer(String label) {
        this.label = label;
    }

    /** The name on screens, to go before "bytes". */
    public String label() {
        return label;
    }

    /** The bytes of this layer; absent where the source cannot know them. */
    public OptionalLong of(ByteCounts counts, Direction direction) {
        return this == PAYLOAD ? counts.payload(direction) : counts.bytes(direction);
    }
}
