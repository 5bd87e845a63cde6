package bwmon.monitor.attribution;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import bwmon.traffic.ByteCounts;
import org.jspecify.annotations.Nullable;

/** What programs in the kernel count, on the whole host. For one thread at a time. */
public interface KernelTraffic extends AutoCloseable {

    /**
     * What was counted.
     *
     * @param rows what moved; nothing that stands in an earlier or later one
     * @param lost what found no room in any table, IP bytes, packets and payload: it was counted, but not whose it was
     * @param lostEvents how often that was so
     */
    record Taken(List<CountedRow> rows, ByteCounts lost, long lostEvents) {}

    /** What is to happen at the very moment at which one interval ends and the next begins. */
    @FunctionalInterface
    interface Boundary {
        void reached() throws IOException;
    }

    /**
     * Takes what was counted since the last call.
     *
     * @param boundary is called once, between the two intervals; what it throws is thrown on, and nothing is lost
     */
    Taken take(Boundary boundary) throws IOException;

    /**
     * What the kernel's programs wrote down about a process when they met it first, or when it executed another program.
     *
     * @param owner see {@link OwnerId}
     * @param startNanos start time since boot
     * @param pid its number
     * @param uid effective user, 0 to 2^32 - 1
     * @param cgroup id in the unified hierarchy, the inode of its folder; 0 if unknown
     * @param name as the kernel keeps it (comm)
     * @param command the arguments joined by single spaces, as far as they were kept; empty if they could not be read
     * @param isCut whether there were more arguments than were kept
     * @param executable the path of the file that it runs, within the filesystem that the file is on; null if it is too deep or
     *     could not be read
     */
    record Noted(long owner, long startNanos, int pid, long uid, long cgroup, String name, String command,
            boolean isCut, @Nullable String executable) {}

    /** What was noted of a process; empty if there was no room for it. */
    Optional<Noted> noted(long owner) throws IOException;

    /** The processes that are noted, at most {@link #notedRoom}. */
    List<Long> notedOwners() throws IOException;

    /** How many processes can be noted, 1 or more. */
    int notedRoom();

    /** Makes room: these processes have ended, and all that they moved was handed out. */
    void forget(Collection<Long> owners) throws IOException;

    /** Whether payload is counted; if not, it is absent in all rows. */
    boolean tellsPayload();

    /** The cookie of the network namespace that is looked at; 0 if unknown. */
    long namespace();

    /** Takes the programs away. */
    @Override
    void close();
}
