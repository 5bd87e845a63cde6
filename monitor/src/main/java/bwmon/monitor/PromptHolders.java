package bwmon.monitor;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
 * Searches the holders of sockets that were just made, and keeps them until the next looks have asked. Searching is for one
 * thread; asking is for any.
 */
final class PromptHolders {
    /** Sockets remembered at most; the eldest is forgotten. At a thousand new ones a second they last for 16 s. */
    static final int LIMIT = 16_384;
    /** Descriptors looked at in one search: some 4 ms. */
    private static final int DESCRIPTORS = 2_000;

    private final SocketOwners owners;
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Map<Long, Holder> byCookie = new LinkedHashMap<>();
    private final Map<Flow, Holder> byFlow = new LinkedHashMap<>();

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
                if (holder != null) {
                    put(byCookie, one.cookie, holder);
                    put(byFlow, one.flow, holder);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private static <K> void put(Map<K, Holder> map, K key, Holder holder) {
        map.remove(key);
        map.put(key, holder);
        if (map.size() > LIMIT) {
            var eldest = map.keySet().iterator();
            eldest.next();
            eldest.remove();
        }
    }

    @Nullable
    Holder of(long cookie) {
        return get(byCookie, cookie);
    }

    @Nullable
    Holder of(Flow flow) {
        return get(byFlow, flow);
    }

    private <K> @Nullable Holder get(Map<K, Holder> map, K key) {
        lock.lock();
        try {
            return map.get(key);
        } finally {
            lock.unlock();
        }
    }
}
