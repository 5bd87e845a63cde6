package bwmon.monitor.procfs;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import bwmon.ffi.FileTree;
import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a host and what is remembered of each, so that one that is still the same is not read again. As many as
 * the last listing had. For one thread at a time.
 */
final class Processes {
    /** How long a process is young after it was listed for the first time. */
    static final long YOUNG_NANOS = 2_000_000_000L;

    private final ProcFs proc;
    private final Ticker ticker;
    private final Map<Integer, Known> known = new HashMap<>();
    private boolean listedBefore;
    private long listings;
    private long finds;

    /** A process that was listed. */
    final class Known {
        private final int pid;
        private final long folderInode;
        private final boolean wasThereFirst;
        private final long firstListed;
        private long lastListing;
        private long lastFind;
        private FileTree.@Nullable Identity identity;
        private @Nullable ProcessStat stat;
        private long uid = UNKNOWN;
        private Descriptors descriptors = new Descriptors();

        private Known(int pid, long folderInode, boolean wasThereFirst, long firstListed) {
            this.pid = pid;
            this.folderInode = folderInode;
            this.wasThereFirst = wasThereFirst;
            this.firstListed = firstListed;
        }

        int pid() {
            return pid;
        }

        /** Tells the visitor of its sockets, and perhaps of other descriptors, until it has enough. */
        void visit(ProcFs.SocketVisitor visitor) throws IOException {
            descriptors.visit(proc, pid, ticker.nanos(), visitor);
        }

        /** Takes note that it was seen to hold a socket that was looked for. */
        void found() {
            lastFind = ++finds;
        }

        /** Its effective user when that was first asked for; -1 if it has ended, or is not to be known. */
        private long uid() throws IOException {
            if (uid == UNKNOWN) {
                uid = proc.effectiveUid(pid).orElse(UNKNOWN);
            }
            return uid;
        }

        /**
         * Its name, which may be an old one, its start and whether it is a kernel thread.
         *
         * @return null if it has ended, or its number is another's
         */
        @Nullable
        ProcessStat stat() throws IOException {
            FileTree.Identity now = proc.identity(pid);
            if (now == null) {
                return null;
            }
            if (!now.equals(identity)) {
                identity = now;
                Optional<ProcessStat> read = proc.stat(pid);
                stat = read.orElse(null);
                uid = UNKNOWN;
                descriptors = new Descriptors();
            }
            return stat;
        }
    }

    private static final long UNKNOWN = -1;

    Processes(ProcFs proc, Ticker ticker) {
        this.proc = proc;
        this.ticker = ticker;
    }

    /** All of them, in the order of the listing: by number. */
    private List<Known> list() throws IOException {
        var present = new ArrayList<Known>(known.size());
        long now = ticker.nanos();
        listings++;
        proc.processes((pid, inode) -> {
            Known process = known.get(pid);
            if (process == null || process.folderInode != inode) {
                process = new Known(pid, inode, !listedBefore, now);
                known.put(pid, process);
            }
            process.lastListing = listings;
            present.add(process);
        });
        listedBefore = true;
        for (Iterator<Known> all = known.values().iterator(); all.hasNext();) {
            if (all.next().lastListing != listings) {
                all.remove();
            }
        }
        return present;
    }

    /**
     * A process, and what its stat said when it was first listed.
     *
     * @param stat its name may have changed since
     */
    record Started(Known process, ProcessStat stat) {}

    /**
     * All of them.
     *
     * @param started those that may be looked at, kernel threads included, in the order in which they started
     * @param unreadable how many may not: 0 or more; those that are not even listed (hidepid, proc(5)) count as one
     */
    record All(List<Started> started, int unreadable) {}

    /** All of them, in the order in which they started. */
    All byStart() throws IOException {
        var started = new ArrayList<Started>();
        int unreadable = 0;
        boolean isFirstThere = false;
        for (Known process : list()) {
            try {
                ProcessStat stat = process.stat();
                if (stat != null) {
                    started.add(new Started(process, stat));
                    isFirstThere |= stat.pid() == 1;
                }
            } catch (AccessDeniedException e) {
                unreadable++;
            }
        }
        if (unreadable == 0 && !isFirstThere) {
            unreadable = 1; // Number 1 is always there to be seen.
        }
        started.sort(Comparator.comparingLong((Started s) -> s.stat().startTicks())
                .thenComparingInt(s -> s.stat().pid()));
        return new All(started, unreadable);
    }

    /** Those that a search for what has just happened should begin with. */
    record Likely(List<Known> young, List<Known> others) {}

    /**
     * Lists them by how likely they have just begun something.
     *
     * @return the young: first listed less than {@link #YOUNG_NANOS} ago, but not by the first listing of all, the last
     *     comers first; and the others
     */
    Likely likely() throws IOException {
        var young = new ArrayList<Known>();
        var others = new ArrayList<Known>();
        long now = ticker.nanos();
        for (Known process : list()) {
            boolean isYoung = !process.wasThereFirst && now - process.firstListed < YOUNG_NANOS;
            (isYoung ? young : others).add(process);
        }
        young.sort((a, b) -> Long.compare(b.firstListed - a.firstListed, 0));
        others.sort(Comparator.comparingLong((Known process) -> process.lastFind).reversed());
        return new Likely(young, others);
    }

    /** What its stat said when it was first listed, if it is a process, and no kernel thread, of that user; else null. */
    static @Nullable ProcessStat statIfOf(Known process, long uid) throws IOException {
        try {
            ProcessStat stat = process.stat();
            return stat == null || stat.isKernelThread() || process.uid() != uid ? null : stat;
        } catch (AccessDeniedException e) {
            return null;
        }
    }

    /** Leaves in a set of numbers those that the last listing had. */
    void retain(Set<Integer> pids) {
        pids.retainAll(known.keySet());
    }
}
