package bwmon.monitor.attribution;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Joins sockets and processes into usages, each difference once. Pure: {@link #questions} says what has to be asked,
 * {@link #settle} takes the answers; a caller that fails between the two has changed nothing. For one thread at a time.
 *
 * <p><b>Whose bytes.</b> A socket belongs to the process that holds a descriptor of it; among several (fork) to the one
 * that started first. The owner is remembered by the socket's cookie, so that it stays the owner of what a socket moves
 * after the process closed it or ended. Whenever a socket has moved something its holder is confirmed; if it gave the
 * socket up (a server that hands its connections to children), the holder is searched anew. A connection that nobody holds
 * and that nobody was known to hold, but that came in through a listening socket, belongs to who listens: it is not yet
 * accepted, or was over before it could be looked at. Else the bytes are unattributed: EXITED; NO_PERMISSION where there
 * are processes that may not be looked at; KERNEL for a socket that stays open and that no process is seen to hold (the
 * kernel's own, or held out of sight by io_uring, by a message on its way, or in another PID namespace).
 *
 * <p>The memory is bounded by the number of sockets that the kernel has, and by {@link #DEPARTED_LIMIT}.
 */
public final class SocketLedger {
    /**
     * Sockets that have left the list without a notice of their end: closed by the network, but still held by a process.
     * So are those whose notice was lost. Beyond that many (some 15 MB) the eldest is forgotten; should its notice come after
     * all, its bytes would be counted again.
     */
    static final int DEPARTED_LIMIT = 65_536;

    private final boolean awaitsNotices;
    private Map<Long, Entry> entries = Map.of();
    private final Map<Long, Entry> departed = new LinkedHashMap<>();
    private Listeners listeners = Listeners.NONE;

    private static final class Entry {
        private SocketSample last;
        private @Nullable Holder holder;
        /** Who listens, until the connection has a holder of its own. */
        private boolean provisional;
        private Owner.@Nullable Cause cause;

        Entry(SocketSample first) {
            last = new SocketSample(first.cookie(), first.inode(), first.flow(), first.listening(), 0, 0);
        }

        boolean isSettled() {
            return (holder != null && !provisional) || cause == Owner.Cause.KERNEL
                    || cause == Owner.Cause.NO_PERMISSION;
        }

        Owner owner() {
            if (holder != null) {
                return holder.process();
            }
            return new Owner.Unattributed(cause == null ? Owner.Cause.EXITED : cause);
        }
    }

    /**
     * A ledger without sockets.
     *
     * @param awaitsNotices whether the end of every socket is told ({@link #settle}, destroyed), so that one that has left
     *     the list is to be remembered until then
     */
    public SocketLedger(boolean awaitsNotices) {
        this.awaitsNotices = awaitsNotices;
    }

    /**
     * What has to be asked before the books are made up.
     *
     * @param unknown inodes of sockets whose holder is to be searched
     * @param known holders by inode, to be confirmed; where one is not, its inode is to be searched as well
     */
    public record Questions(Set<Long> unknown, Map<Long, Holder> known) {}

    /**
     * What was found.
     *
     * @param confirmed holders by inode, of {@link Questions#known}
     * @param found what the search for the others gave
     * @param stillOpen inodes that the search did not find, although their sockets were open before and after it
     */
    public record Answers(Map<Long, Holder> confirmed, SocketOwners.Found found, Set<Long> stillOpen) {}

    /** Whether the socket has been seen before, and its end not yet. */
    public boolean knows(long cookie) {
        return entries.containsKey(cookie) || departed.containsKey(cookie);
    }

    private @Nullable Entry entry(long cookie) {
        Entry entry = entries.get(cookie);
        return entry == null ? departed.get(cookie) : entry;
    }

    /** Which holders the open sockets make it necessary to know. */
    public Questions questions(List<SocketSample> open) {
        var unknown = new HashSet<Long>();
        var known = new HashMap<Long, Holder>();
        for (SocketSample sample : open) {
            if (sample.inode() == 0) {
                continue;
            }
            Entry entry = entry(sample.cookie());
            if (entry == null || !entry.isSettled()) {
                unknown.add(sample.inode());
            } else if (entry.holder != null && (sample.listening() || moved(entry, sample))) {
                known.put(sample.inode(), entry.holder);
            }
        }
        return new Questions(unknown, known);
    }

    private static boolean moved(Entry entry, SocketSample now) {
        return now.rxPayload() != entry.last.rxPayload() || now.txPayload() != entry.last.txPayload();
    }

    /**
     * Makes up the books.
     *
     * @param open all open sockets, listening ones included
     * @param destroyed sockets that have ended since the last time, with their final counters
     * @return what moved since the last time
     */
    public List<Usage> settle(List<SocketSample> open, List<SocketSample> destroyed, Answers answers) {
        var usages = new ArrayList<Usage>();
        var present = new HashMap<Long, Entry>();
        for (SocketSample sample : open) {
            Entry entry = entry(sample.cookie());
            if (entry == null) {
                entry = new Entry(sample);
            }
            assign(entry, sample.inode(), answers);
            present.put(sample.cookie(), entry);
        }
        listeners = listeners.next(open, sample -> {
            Entry entry = present.get(sample.cookie());
            return entry == null ? null : entry.holder;
        });
        var ended = new HashSet<Long>();
        for (SocketSample sample : destroyed) {
            Entry entry = present.containsKey(sample.cookie())
                    ? present.remove(sample.cookie())
                    : entry(sample.cookie());
            close(entry == null ? new Entry(sample) : entry, sample, usages);
            ended.add(sample.cookie());
        }
        for (SocketSample sample : open) {
            Entry entry = present.get(sample.cookie());
            if (entry != null && !sample.listening()) {
                adopt(entry, sample);
                charge(entry, sample, usages);
            }
        }
        depart(present, ended);
        return usages;
    }

    private void close(Entry entry, SocketSample sample, List<Usage> usages) {
        if (!sample.listening()) {
            adopt(entry, sample);
            charge(entry, sample, usages);
        }
    }

    private static void assign(Entry entry, long inode, Answers answers) {
        if (inode == 0) {
            return;
        }
        Holder holder = answers.confirmed().get(inode);
        if (holder == null) {
            holder = answers.found().holders().get(inode);
        }
        if (holder != null) {
            entry.holder = holder;
            entry.provisional = false;
            entry.cause = null;
        } else if (entry.holder == null && entry.cause == null) {
            // One that is not open any more was given up, by a process or with it, during the search.
            if (answers.stillOpen().contains(inode)) {
                entry.cause = answers.found().unreadable() > 0 ? Owner.Cause.NO_PERMISSION : Owner.Cause.KERNEL;
            }
        }
    }

    /** Gives a connection without a holder to who listens where it came in. */
    private void adopt(Entry entry, SocketSample sample) {
        if (entry.holder == null && entry.cause == null) {
            entry.holder = listeners.at(sample.flow().local());
            entry.provisional = entry.holder != null;
        }
    }

    private static void charge(Entry entry, SocketSample now, List<Usage> usages) {
        SocketSample last = entry.last;
        // A socket that was disconnected and connected anew (AF_UNSPEC, connect(2)) has begun to count anew. On one
        // connection no counter falls, but for the moment in which a retransmission is counted before it is sent.
        boolean same = now.flow().equals(last.flow());
        long rx = Math.max(0, now.rxPayload() - (same ? last.rxPayload() : 0));
        long tx = Math.max(0, now.txPayload() - (same ? last.txPayload() : 0));
        if (rx > 0 || tx > 0) {
            usages.add(new Usage(entry.owner(), now.flow(), ByteCounts.ofPayload(rx, tx)));
        }
        entry.last = same
                ? new SocketSample(now.cookie(), now.inode(), now.flow(), now.listening(),
                        Math.max(now.rxPayload(), last.rxPayload()), Math.max(now.txPayload(), last.txPayload()))
                : now;
    }

    private void depart(Map<Long, Entry> present, Set<Long> ended) {
        if (awaitsNotices) {
            entries.forEach((cookie, entry) -> {
                if (!present.containsKey(cookie) && !entry.last.listening()) {
                    departed.put(cookie, entry);
                }
            });
            departed.keySet().removeAll(present.keySet());
            departed.keySet().removeAll(ended);
            var eldest = departed.keySet().iterator();
            while (departed.size() > DEPARTED_LIMIT) {
                eldest.next();
                eldest.remove();
            }
        }
        entries = present;
    }

    /** How many sockets are remembered. */
    int size() {
        return entries.size() + departed.size();
    }
}
