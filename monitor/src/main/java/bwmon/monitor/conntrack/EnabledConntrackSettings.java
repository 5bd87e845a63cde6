package bwmon.monitor.conntrack;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The settings of one namespace, and what we changed of them. From any thread: nothing is waited for in here but some
 * system calls, so that an end at once may count on it.
 */
final class EnabledConntrackSettings implements Closeable {
    private static final int ON = 1;

    private final Path procRoot;
    /** Open, because a file that is opened here writes to this namespace from whichever thread closes. */
    private final Map<ConntrackSwitch, RandomAccessFile> files = new EnumMap<>(ConntrackSwitch.class);
    private final Map<ConntrackSwitch, String> unwritable = new EnumMap<>(ConntrackSwitch.class);
    private final Map<ConntrackSwitch, Integer> previous = new EnumMap<>(ConntrackSwitch.class);
    private boolean isKeptOff;

    /** The settings of the calling thread's namespace. */
    EnabledConntrackSettings(Path procRoot) {
        this.procRoot = procRoot;
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

    /** What is off, or not there, in the calling thread's namespace. */
    List<ConntrackSwitch> off() throws IOException {
        var off = new ArrayList<ConntrackSwitch>();
        for (ConntrackSwitch each : ConntrackSwitch.values()) {
            OptionalInt value = each.read(procRoot);
            if (value.isEmpty() || value.getAsInt() == 0) {
                off.add(each);
            }
        }
        return off;
    }

    /**
     * Switches on.
     *
     * @return false if everything is kept off
     * @throws IOException if it cannot be written
     */
    synchronized boolean switchOn(ConntrackSwitch which) throws IOException {
        if (isKeptOff) {
            return false;
        }
        RandomAccessFile file = files.get(which);
        if (file == null) {
            throw new IOException(unwritable.get(which));
        }
        write(file, ON);
        previous.put(which, 0);
        return true;
    }

    /** From here on nothing is switched on any more. */
    synchronized void keepOff() {
        isKeptOff = true;
    }

    /** What we changed, with the values before. */
    synchronized Map<ConntrackSwitch, Integer> own() {
        return new EnumMap<>(previous);
    }

    /**
     * Puts back what was noted, and of what was not (somebody may have swept the run directory) what we changed; again and
     * again without harm.
     *
     * @throws IOException if something could not be put back; the rest was
     */
    synchronized void putBack(Map<ConntrackSwitch, Integer> noted) throws IOException {
        Map<ConntrackSwitch, Integer> values = own();
        values.putAll(noted);
        eachOf(values.entrySet(), value -> {
            RandomAccessFile file = files.get(value.getKey());
            // Another value than ours is somebody's who knows better.
            if (file != null && read(file) == ON) {
                write(file, value.getValue());
            }
        });
    }

    @Override
    public synchronized void close() throws IOException {
        try {
            eachOf(files.values(), RandomAccessFile::close);
        } finally {
            files.clear();
        }
    }

    @FunctionalInterface
    private interface Step<T> {
        void run(T each) throws IOException;
    }

    /** Does all of it, whatever fails; throws what failed first. */
    private static <T> void eachOf(Collection<T> all, Step<T> step) throws IOException {
        IOException first = null;
        for (T each : all) {
            try {
                step.run(each);
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
