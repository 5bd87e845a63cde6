package bwmon.monitor.procfs;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;

import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.attribution.KernelTraffic.Noted;
import bwmon.monitor.attribution.OwnerId;
import bwmon.traffic.Owner;
import bwmon.traffic.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * The processes that the kernel's programs charge, by name: from /proc as long as they live, and else from what the programs wrote
 * down. For one thread at a time.
 *
 * <p>A name is kept until nothing was charged to the process for {@link #KEPT_NANOS}, because its connections may go on moving after
 * its end. While it lives it is looked at again: whether it calls itself otherwise, as after execve(2), in each interval for
 * {@link #YOUNG_NANOS}, and everything after {@link #REFRESH_NANOS}. That costs no more than {@link #EFFORT} an interval; where more
 * would be due, each has its turn.
 */
public final class OwnerNames {
    /** Names kept at most, some 500 bytes each. */
    static final int LIMIT = 32_768;
    static final long KEPT_NANOS = 120_000_000_000L;
    static final long REFRESH_NANOS = 3_000_000_000L;
    static final long YOUNG_NANOS = 10_000_000_000L;
    /** How many looks at known processes an interval may take, some 10 us each. */
    static final int EFFORT = 200;
    /** Looks that a whole description takes. */
    private static final int DESCRIPTION = 4;
    /** Paths of cgroups that are kept, also of those that are removed. */
    private static final int CGROUPS = 1024;
    private static final int SWEEP_EVERY = 64;
    private static final Owner GONE = new Owner.Unattributed(Owner.Cause.EXITED);
    private static final Owner KERNEL = new Owner.Unattributed(Owner.Cause.KERNEL);

    private final ProcFs proc;
    private final Describer describer;
    private final Ticker ticker;
    private final KernelTraffic traffic;
    private final LongFunction<Optional<String>> cgroups;
    private final Map<Long, String> paths = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
            return size() > CGROUPS;
        }
    };
    private final Map<Long, Named> names = new HashMap<>();
    /** Those without a name in this interval: one may have thousands of flows. */
    private final Set<Long> nameless = new HashSet<>();
    private long now;
    private int effort;
    /** What was read before this is due to be read again: moves on once all of it was. */
    private long dueBefore;
    private long intervals;
    private long byProc;
    private long byNote;
    private long byNameAlone;
    private long unnamed;

    /** One of them. */
    private static final class Named {
        private Owner owner;
        private final long since;
        private long readAt;
        private long lastAsked;
        private boolean hasEnded;

        Named(Owner owner, boolean hasEnded, long now) {
            this.owner = owner;
            this.hasEnded = hasEnded;
            since = now;
            readAt = now;
            lastAsked = now;
        }
    }

    /**
     * How processes got their names, each counted once; those without a name once in each interval.
     *
     * @param proc from /proc
     * @param note from what was written down, arguments included
     * @param name the same, but the arguments could not be read
     * @param nobody neither: they have no name
     */
    public record Found(long proc, long note, long name, long nobody) {}

    /**
     * Names nobody yet.
     *
     * @param traffic asked for what was written down
     * @param cgroups the path of a cgroup by its id, empty if there is none (any more)
     */
    public OwnerNames(ProcFs proc, Users users, Ticker ticker, KernelTraffic traffic,
            LongFunction<Optional<String>> cgroups) {
        this.proc = proc;
        this.describer = new Describer(proc, users);
        this.ticker = ticker;
        this.traffic = traffic;
        this.cgroups = cgroups;
    }

    /** Begins an interval. */
    public void begin() {
        now = ticker.nanos();
        if (effort > 0 || intervals == 0) {
            dueBefore = now - REFRESH_NANOS;
        }
        effort = EFFORT;
        nameless.clear();
        intervals++;
        if (intervals % SWEEP_EVERY == 0 || names.size() >= LIMIT) {
            names.values().removeIf(named -> now - named.lastAsked > KEPT_NANOS);
        }
    }

    /**
     * To whom is charged what that process moved: itself; for one of the kernel's own threads the kernel; for one that is gone, and
     * of which nothing was written down, nobody.
     *
     * @param owner see {@link OwnerId}
     */
    public Owner of(long owner) throws IOException {
        Named named = names.get(owner);
        if (named == null) {
            named = nameless.contains(owner) ? null : first(owner);
            if (named == null) {
                unnamed += nameless.add(owner) ? 1 : 0;
                return GONE;
            }
            keep(owner, named);
            return named.owner;
        }
        named.lastAsked = now;
        if (!named.hasEnded && effort > 0 && named.owner instanceof Owner.Process process) {
            boolean isDue = named.readAt - dueBefore < 0;
            boolean isYoung = now - named.since < YOUNG_NANOS && now != named.readAt;
            if (isDue || isYoung) {
                refresh(owner, named, process, isDue);
            }
        }
        return named.owner;
    }

    private void keep(long owner, Named named) {
        if (names.size() >= LIMIT) {
            names.values().removeIf(other -> other.lastAsked != now);
        }
        if (names.size() < LIMIT) {
            names.put(owner, named);
        }
    }

    private @Nullable Named first(long owner) throws IOException {
        ProcessStat stat = stat(owner);
        if (stat != null && stat.isKernelThread()) {
            return new Named(KERNEL, false, now);
        }
        Owner.Process present = stat == null ? null : described(stat, null);
        // Of one that is ending /proc tells no more than the name.
        boolean isBare = present == null
                || (present.executable() == null && present.command().equals(present.name()));
        Noted noted = isBare ? traffic.noted(owner).orElse(null) : null;
        if (present != null && (noted == null || noted.command().isEmpty())) {
            byProc++;
            return new Named(present, false, now);
        }
        if (noted == null) {
            return null;
        }
        if (noted.command().isEmpty()) {
            byNameAlone++;
        } else {
            byNote++;
        }
        return new Named(describer.describe(noted, path(noted.cgroup())), present == null, now);
    }

    private @Nullable String path(long cgroup) {
        String path = paths.get(cgroup);
        if (path == null && cgroup != 0) {
            path = cgroups.apply(cgroup).orElse(null);
            if (path != null) {
                paths.put(cgroup, path);
            }
        }
        return path;
    }

    private void refresh(long owner, Named named, Owner.Process process, boolean isDue) throws IOException {
        effort--;
        ProcessStat stat = stat(owner);
        if (stat == null) {
            named.hasEnded = true;
        } else if (isDue || !stat.comm().equals(process.name())) {
            effort -= DESCRIPTION;
            Owner.Process present = described(stat, process);
            named.owner = present == null ? process : present;
            named.readAt = now;
        }
    }

    /** What /proc tells; null if it may not be looked at, or has just ended. */
    private Owner.@Nullable Process described(ProcessStat stat, Owner.@Nullable Process known) throws IOException {
        try {
            Owner.Process process = describer.describe(stat, known);
            return process.user() == null ? null : process;
        } catch (AccessDeniedException e) {
            return null;
        }
    }

    /** What /proc tells of it now; null if it has ended or may not be looked at. */
    private @Nullable ProcessStat stat(long owner) throws IOException {
        try {
            ProcessStat stat = proc.stat(OwnerId.pid(owner)).orElse(null);
            return stat != null && OwnerId.is(owner, new Owner.ProcessId(stat.pid(), stat.startTicks())) ? stat : null;
        } catch (AccessDeniedException e) {
            return null;
        }
    }

    /** Whether a process is there; also if it may not be looked at, or moved something in this interval. */
    public boolean lives(long owner) throws IOException {
        Named named = names.get(owner);
        if (named != null && named.lastAsked == now && !named.hasEnded) {
            return true;
        }
        try {
            Optional<ProcessStat> stat = proc.stat(OwnerId.pid(owner));
            return stat.isPresent()
                    && OwnerId.is(owner, new Owner.ProcessId(stat.get().pid(), stat.get().startTicks()));
        } catch (AccessDeniedException e) {
            return true;
        }
    }

    /** How processes got their names so far. */
    public Found found() {
        return new Found(byProc, byNote, byNameAlone, unnamed);
    }

    /** How many names are kept. */
    int size() {
        return names.size();
    }
}
