package bwmon.monitor.attribution;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;

import bwmon.monitor.attribution.SocketOwners.Holder;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * Joins sockets and processes, each difference once. Pure: {@link #questions} says what has to be asked,
 * {@link #settle} takes the answers; a caller that fails between the two has changed nothing. For one thread at a time.
 *
 * <p><b>Whose bytes.</b> A socket belongs to the process that holds a descriptor of it; among several (fork) to the one
 * that started first. The owner is remembered by the socket's cookie, so that it stays the owner of what a socket moves
 * after the process closed it or ended. Whenever a socket has moved something its holder is confirmed; if it gave the
 * socket up (a server that hands its connections to children), the holder is searched anew. Such servers hand over soon after
 * they accepted. So after {@link #PROMPT_CONFIRMATIONS} looks at which it was confirmed, a holder is confirmed no more often than
 * every {@link #CONFIRM_EVERY}th look, and trusted as long as its process runs: what a socket moves after it was handed over
 * later is charged to the one that handed it over, for so many looks at most. A connection that nobody holds
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

    private static final int PROMPT_SEARCHES = 3;
    /** How often the holder of a socket is confirmed as soon as that moves. */
    static final int PROMPT_CONFIRMATIONS = 8;
    /** A power of two: in how many looks a holder is confirmed once from then on, at some microseconds each. */
    static final int CONFIRM_EVERY = 16;
    /** At most 2^8 settlings, some minutes, between two searches for the holder of a socket that goes on moving bytes. */
    private static final int MAX_PAUSE_EXPONENT = 8;

    private final boolean awaitsNotices;
    private long settlings;
    private Map<Long, Entry> entries = Map.of();
    private final Map<Long, Entry> departed = new LinkedHashMap<>();
    private Listeners listeners = Listeners.NONE;

    private static final class Entry {
        private SocketSample last;
        private boolean isNew = true;
        private @Nullable Holder holder;
        /** Who listens, until the connection has a holder of its own. */
        private boolean provisional;
        private Owner.@Nullable Cause cause;
        /** How often a search did not find the holder, and from which settling on it is worth another one. */
        private int misses;
        private long searchAgain;
        /** How often this holder was confirmed, and from which settling on that is due again. */
        private int confirmations;
        private long confirmAgain;

        Entry(SocketSample first) {
            last = SocketSample.uncounted(first.cookie(), first.inode(), first.flow(), first.listening());
        }

        /** Whether the holder is known, or has been searched in vain and not much has happened since. */
        boolean isSettled(long settlings, boolean moved) {
            return (holder != null && !provisional) || (cause != null && (!moved || settlings < searchAgain));
        }

        /** Between fork and close in the parent a search may miss a socket: so again soon, and ever more rarely. */
        void missed(Owner.Cause why, long settlings) {
            cause = why;
            misses++;
            searchAgain = settlings + (misses < PROMPT_SEARCHES ? 1 : 1L << Math.min(misses, MAX_PAUSE_EXPONENT));
        }

        /** The sockets of a busy moment take turns, by their cookies. */
        void confirmed(long settlings) {
            confirmations++;
            confirmAgain = settlings + (confirmations < PROMPT_CONFIRMATIONS
                    ? 1
                    : confirmations > PROMPT_CONFIRMATIONS
                            ? CONFIRM_EVERY
                            : 1 + (last.cookie() & (CONFIRM_EVERY - 1)));
        }

        void hold(@Nullable Holder found) {
            if (found != null) {
                if (holder == null || provisional || !holder.process().id().equals(found.process().id())) {
                    confirmations = 0;
                    confirmAgain = 0;
                }
                holder = found;
                provisional = false;
                cause = null;
                misses = 0;
            }
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
     * @param trusted to be refreshed; where that has ended, its inode is to be searched as well
     */
    public record Questions(Set<Long> unknown, Map<Long, Holder> known, List<Held> trusted) {}

    /** A socket and its holder. */
    public record Held(long inode, Holder holder) {}

    /**
     * What was found.
     *
     * @param confirmed holders by inode, of {@link Questions#known}, and those of {@link Questions#trusted} that have changed
     * @param found what the search for the others gave
     * @param stillOpen inodes that the search did not find, although their sockets were open before and after it
     * @param prompt the holder by the cookie, of sockets that were looked for as soon as they were made; null for others
     */
    public record Answers(Map<Long, Holder> confirmed, SocketOwners.Found found, Set<Long> stillOpen,
            LongFunction<@Nullable Holder> prompt) {}

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
        var trusted = new ArrayList<Held>();
        for (SocketSample sample : open) {
            if (sample.inode() == 0) {
                continue;
            }
            Entry entry = entry(sample.cookie());
            if (entry == null || !entry.isSettled(settlings, moved(entry, sample))) {
                unknown.add(sample.inode());
            } else if (entry.holder != null && (sample.listening() || moved(entry, sample))) {
                if (sample.listening() || settlings >= entry.confirmAgain) {
                    known.put(sample.inode(), entry.holder);
                } else {
                    trusted.add(new Held(sample.inode(), entry.holder));
                }
            }
        }
        return new Questions(unknown, known, trusted);
    }

    /** Whether it may have changed hands: one without counters always may. */
    private static boolean moved(Entry entry, SocketSample now) {
        return now.segments() == null || now.rxPayload() != entry.last.rxPayload()
                || now.txPayload() != entry.last.txPayload();
    }

    /**
     * Makes up the books.
     *
     * @param open all open sockets, listening ones included
     * @param destroyed sockets that have ended since the last time, with their final counters
     * @return every socket that does not listen, the ended ones first, with what it moved since the last time
     */
    public List<SettledSocket> settle(List<SocketSample> open, List<SocketSample> destroyed, Answers answers) {
        var settled = new ArrayList<SettledSocket>(open.size() + destroyed.size());
        var present = new HashMap<Long, Entry>();
        for (SocketSample sample : open) {
            Entry entry = entry(sample.cookie());
            if (entry == null) {
                entry = new Entry(sample);
            }
            assign(entry, sample, answers);
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
            Entry last = entry == null ? new Entry(sample) : entry;
            if (last.holder == null) {
                last.hold(answers.prompt().apply(sample.cookie()));
            }
            close(last, sample, settled);
            ended.add(sample.cookie());
        }
        for (SocketSample sample : open) {
            Entry entry = present.get(sample.cookie());
            if (entry != null && !sample.listening()) {
                adopt(entry, sample);
                charge(entry, sample, settled);
            }
        }
        depart(present, ended);
        return settled;
    }

    private void close(Entry entry, SocketSample sample, List<SettledSocket> settled) {
        if (!sample.listening()) {
            adopt(entry, sample);
            charge(entry, sample, settled);
        }
    }

    private void assign(Entry entry, SocketSample sample, Answers answers) {
        long inode = sample.inode();
        if (inode == 0) {
            if (sample.isConnectionless()) {
                entry.cause = Owner.Cause.KERNEL; // A closed one is not listed any more.
            }
            return;
        }
        Holder holder = answers.confirmed().get(inode);
        boolean isConfirmed = holder != null && settlings >= entry.confirmAgain;
        if (holder == null) {
            holder = answers.found().holders().get(inode);
        }
        if (holder == null && entry.holder == null) {
            holder = answers.prompt().apply(sample.cookie());
        }
        if (holder != null) {
            entry.hold(holder);
            if (isConfirmed) {
                entry.confirmed(settlings);
            }
        } else if (entry.holder == null && answers.stillOpen().contains(inode)) {
            // One that is not open any more was given up, by a process or with it, during the search.
            entry.missed(answers.found().unreadable() > 0 ? Owner.Cause.NO_PERMISSION : Owner.Cause.KERNEL, settlings);
        }
    }

    /** Gives a connection without a holder to who listens where it came in. */
    private void adopt(Entry entry, SocketSample sample) {
        if (entry.holder == null && entry.cause == null && !sample.isConnectionless()) {
            entry.holder = listeners.at(sample.flow().local());
            entry.provisional = entry.holder != null;
        }
    }

    private static void charge(Entry entry, SocketSample now, List<SettledSocket> settled) {
        SocketSample last = entry.last;
        // A socket that was disconnected and connected anew (AF_UNSPEC, connect(2)) has begun to count anew. On one
        // connection no counter falls, but for the moment in which a retransmission is counted before it is sent.
        boolean same = now.flow().equals(last.flow()) && !hasBegunAnew(last.segments(), now.segments());
        settled.add(now.segments() == null
                ? SettledSocket.unmoved(now, entry.owner(), entry.isNew)
                : SettledSocket.between(
                        same ? last : SocketSample.uncounted(now.cookie(), now.inode(), now.flow(), false), now,
                        entry.owner(), entry.isNew));
        entry.isNew = false;
        if (!same || now.rxPayload() < last.rxPayload() || now.txPayload() < last.txPayload()) {
            entry.last = same
                    ? new SocketSample(now.cookie(), now.inode(), now.flow(), now.listening(),
                            Math.max(now.rxPayload(), last.rxPayload()), Math.max(now.txPayload(), last.txPayload()),
                            now.segments(), now.v6Only())
                    : now;
        } else if (!now.equals(last)) {
            // Else the one before, so that of most sockets nothing new outlives the look.
            entry.last = now;
        }
    }

    private static boolean hasBegunAnew(@Nullable Segments before, @Nullable Segments now) {
        return before != null && now != null && (Segments.hasFallen(before.received(), now.received())
                || Segments.hasFallen(before.sent(), now.sent()));
    }

    private void depart(Map<Long, Entry> present, Set<Long> ended) {
        if (awaitsNotices) {
            entries.forEach((cookie, entry) -> {
                if (!present.containsKey(cookie) && !entry.last.listening() && !entry.last.isConnectionless()) {
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
        settlings++;
    }

    /** Who listens at an endpoint by TCP, or did until a moment ago; null if nobody. */
    public @Nullable Owner listener(Endpoint local) {
        Holder holder = listeners.at(local);
        return holder == null ? null : holder.process();
    }

    /** Whose an open socket is; null if it has not been seen. */
    public @Nullable Owner owner(long cookie) {
        Entry entry = entries.get(cookie);
        return entry == null ? null : entry.owner();
    }

    /** How many sockets are remembered. */
    int size() {
        return entries.size() + departed.size();
    }
}
