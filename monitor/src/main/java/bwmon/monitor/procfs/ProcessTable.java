package bwmon.monitor.procfs;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

import bwmon.monitor.attribution.SocketOwners;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * Finds the holders of sockets in /proc. Descriptors are listed only when a socket is looked for, processes in the order of
 * their start, until all are found: of several that share a socket through fork(2), the first that started is its holder.
 *
 * <p>Name, command line, user and cgroup of a holder are kept as long as it lives, and read again when its name changes, as
 * it does in execve(2). The memory is bounded by the number of processes.
 */
public final class ProcessTable implements SocketOwners {
    private final ProcFs proc;
    private final Users users;
    private final Map<Integer, Owner.Process> known = new HashMap<>();

    /** The processes of that /proc. */
    public ProcessTable(ProcFs proc, Users users) {
        this.proc = proc;
        this.users = users;
    }

    @Override
    public Look look() {
        return new ProcLook();
    }

    private Owner.Process describe(ProcessStat stat) throws IOException {
        Owner.Process cached = known.get(stat.pid());
        var id = new Owner.ProcessId(stat.pid(), stat.startTicks());
        if (cached != null && cached.id().equals(id) && cached.name().equals(stat.comm())) {
            return cached;
        }
        String command = proc.commandLine(stat.pid());
        OptionalLong uid = proc.effectiveUid(stat.pid());
        Cgroups cgroups = proc.cgroups(stat.pid());
        var process = new Owner.Process(id, stat.comm(), command.isEmpty() ? stat.comm() : command,
                uid.isPresent() ? users.name(uid.getAsLong()) : null, cgroups.unified(), cgroups.container());
        known.put(stat.pid(), process);
        return process;
    }

    private final class ProcLook implements Look {
        private final Map<Integer, Optional<ProcessStat>> stats = new HashMap<>();

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
            Owner.ProcessId id = holder.process().id();
            Optional<ProcessStat> stat = stat(id.pid());
            if (stat.isEmpty() || stat.get().startTicks() != id.startTicks()) {
                return null;
            }
            try {
                OptionalLong held = proc.socket(id.pid(), holder.descriptor());
                if (held.isEmpty() || held.getAsLong() != inode) {
                    return null;
                }
            } catch (AccessDeniedException e) {
                return holder; // It could be looked at once; that it no longer may does not make it another's.
            }
            return holder.process().name().equals(stat.get().comm())
                    ? holder
                    : new Holder(describe(stat.get()), holder.descriptor());
        }

        @Override
        public Found find(Set<Long> inodes) throws IOException {
            List<ProcessStat> processes = processes();
            var missing = new HashSet<>(inodes);
            var found = new HashMap<Long, Holder>();
            int unreadable = isAnyHidden(processes) ? 1 : 0;
            for (ProcessStat stat : processes) {
                if (missing.isEmpty()) {
                    break;
                }
                if (stat.isKernelThread()) {
                    continue;
                }
                var held = new HashMap<Long, Integer>();
                try {
                    proc.sockets(stat.pid(), (descriptor, inode) -> {
                        if (missing.remove(inode)) {
                            held.put(inode, descriptor);
                        }
                    });
                } catch (AccessDeniedException e) {
                    unreadable++;
                }
                if (!held.isEmpty()) {
                    Owner.Process process = describe(stat);
                    held.forEach((inode, descriptor) -> found.put(inode, new Holder(process, descriptor)));
                }
            }
            return new Found(found, unreadable);
        }

        private List<ProcessStat> processes() throws IOException {
            var processes = new ArrayList<ProcessStat>();
            var alive = new HashSet<Integer>();
            for (int pid : proc.processes()) {
                alive.add(pid);
                stat(pid).ifPresent(processes::add);
            }
            known.keySet().retainAll(alive);
            processes.sort(Comparator.comparingLong(ProcessStat::startTicks).thenComparingInt(ProcessStat::pid));
            return processes;
        }

        /** Whether /proc leaves out processes (hidepid, proc(5)): number 1 is always there to be seen. */
        private static boolean isAnyHidden(List<ProcessStat> processes) {
            return processes.stream().noneMatch(stat -> stat.pid() == 1);
        }
    }
}
