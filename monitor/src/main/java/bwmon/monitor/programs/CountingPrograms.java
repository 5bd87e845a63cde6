package bwmon.monitor.programs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

import bwmon.ffi.KernelCalls;
import bwmon.monitor.attribution.CountedRow;
import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.ebpf.AttachType;
import bwmon.monitor.ebpf.BpfLink;
import bwmon.monitor.ebpf.BpfProgram;
import bwmon.monitor.ebpf.Btf;
import bwmon.monitor.ebpf.CgroupRoot;
import bwmon.monitor.ebpf.EbpfException;
import bwmon.monitor.ebpf.ProgramType;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * The programs, attached, and what they counted. The rows of an interval are a half of a table: at its end the programs are
 * told to write to the other one, and as soon as none runs that began before, the half is read and cleared. So nothing is
 * ever taken out while it is written to, no difference has to be remembered, and what costs is what moved.
 */
public final class CountingPrograms implements KernelTraffic {
    private static final VarHandle LONG = JAVA_LONG.varHandle();
    private static final int BATCH = 1024;
    static final String SEND = "sock_send_length";
    static final String RECEIVE = "sock_recv_length";
    private static final Logger LOG = LoggerFactory.getLogger(CountingPrograms.class);

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private final CgroupRoot cgroups;
    private final Tables tables;
    private final EnumSet<Feature> features;
    private final boolean tellsPayload;
    private final long namespace;
    private final MappedRows rows;
    /** See {@link Control}. */
    final MemorySegment control;
    private final RowReader reader;
    private final Notes notes;
    /** As of the last walk: a host has some hundreds, and the kernel bounds them (cgroup.max.descendants). */
    private Map<Long, String> cgroupPaths = Map.of();
    private boolean areCgroupsFresh;
    private ByteCounts lostBefore = ByteCounts.ZERO;
    private long lostEventsBefore;
    private boolean areOwnersMissed;

    private CountingPrograms(Set<Feature> without) throws IOException {
        boolean isOpen = false;
        try {
            Btf btf = Btf.ofKernel();
            var fields = new KernelFields(btf);
            features = Feature.of(btf, fields);
            features.removeAll(without);
            cgroups = owned(Requirements.cgroups());
            if (cgroups.id() != CgroupRoot.WHOLE_MACHINE) {
                notices.add("eBPF: only a part of the host's cgroups is seen from here (a container?), and what others"
                        + " move is shown as untracked; run on the host to count all");
            }
            tables = owned(Tables.create());
            rows = owned(new MappedRows(tables.rows));
            control = tables.control.map();
            control.set(JAVA_LONG, Control.EPOCH, 1);
            tellsPayload = features.contains(Feature.CALLS);
            attach(btf, fields);
            for (Feature absent : EnumSet.complementOf(features)) {
                notices.add(absent.notice());
            }
            // Before 5.14 a process cannot ask for it.
            namespace = Math.max(0, KernelCalls.networkNamespaceCookie());
            if (namespace == 0) {
                notices.add(
                        "eBPF: traffic of other network namespaces (containers) is not told apart, because this kernel"
                                + " does not tell which one it is in; Linux 5.14 does");
            }
            reader = new RowReader(tellsPayload);
            notes = new Notes(tables.owners);
            isOpen = true;
        } finally {
            if (!isOpen) {
                close();
            }
        }
    }

    /**
     * Attaches the programs, for the whole host. They go with the process, however it ends.
     *
     * @throws UnavailableException if this host does not have or allow what they need
     * @throws IOException if that fails in another way
     */
    public static CountingPrograms open() throws IOException {
        return open(Set.of());
    }

    /** The same as on a kernel that has less, for tests. */
    static CountingPrograms open(Set<Feature> without) throws IOException {
        Requirements.check();
        try {
            return new CountingPrograms(without);
        } catch (EbpfException e) {
            throw Requirements.explained(e);
        }
    }

    /** What a person should know of the limits here, a sentence each. */
    public List<String> notices() {
        return List.copyOf(notices);
    }

    /** The path of a cgroup by its id; empty if there is none any more. The tree is walked once an interval at most. */
    public Optional<String> cgroup(long id) {
        if (!cgroupPaths.containsKey(id) && !areCgroupsFresh) {
            areCgroupsFresh = true;
            try {
                cgroupPaths = cgroups.paths();
            } catch (IOException e) {
                LOG.debug("cgroups cannot be listed: {}", e.toString());
            }
        }
        return Optional.ofNullable(cgroupPaths.get(id));
    }

    private <T extends AutoCloseable> T owned(T resource) {
        open.add(resource);
        return resource;
    }

    /** Owners first: a socket that is made meanwhile has one, and what is open already is not counted from its beginning. */
    private void attach(Btf btf, KernelFields fields) throws IOException {
        inCgroup("bwmon_create", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET_SOCK_CREATE,
                OwnerPrograms.creation(tables, fields));
        try (BpfProgram seed = BpfProgram.load(new BpfProgram.Load(ProgramType.TRACING, "bwmon_seed",
                OwnerPrograms.seed(tables, fields), AttachType.TRACE_ITER.number(),
                required(btf.function("bpf_iter_task_file"), "bpf_iter_task_file")))) {
            BpfLink.iterate(seed);
        }
        tracepoint(btf, "sched_process_exec", OwnerPrograms.execution(tables, fields));
        if (tellsPayload) {
            tracepoint(btf, "tcp_rcv_space_adjust", CallPrograms.receivingTcp(tables, fields));
            tracepoint(btf, RECEIVE, CallPrograms.receiving(tables, fields));
            tracepoint(btf, SEND, CallPrograms.sending(tables, fields));
        }
        if (features.contains(Feature.RECEIVING_SOCKET)) {
            tracepoint(btf, "kfree_skb", RemnantProgram.of(tables, fields));
        }
        packets("bwmon_egress", AttachType.CGROUP_INET_EGRESS, fields, Direction.TX);
        packets("bwmon_ingress", AttachType.CGROUP_INET_INGRESS, fields, Direction.RX);
    }

    private void packets(String name, AttachType where, KernelFields fields, Direction direction) throws IOException {
        while (true) {
            try {
                inCgroup(name, ProgramType.CGROUP_SKB, where, PacketPrograms.of(tables, fields, direction, features));
                return;
            } catch (EbpfException e) {
                // Only trying tells whether such a program may do that: which kernel, and which processor it runs on, decide.
                if (!features.remove(Feature.NAMESPACE_OF_PACKETS) && !features.remove(Feature.FRAGMENTS)) {
                    throw e;
                }
                LOG.debug("with less of the kernel, {}: {}", features, e.toString());
            }
        }
    }

    private void tracepoint(Btf btf, String name, byte[] instructions) throws IOException {
        int type = required(btf.typedef("btf_trace_" + name), "tracepoint " + name);
        String shown = "bwmon_" + name;
        try (BpfProgram program = BpfProgram.load(new BpfProgram.Load(ProgramType.TRACING,
                shown.substring(0, Math.min(15, shown.length())), instructions, AttachType.TRACE_RAW_TP.number(),
                type))) {
            owned(BpfLink.tracepoint(program));
        }
    }

    private void inCgroup(String name, ProgramType type, AttachType where, byte[] instructions)
            throws IOException {
        try (BpfProgram program = BpfProgram
                .load(new BpfProgram.Load(type, name, instructions, where.number(), 0))) {
            owned(BpfLink.cgroup(program, cgroups.fd(), where));
        }
    }

    private static int required(OptionalInt type, String what) throws UnavailableException {
        return type.orElseThrow(() -> new UnavailableException(UnavailableException.Cause.KERNEL,
                "this kernel has no " + what));
    }

    @Override
    public Taken take(Boundary boundary) throws IOException {
        areCgroupsFresh = false;
        boundary.reached();
        long epoch = control.get(JAVA_LONG, Control.EPOCH);
        LONG.setVolatile(control, (long) Control.EPOCH, epoch + 1);
        waitForPrograms();
        int half = (int) (epoch & 1);
        long takenAt = Control.TAKEN + (long) half * Long.BYTES;
        int count = (int) Math.min(Tables.ROWS, control.get(JAVA_LONG, takenAt));
        MemorySegment used = rows.of(half, count);
        var counted = new ArrayList<CountedRow>(count);
        rests(epoch, counted);
        reader.rows(used, counted);
        used.fill((byte) 0);
        control.set(JAVA_LONG, takenAt, 0);
        return taken(counted);
    }

    private Taken taken(List<CountedRow> counted) {
        ByteCounts lost = reader.countsOfNow(control, Control.LOST);
        long lostEvents = control.get(JAVA_LONG, Control.LOST_EVENTS);
        var taken = new Taken(counted, lost.minus(lostBefore), lostEvents - lostEventsBefore);
        long missed = control.get(JAVA_LONG, Control.OWNERS_MISSED);
        if (missed > 0 && !areOwnersMissed) {
            areOwnersMissed = true;
            LOG.warn(
                    "there is no room to note more than {} processes in an interval: of further ones that end in it the name is"
                            + " not known; a shorter interval lifts that",
                    Tables.OWNERS);
        }
        lostBefore = lost;
        lostEventsBefore = lostEvents;
        return taken;
    }

    /** Until no program runs that may have read the epoch before it changed: writing to a map of maps waits for that. */
    private void waitForPrograms() throws EbpfException {
        try (Arena arena = Arena.ofConfined()) {
            tables.grace.update(arena.allocateFrom(JAVA_INT, 0), arena.allocateFrom(JAVA_INT, tables.control.fd()), 0);
        }
    }

    /** What found no row, by owner. */
    private void rests(long epoch, List<CountedRow> counted) throws EbpfException {
        if (control.get(JAVA_LONG, Control.TAKEN + (epoch & 1) * Long.BYTES) < Tables.ROWS) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment old = arena.allocate((long) Tables.RESTS * Tables.REST_KEY_BYTES, Long.BYTES);
            int[] found = {0};
            tables.rests.forEach(BATCH, (keys, values, n) -> {
                for (int i = 0; i < n && found[0] < Tables.RESTS; i++) {
                    long key = (long) i * Tables.REST_KEY_BYTES;
                    // Also those of an interval that could not be read, but not those of the one that has begun.
                    if (keys.get(JAVA_LONG, key + 16) > epoch) {
                        continue;
                    }
                    counted.add(reader.rest(keys.get(JAVA_LONG, key), keys.get(JAVA_LONG, key + 8), values,
                            (long) i * Row.BYTES));
                    MemorySegment.copy(keys, key, old, (long) found[0]++ * Tables.REST_KEY_BYTES,
                            Tables.REST_KEY_BYTES);
                }
            });
            tables.rests.deleteBatch(old, found[0]);
        }
    }

    @Override
    public Optional<Noted> noted(long owner) throws IOException {
        return notes.of(owner);
    }

    @Override
    public List<Long> notedOwners() throws IOException {
        return notes.owners();
    }

    @Override
    public int notedRoom() {
        return Tables.OWNERS;
    }

    @Override
    public void forget(Collection<Long> owners) throws IOException {
        notes.forget(owners);
    }

    @Override
    public boolean tellsPayload() {
        return tellsPayload;
    }

    @Override
    public long namespace() {
        return namespace;
    }

    @Override
    public void close() {
        for (AutoCloseable each : open.reversed()) {
            try {
                each.close();
            } catch (Exception e) {
                // The others are to be closed all the same, and what failed before is what the caller is to hear of.
                LOG.warn("a descriptor of ours could not be closed: {}", e.toString());
            }
        }
        open.clear();
    }
}
