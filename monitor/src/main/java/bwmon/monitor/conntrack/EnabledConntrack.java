package bwmon.monitor.conntrack;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;

/**
 * What was switched on of connection tracking, until it is closed.
 *
 * <p>The rule goes with us, whatever ends us. The settings are put back by {@link #close}, unless another of our programs
 * still needs them; then it does so. After kill -9 they stay as they are, and a note in the run directory says what they
 * were: the next of our programs in the same namespace puts that back when it ends.
 */
public final class EnabledConntrack implements AutoCloseable {
    private static final int ON = 1;

    private final Path procRoot;
    private final Path runDirectory;
    private final @Nullable String namespace;
    private final TrackingRule rule;
    /** Open, because a file that is opened here writes to this namespace from whichever thread closes. */
    private final Map<ConntrackSwitch, RandomAccessFile> files = new EnumMap<>(ConntrackSwitch.class);
    private final Map<ConntrackSwitch, String> unwritable = new EnumMap<>(ConntrackSwitch.class);
    /** What we changed ourselves: put back where there is no note, or no longer. */
    private final Map<ConntrackSwitch, Integer> previous = new EnumMap<>(ConntrackSwitch.class);
    private final List<String> warnings = new ArrayList<>();
    private final TreeSet<ConntrackSwitch> switchedOn = new TreeSet<>();
    private boolean isNoted;
    private boolean isClosed;

    /**
     * Switches on what is off, in the calling thread's namespace.
     *
     * @param namespace a name for the note; null if there is none, and so no note
     * @param rule owned from here on, if nothing is thrown
     */
    EnabledConntrack(Path procRoot, Path runDirectory, @Nullable String namespace, TrackingRule rule)
            throws IOException {
        this.procRoot = procRoot;
        this.runDirectory = runDirectory;
        this.namespace = namespace;
        this.rule = rule;
        boolean done = false;
        try {
            openFiles();
            if (namespace != null) {
                try {
                    isNoted = SysctlNote.locked(runDirectory, this::switchOnWithNote);
                } catch (IOException e) {
                    warnings.add("what connection tracking was set to cannot be noted (" + e
                            + "): if this program is killed, it stays as it is now");
                }
            }
            if (!isNoted) {
                switchOn();
            }
            done = true;
        } finally {
            if (!done) {
                putBackOwn();
                closeFiles();
            }
        }
    }

    private void openFiles() {
        for (ConntrackSwitch each : ConntrackSwitch.values()) {
            Path path = each.path(procRoot);
            if (!Files.exists(path)) {
                unwritable.put(each, "this kernel has no such setting");
                continue;
            }
            try {
                files.put(each, new RandomAccessFile(path.toFile(), "rw"));
            } catch (FileNotFoundException e) {
                // Not there, or not to be written: of interest only if it is off.
                unwritable.put(each, String.valueOf(e.getMessage()));
            }
        }
    }

    private boolean switchOnWithNote() throws IOException {
        SysctlNote note = note();
        note.hold();
        for (ConntrackSwitch each : off()) {
            note.previous.putIfAbsent(each, 0);
        }
        // First the note: if we are killed in between, it says too much, which does no harm.
        note.write();
        switchOn();
        return true;
    }

    private SysctlNote note() throws IOException {
        return SysctlNote.read(procRoot, runDirectory, String.valueOf(namespace));
    }

    private List<ConntrackSwitch> off() throws IOException {
        var off = new ArrayList<ConntrackSwitch>();
        for (ConntrackSwitch each : ConntrackSwitch.values()) {
            OptionalInt value = each.read(procRoot);
            if (value.isEmpty() || value.getAsInt() == 0) {
                off.add(each);
            }
        }
        return off;
    }

    private void switchOn() throws IOException {
        for (ConntrackSwitch each : off()) {
            RandomAccessFile file = files.get(each);
            try {
                if (file == null) {
                    throw new IOException(unwritable.get(each));
                }
                write(file, ON);
                previous.put(each, 0);
                switchedOn.add(each);
            } catch (IOException e) {
                warnings.add("net.netfilter." + each.sysctl() + " cannot be set (" + e.getMessage() + "): "
                        + switch (each) {
                            case ACCOUNTING -> "connections are not counted, so that their bytes are unknown";
                            case TIMESTAMPS -> "when a connection began is unknown";
                            case EVENTS -> "bytes of connections that live shorter than an interval are missed";
                        });
            }
        }
    }

    /** One line for a person: what was switched on. */
    public String announcement() {
        var line = new StringBuilder("switched on while this program runs: connection tracking (nft table inet ")
                .append(rule.table()).append(')');
        for (ConntrackSwitch each : switchedOn) {
            line.append(", net.netfilter.").append(each.sysctl());
        }
        return line.toString();
    }

    /** A line for each thing that could not be done, and what that means; empty if all is well. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /**
     * Puts back what was set before, and takes the rule away; from any thread, more than once.
     *
     * @throws IOException if something could not be put back; the rest was
     */
    @Override
    public synchronized void close() throws IOException {
        if (isClosed) {
            return;
        }
        isClosed = true;
        // An interrupted thread could not take the lock.
        boolean interrupted = Thread.interrupted();
        try {
            if (isNoted) {
                closeNoted();
            } else {
                putBackOwn();
            }
        } finally {
            closeFiles();
            rule.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void closeNoted() throws IOException {
        try {
            SysctlNote.locked(runDirectory, this::putBackNoted);
        } catch (IOException e) {
            putBackOwn();
            throw e;
        }
    }

    private boolean putBackNoted() throws IOException {
        SysctlNote note = note();
        note.release();
        boolean last = !note.isHeld();
        if (last) {
            // Somebody may have swept the run directory.
            previous.forEach(note.previous::putIfAbsent);
            putBack(note.previous);
            note.previous.clear();
        }
        note.write();
        return last;
    }

    private void putBackOwn() throws IOException {
        putBack(previous);
    }

    private void putBack(Map<ConntrackSwitch, Integer> values) throws IOException {
        IOException first = null;
        for (Map.Entry<ConntrackSwitch, Integer> each : values.entrySet()) {
            RandomAccessFile file = files.get(each.getKey());
            try {
                // Another value than ours is somebody's who knows better.
                if (file != null && read(file) == ON) {
                    write(file, each.getValue());
                }
            } catch (IOException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private void closeFiles() throws IOException {
        for (RandomAccessFile file : files.values()) {
            file.close();
        }
    }

    private static int read(RandomAccessFile file) throws IOException {
        file.seek(0);
        String line = file.readLine();
        return line == null || !line.matches("[0-9]{1,9}") ? -1 : Integer.parseInt(line);
    }

    private static void write(RandomAccessFile file, int value) throws IOException {
        file.seek(0);
        file.write((value + "\n").getBytes(StandardCharsets.US_ASCII));
    }
}
