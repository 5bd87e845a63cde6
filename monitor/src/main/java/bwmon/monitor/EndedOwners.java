package bwmon.monitor;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;

import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.attribution.OwnerId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes room for new processes among those that the kernel's programs wrote down: an ended one is forgotten in the interval after
 * the one in which it was found to have ended, because by then all that it moved was handed out. So many are looked at in an
 * interval that it costs little; all, by one listing of /proc, where more than half of the room is taken.
 */
final class EndedOwners {
    /** So many are looked at in an interval, some 10 us each. */
    static final int SLICE = 200;
    /** The room that is taken is looked up so often. */
    static final int COUNT_EVERY = 4;
    private static final Logger LOG = LoggerFactory.getLogger(EndedOwners.class);

    private final KernelTraffic traffic;
    private final Lives lives;
    private final Listing listing;
    private final Deque<Long> queue = new ArrayDeque<>();
    private List<Long> ended = List.of();
    private long intervals;
    private boolean hasFailed;

    /** Whether a process lives. */
    @FunctionalInterface
    interface Lives {
        boolean test(long owner) throws IOException;
    }

    /** The numbers of all processes. */
    @FunctionalInterface
    interface Listing {
        List<Integer> processes() throws IOException;
    }

    EndedOwners(KernelTraffic traffic, Lives lives, Listing listing) {
        this.traffic = traffic;
        this.lives = lives;
        this.listing = listing;
    }

    /** An interval was handed out. What fails is tried again in the next one. */
    void handedOut() {
        try {
            if (!ended.isEmpty()) {
                traffic.forget(ended);
                ended = List.of();
            }
            ended = next();
            hasFailed = false;
        } catch (IOException e) {
            if (!hasFailed) {
                LOG.warn("processes that have ended are not forgotten, is tried again: {}", e.toString());
                hasFailed = true;
            }
        }
    }

    private List<Long> next() throws IOException {
        if (queue.isEmpty() || intervals++ % COUNT_EVERY == 0) {
            List<Long> noted = traffic.notedOwners();
            if (noted.size() > traffic.notedRoom() / 2) {
                queue.clear();
                return withoutProcess(noted);
            }
            if (queue.isEmpty()) {
                queue.addAll(noted);
            }
        }
        var found = new ArrayList<Long>();
        for (int i = 0; i < SLICE && !queue.isEmpty(); i++) {
            long owner = queue.removeFirst();
            if (!lives.test(owner)) {
                found.add(owner);
            }
        }
        return found;
    }

    /** One whose number is another's by now is left for a closer look at a better time. */
    private List<Long> withoutProcess(List<Long> noted) throws IOException {
        var present = new HashSet<>(listing.processes());
        var found = new ArrayList<Long>();
        for (long owner : noted) {
            if (!present.contains(OwnerId.pid(owner))) {
                found.add(owner);
            }
        }
        return found;
    }
}
