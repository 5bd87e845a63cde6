package bwmon.monitor.procfs;

import java.io.IOException;
import java.util.OptionalLong;

import bwmon.monitor.attribution.KernelTraffic.Noted;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/** Reads what is told of a process. For one thread at a time. */
final class Describer {
    /** Nanoseconds in a clock tick, USER_HZ. */
    private static final long NANOS_A_TICK = 10_000_000;
    /** What stands for arguments that were not kept. */
    private static final String MORE = " ...";

    private final ProcFs proc;
    private final Users users;

    /** Reads from there. */
    Describer(ProcFs proc, Users users) {
        this.proc = proc;
        this.users = users;
    }

    /**
     * A process that is there.
     *
     * @param known what was told of it, or of another process with its number, before; null if nothing
     * @return the same object as {@code known} if nothing has changed, or if the process is ending, so that less could be read
     * @throws IOException also if it may not be looked at
     */
    Owner.Process describe(ProcessStat stat, Owner.@Nullable Process known) throws IOException {
        var id = new Owner.ProcessId(stat.pid(), stat.startTicks());
        // First: of a process that is ending the command line is gone too once this is.
        String executable = proc.executable(stat.pid());
        String command = proc.commandLine(stat.pid());
        OptionalLong uid = proc.effectiveUid(stat.pid());
        Cgroups cgroups = proc.cgroups(stat.pid());
        boolean isSame = known != null && known.id().equals(id) && known.name().equals(stat.comm());
        if (known != null && isSame && (command.isEmpty() || uid.isEmpty())) {
            return known;
        }
        var process = new Owner.Process(id, stat.comm(), command.isEmpty() ? stat.comm() : command,
                uid.isPresent() ? users.name(uid.getAsLong()) : null, cgroups.unified(), cgroups.container(),
                executable);
        return known != null && process.equals(known) ? known : process;
    }

    /**
     * A process that is gone, from what the kernel's programs wrote down.
     *
     * @param cgroup the path of its cgroup; null if unknown
     * @return with an ellipsis after the arguments that were kept, if there were more
     */
    Owner.Process describe(Noted noted, @Nullable String cgroup) throws IOException {
        String command = noted.command().isEmpty()
                ? noted.name()
                : noted.isCut() ? noted.command() + MORE : noted.command();
        return new Owner.Process(new Owner.ProcessId(noted.pid(), noted.startNanos() / NANOS_A_TICK), noted.name(),
                command, users.name(noted.uid()), cgroup, cgroup == null ? null : Cgroups.container(cgroup),
                noted.executable());
    }
}
