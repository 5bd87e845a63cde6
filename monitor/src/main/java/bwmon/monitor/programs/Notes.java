package bwmon.monitor.programs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

import bwmon.monitor.attribution.KernelTraffic.Noted;
import bwmon.monitor.ebpf.BpfMap;
import org.jspecify.annotations.Nullable;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/** Reads what the programs note of processes: {@link Note}. */
final class Notes {
    private static final int BATCH = 1024;

    private final BpfMap table;

    Notes(BpfMap table) {
        this.table = table;
    }

    /** What was noted of a process; empty if there was no room, or it is being written right now. */
    Optional<Noted> of(long owner) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment note = arena.allocate(Note.BYTES, Long.BYTES);
            if (!table.lookup(arena.allocateFrom(JAVA_LONG, owner), note)
                    || note.get(JAVA_INT, Note.IS_COMPLETE) == 0) {
                return Optional.empty();
            }
            int length = note.get(JAVA_INT, Note.ARGUMENTS_LENGTH);
            int kept = note.get(JAVA_INT, Note.ARGUMENTS_KEPT);
            String name = note.getString(Note.NAME);
            byte[] arguments = note.asSlice(Note.ARGUMENTS, kept).toArray(JAVA_BYTE);
            int end = arguments.length;
            while (end > 0 && arguments[end - 1] == 0) {
                end--;
            }
            String command = new String(arguments, 0, end, StandardCharsets.UTF_8).replace('\0', ' ');
            return Optional.of(new Noted(owner, note.get(JAVA_LONG, Note.START), note.get(JAVA_INT, Note.PID),
                    Integer.toUnsignedLong(note.get(JAVA_INT, Note.UID)), note.get(JAVA_LONG, Note.CGROUP), name,
                    command, kept > 0 && length > kept, executable(note)));
        }
    }

    /** The names from the file up to the root of its filesystem, the other way round. */
    private static @Nullable String executable(MemorySegment note) {
        String path = "";
        for (int i = 0; i < Note.PATH_NAMES; i++) {
            String name = note.getString(Note.PATH + (long) i * Note.PATH_NAME_BYTES);
            if (name.isEmpty() || name.length() >= Note.PATH_NAME_BYTES - 1) {
                return null;
            }
            if (name.equals("/")) {
                return path.isEmpty() ? null : path;
            }
            path = "/" + name + path;
        }
        return null;
    }

    /** Everybody who is noted. */
    List<Long> owners() throws IOException {
        var owners = new ArrayList<Long>();
        table.forEach(BATCH, (keys, _, n) -> {
            for (int i = 0; i < n; i++) {
                owners.add(keys.get(JAVA_LONG, (long) i * Long.BYTES));
            }
        });
        return owners;
    }

    /** Takes these notes away. */
    void forget(Collection<Long> owners) throws IOException {
        if (owners.isEmpty()) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            table.deleteBatch(
                    arena.allocateFrom(JAVA_LONG, owners.stream().mapToLong(Long::longValue).toArray()),
                    owners.size());
        }
    }
}
