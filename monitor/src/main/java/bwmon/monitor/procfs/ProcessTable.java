package bwmon.monitor.procfs;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

import bwmon.monitor.attribution.SocketOwners;
import bwmon.monitor.procfs.Processes.Known;
import bwmon.traffic.Owner;
import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * Finds the holders of sockets in /proc. Descriptors are listed only when a socket is looked for, processes in the order of
 * their start, until all are found: of several that share a socket through fork(2), the first that started is its holder.
 * The start of a process is not read again as long as it is the same one, nor are its descriptors if it has not run since.
 *
 * <p>Name, command line, executable, user and cgroup of a holder are kept as long as it lives. They are read again when its name changes,
 * as it mostly does in execve(2), and else when it is asked for {@link #REFRESH_NANOS} after the last time: a program may
 * run itself anew, take another user, write a title over its arguments, or be moved to another cgroup.
 *
 * <p>The memory is bounded by the number of processes, and by {@link Descriptors#LIMIT} sockets of each.
 */
public final class ProcessTable implements SocketOwners {
    /** How old what is told of a process may be, while it holds sockets that are asked for. */
    static final long REFRESH_NANOS = 3_000_000_000L;

    private final ProcFs proc;
    private final Describer describer;
    private final Ticker ticker;
    private final Processes processes;
    private final Map<Integer, Described> described = new HashMap<>();

    private record Described(Owner.Process process, long readAt) {}

    /**
     * The processes of that /proc, which several tables may share.
     *
     * @param users for this table alone
     */
    public ProcessTable(ProcFs proc, Users users, Ticker ticker) {
        this.proc = proc;
        describer = new Describer(proc, users);
        this.ticker = ticker;
        processes = new Processes(proc, ticker);
    }

    @Override
    public Look look() {
        return new ProcLook();
    }

    private Owner.Process describe(ProcessStat stat) throws IOException {
        Described cached = described.get(stat.pid());
        var id = new Owner.ProcessId(stat.pid(), stat.startTicks());
        boolean isSame = cached != null && cached.process().id().equals(id)
                && cached.process().name().equals(stat.comm());
        long now = ticker.nanos();
        if (cached != null && isSame && now - cached.readAt() < REFRESH_NANOS) {
            return cached.process();
        }
        Owner.Process process = describer.describe(stat, cached == null ? null : cached.process());
        described.put(stat.pid(), new Described(process, now));
        return process;
    }

    private final class ProcLook implements Look {
        private final Map<Integer, Optional<ProcessStat>> stats = new HashMap<>();
        /** As they were described in this look, of those that were the same as in {@link #stats}. */
        private final Map<Integer, Owner.Process> present = new HashMap<>();

        private Optional<ProcessStat> stat(int pid) throws IOException {
            Optional<ProcessStat> stat = stats.get(pid);
            if (stat == null) {
                stat = proc.stat(pid);
                stats.put(pid, stat);
            }
            return stat;
        }

        @Override
        public @Nullable Holder confirm(Holder holder, long inode) throws IOException {
            Holder now = refresh(holder);
            if (now == null) {
                return null;
            }
            try {
                OptionalLong held = proc.socket(now.process().id().pid(), now.descriptor());
                return held.isPresent() && held.getAsLong() == inode ? now : null;
            } catch (AccessDeniedException e) {
                return now; // It could be looked at once; that it no longer may does not make it another's.
            }
        }

        @Override
        public @Nullable Holder refresh(Holder holder) throws IOException {
            Owner.ProcessId id = holder.process().id();
            try {
                Optional<ProcessStat> stat = stat(id.pid());
                if (stat.isEmpty() || stat.get().startTicks() != id.startTicks()) {
                    described.remove(id.pid());
                    return null;
                }
                Owner.Process process = present.get(id.pid());
                if (process == null) {
                    process = describe(stat.get());
                    present.put(id.pid(), process);
                }
                return process.equals(holder.process()) ? holder : new Holder(process, holder.descriptor());
            } catch (AccessDeniedException e) {
                return holder; // As above.
            }
        }

        @Override
        public Found find(Set<Long> inodes) throws IOException {
            Processes.All all = processes.byStart();
            processes.retain(described.keySet());
            var search = new Search(inodes, Integer.MAX_VALUE);
            search.unreadable = all.unreadable();
            for (Processes.Started started : all.started()) {
                if (search.isOver()) {
                    break;
                }
                if (!started.stat().isKernelThread()) {
                    search.lookAt(started.process(), started.stat());
                }
            }
            return search.found();
        }

        @Override
        public Found findAmong(Set<Long> inodes, long uid, int descriptors) throws IOException {
            Processes.Likely likely = processes.likely();
            processes.retain(described.keySet());
            var search = new Search(inodes, descriptors);
            for (Known young : likely.young()) {
                if (search.isOver()) {
                    break;
                }
                search.lookAtYoung(young);
            }
            for (Known other : likely.others()) {
                if (search.isOver() || uid < 0) {
                    break;
                }
                ProcessStat stat = Processes.statIfOf(other, uid);
                if (stat != null) {
                    search.lookAt(other, stat);
                }
            }
            return search.found();
        }

        /** One search: what is still missing, and what it has found and cost so far. */
        private final class Search {
            private final Set<Long> missing;
            private final Map<Long, Holder> holders = new HashMap<>();
            private final Map<Long, Integer> held = new HashMap<>();
            private int budget;
            private int unreadable;

            Search(Set<Long> inodes, int budget) {
                missing = new HashSet<>(inodes);
                this.budget = budget;
            }

            boolean isOver() {
                return missing.isEmpty() || budget <= 0;
            }

            void lookAtYoung(Known process) throws IOException {
                try {
                    ProcessStat stat = process.stat();
                    if (stat != null && !stat.isKernelThread()) {
                        lookAt(process, stat);
                    }
                } catch (AccessDeniedException e) {
                    unreadable++;
                }
            }

            void lookAt(Known process, ProcessStat before) throws IOException {
                held.clear();
                try {
                    process.visit((descriptor, inode) -> {
                        budget--;
                        if (inode >= 0 && missing.remove(inode)) {
                            held.put(inode, descriptor);
                        }
                        return !isOver();
                    });
                    if (!held.isEmpty()) {
                        take(process, before);
                    }
                } catch (AccessDeniedException e) {
                    unreadable++;
                }
            }

            private void take(Known process, ProcessStat before) throws IOException {
                // One that has ended just now has held the sockets all the same; its name is known from before.
                ProcessStat stat = stat(process.pid()).orElse(before);
                if (stat.startTicks() != before.startTicks()) {
                    missing.addAll(held.keySet());
                    return;
                }
                process.found();
                Owner.Process owner = describe(stat);
                held.forEach((inode, descriptor) -> holders.put(inode, new Holder(owner, descriptor)));
            }

            Found found() {
                return new Found(holders, unreadable);
            }
        }
    }
}
