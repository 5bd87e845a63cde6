package bwmon.monitor;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

import bwmon.monitor.attribution.SocketOwners;
import bwmon.monitor.attribution.SocketOwners.Found;
import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Searches the holders of sockets that were just made, and keeps them until the next two looks have asked: one look may be
 * under way while a socket is found. Not longer, because the ends of a flow, unlike a cookie, are used again by others.
 * Searching is for one thread; the rest is for any.
 */
final class PromptHolders {
    /** Sockets remembered at most between two looks; further ones are not. */
    static final int LIMIT = 16_384;
    /** Descriptors looked at in one search: some 4 ms. */
    private static final int DESCRIPTORS = 2_000;

    private final SocketOwners owners;
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private Generation now = new Generation();
    private Generation before = new Generation();

    private static final class Generation {
        private final Map<Long, Holder> byCookie = new HashMap<>();
        /** Null where the holder was not found: whoever had these ends before is another. */
        private final Map<Flow, @Nullable Holder> byFlow = new HashMap<>();
    }

    /**
     * A socket that began a connection.
     *
     * @param flow of the connection, as the socket has it
     * @param cookie of the socket
     * @param inode of the socket
     * @param uid of whom it is, 0 to 2^32 - 1
     */
    record Begun(Flow flow, long cookie, long inode, long uid) {}

    /**
     * Searches by these.
     *
     * @param owners for this alone
     * @throws IOException if the processes that are there cannot be read
     */
    PromptHolders(SocketOwners owners) throws IOException {
        this.owners = owners;
        // What is there now is not young.
        owners.look().findAmong(Set.of(), -1, DESCRIPTORS);
    }

    /** Searches the holders of sockets that have just been made. */
    void search(List<Begun> begun) throws IOException {
        var inodes = new HashMap<Long, Set<Long>>();
        for (Begun one : begun) {
            inodes.computeIfAbsent(one.uid, _ -> new HashSet<>()).add(one.inode);
        }
        var found = new HashMap<Long, Holder>();
        SocketOwners.Look look = owners.look();
        for (Map.Entry<Long, Set<Long>> ofUser : inodes.entrySet()) {
            Found ofThem = look.findAmong(ofUser.getValue(), ofUser.getKey(), DESCRIPTORS);
            found.putAll(ofThem.holders());
        }
        lock.lock();
        try {
            for (Begun one : begun) {
                Holder holder = found.get(one.inode);
                if (now.byFlow.size() < LIMIT) {
                    now.byFlow.put(one.flow, holder);
                    if (holder != null) {
                        now.byCookie.put(one.cookie, holder);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Forgets what was found before the last look. */
    void looked() {
        lock.lock();
        try {
            before = now;
            now = new Generation();
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Holder of(long cookie) {
        lock.lock();
        try {
            Holder holder = now.byCookie.get(cookie);
            return holder == null ? before.byCookie.get(cookie) : holder;
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Holder of(Flow flow) {
        lock.lock();
        try {
            return now.byFlow.containsKey(flow) ? now.byFlow.get(flow) : before.byFlow.get(flow);
        } finally {
            lock.unlock();
        }
    }
}
