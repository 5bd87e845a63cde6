package bwmon.monitor.conntrack;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What was set before any of our programs changed a network namespace, and which of them use it now: a small file in
 * /run/bwmon, so that the last one puts back what the first one found, and the next one what a killed one left.
 *
 * <pre>
 * previous nf_conntrack_acct 0
 * holder 4711 123456
 * </pre>
 *
 * A holder is a process by its number and its start time in clock ticks, as a number alone is used again.
 */
final class SysctlNote {
    private static final int LINES_LIMIT = 1000;

    private final Path procRoot;
    private final Path file;
    final Map<ConntrackSwitch, Integer> previous = new EnumMap<>(ConntrackSwitch.class);
    private final TreeSet<String> holders = new TreeSet<>();

    private SysctlNote(Path procRoot, Path file) {
        this.procRoot = procRoot;
        this.file = file;
    }

    /**
     * Reads the note of a namespace; an empty one if there is none.
     *
     * @param namespace a name that no other namespace has until the next boot
     */
    static SysctlNote read(Path procRoot, Path directory, String namespace) throws IOException {
        var note = new SysctlNote(procRoot, directory.resolve("conntrack-" + namespace));
        List<String> lines;
        try (var reader = new BufferedReader(new InputStreamReader(
                Files.newInputStream(note.file, LinkOption.NOFOLLOW_LINKS), StandardCharsets.US_ASCII))) {
            lines = reader.readAllLines();
        } catch (NoSuchFileException e) {
            return note;
        }
        for (String line : lines.subList(0, Math.min(lines.size(), LINES_LIMIT))) {
            if (!note.understands(line.split(" ", -1))) {
                throw new IOException(note.file + " has a line that is not ours: '" + line + "'");
            }
        }
        return note;
    }

    private boolean understands(String[] words) throws IOException {
        if (words.length != 3 || !words[2].matches("[0-9]{1,19}")) {
            return false;
        }
        if (words[0].equals("holder") && words[1].matches("[0-9]{1,9}")) {
            if (startTicks(procRoot, words[1]).equals(words[2])) {
                holders.add(words[1] + " " + words[2]);
            }
            return true;
        }
        for (ConntrackSwitch each : ConntrackSwitch.values()) {
            if (words[0].equals("previous") && words[1].equals(each.sysctl()) && words[2].length() < 9) {
                previous.put(each, Integer.valueOf(words[2]));
                return true;
            }
        }
        return false;
    }

    /** Field 22 of /proc/PID/stat, proc_pid_stat(5); empty if there is no such process. */
    private static String startTicks(Path procRoot, String pid) throws IOException {
        try {
            String stat = Files.readString(procRoot.resolve(pid).resolve("stat"), StandardCharsets.ISO_8859_1);
            // The second field is a name in parentheses, and may hold blanks and parentheses itself.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
            return fields.length > 19 ? fields[19] : "";
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    private String self() throws IOException {
        String pid = Long.toString(ProcessHandle.current().pid());
        return pid + " " + startTicks(procRoot, pid);
    }

    /** Whether one of our programs that is still there uses the namespace. */
    boolean isHeld() {
        return !holders.isEmpty();
    }

    void hold() throws IOException {
        holders.add(self());
    }

    void release() throws IOException {
        holders.remove(self());
    }

    /** Writes the note, or takes it away if nothing is to be put back. */
    void write() throws IOException {
        if (previous.isEmpty()) {
            Files.deleteIfExists(file);
            return;
        }
        var lines = new ArrayList<String>();
        previous.forEach((each, value) -> lines.add("previous " + each.sysctl() + " " + value));
        holders.forEach(holder -> lines.add("holder " + holder));
        // Whole or not at all, also if we are killed here.
        Path whole = file.resolveSibling(file.getFileName() + ".new");
        // What a killed one left, whatever it is: never written through.
        Files.deleteIfExists(whole);
        try (var channel = Files.newByteChannel(whole,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer text = StandardCharsets.US_ASCII.encode(String.join("\n", lines) + "\n");
            while (text.hasRemaining()) {
                channel.write(text);
            }
        }
        Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
