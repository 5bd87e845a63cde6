package bwmon.monitor.attribution;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/** What is remembered of the flows that the connection table has told of, from one interval to the next. */
final class FlowMemory {
    /** Flows remembered at most, some 300 bytes each. */
    static final int LIMIT = 262_144;
    /** A flow that moved nothing for so many intervals is forgotten. */
    static final int FORGET_AFTER = 600;
    private static final int SWEEP_EVERY = 64;

    private final Map<Flow, Remembered> flows = new HashMap<>();
    private List<Flow> endedNow = new ArrayList<>();
    private List<Flow> endedBefore = new ArrayList<>();
    private long settlings;

    /** One flow. */
    static final class Remembered {
        /** Whose it was when it last moved. */
        @Nullable
        Owner owner;
        @Nullable
        Segmentation segmentation;
        /** Whose segments that compares: the same ends may have another socket later. */
        long cookie;
        /** Packets that the table counted in intervals in which the socket was not seen. */
        long rxEarlier;
        long txEarlier;
        private long last;
        private boolean hasEnded;
    }

    /** What is remembered of a flow; null if it was never told of, or too long ago. */
    @Nullable
    Remembered of(Flow flow) {
        return flows.get(flow);
    }

    boolean knows(Flow flow) {
        return flows.containsKey(flow);
    }

    /**
     * The memory of a flow that has moved.
     *
     * @param hasEnded whether it will not move again
     * @return null if there is no room for another one
     */
    @Nullable
    Remembered remember(Flow flow, boolean hasEnded) {
        Remembered one = flows.get(flow);
        boolean isAnother = one != null && one.hasEnded; // with the same ends
        if (one == null && isFull()) {
            return null;
        }
        if (one == null || isAnother) {
            one = new Remembered();
            flows.put(flow, one);
        }
        one.last = settlings;
        one.hasEnded = hasEnded;
        if (hasEnded) {
            endedNow.add(flow);
        }
        return one;
    }

    boolean isFull() {
        return flows.size() >= LIMIT;
    }

    /** An interval is over. A flow that ended in the one before is forgotten: by now the end of its socket has been told. */
    void settled() {
        for (Flow flow : endedBefore) {
            Remembered one = flows.get(flow);
            if (one != null && one.hasEnded && one.last < settlings) {
                flows.remove(flow);
            }
        }
        endedBefore = endedNow;
        endedNow = new ArrayList<>();
        settlings++;
        if (settlings % SWEEP_EVERY == 0) {
            flows.values().removeIf(one -> settlings - one.last > FORGET_AFTER);
        }
    }

    int size() {
        return flows.size();
    }
}
