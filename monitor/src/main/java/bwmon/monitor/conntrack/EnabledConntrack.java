package bwmon.monitor.conntrack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was switched on of connection tracking, until it is closed.
 *
 * <p>The rule goes with us, whatever ends us. The settings are put back by {@link #close}, unless another of our programs
 * still needs them; then it does so. Where there is no time for that, {@link #abandonAll} puts them back. After kill -9
 * they stay as they are, and a note in the run directory says what they were: the next of our programs in the same
 * namespace puts that back when it ends.
 */
public final class EnabledConntrack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EnabledConntrack.class);

    /** All that may have something switched on: one a namespace in use, so that there are few. */
    private static final Set<EnabledConntrack> IN_USE = ConcurrentHashMap.newKeySet();

    private final SysctlNoteFolder notes;
    private final @Nullable String namespace;
    private final TrackingRule rule;
    private final EnabledConntrackSettings settings;
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
    EnabledConntrack(Path procRoot, SysctlNoteFolder notes, @Nullable String namespace, TrackingRule rule)
            throws IOException {
        settings = new EnabledConntrackSettings(procRoot);
        this.notes = notes;
        this.namespace = namespace;
        this.rule = rule;
        // Before anything is switched on: from then on it may have to be put back at any moment.
        IN_USE.add(this);
        try {
            if (namespace != null) {
                try {
                    isNoted = notes.locked(this::switchOnWithNote);
                } catch (IOException e) {
                    warnings.add("what connection tracking was set to cannot be noted (" + e
                            + "): if this program is killed, it stays as it is now");
                }
            }
            if (!isNoted) {
                switchOn();
            }
        } catch (IOException | RuntimeException e) {
            try (settings) {
                settings.putBack(Map.of());
            } catch (IOException second) {
                e.addSuppressed(second);
            } finally {
                IN_USE.remove(this);
            }
            throw e;
        }
    }

    private boolean switchOnWithNote() throws IOException {
        SysctlNote note = note();
        note.hold();
        for (ConntrackSwitch each : settings.off()) {
            note.previous.putIfAbsent(each, 0);
        }
        // First the note: if we are killed in between, it says too much, which does no harm.
        note.write();
        switchOn();
        return true;
    }

    private SysctlNote note() throws IOException {
        return notes.read(String.valueOf(namespace));
    }

    private void switchOn() throws IOException {
        for (ConntrackSwitch each : settings.off()) {
            try {
                if (settings.switchOn(each)) {
                    switchedOn.add(each);
                }
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
     * @throws IOException if something could not be put back, or the note of it not be brought up to date; the rest was
     */
    @Override
    public synchronized void close() throws IOException {
        if (isClosed) {
            return;
        }
        isClosed = true;
        // An interrupted thread could not take the lock.
        boolean interrupted = Thread.interrupted();
        try (rule; settings) {
            putBack();
        } finally {
            IN_USE.remove(this);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Puts back what was set before, for all that are not closed yet, where the program ends at once: from any thread, also
     * while another one opens or closes them, and without waiting for any lock that is held for longer than some system
     * calls. What another of our programs still needs stays, and notes stay: the next of our programs clears them away.
     */
    public static void abandonAll() {
        for (EnabledConntrack each : IN_USE) {
            try {
                each.abandon();
            } catch (IOException e) {
                LOG.warn("connection tracking could not be put back as it was: {}", e.toString());
            }
        }
    }

    private void abandon() throws IOException {
        settings.keepOff();
        putBackUnlocked();
    }

    private void putBack() throws IOException {
        if (namespace == null) {
            settings.putBack(Map.of());
            return;
        }
        try {
            notes.locked(this::putBackNoted);
        } catch (IOException | RuntimeException e) {
            try {
                putBackUnlocked();
            } catch (IOException second) {
                e.addSuppressed(second);
                throw e;
            }
            // Else it was said at the start that there is no note.
            if (isNoted || e instanceof RuntimeException) {
                throw e;
            }
        }
    }

    private boolean putBackNoted() throws IOException {
        SysctlNote note = note();
        note.release();
        boolean last = !note.isHeld();
        if (last) {
            settings.putBack(note.previous);
            note.previous.clear();
        } else {
            // The last one is to put back also what could not be noted when we began.
            settings.own().forEach(note.previous::putIfAbsent);
        }
        note.write();
        return last;
    }

    /** Where the lock cannot be had, or not waited for: the note is read only. */
    private void putBackUnlocked() throws IOException {
        Map<ConntrackSwitch, Integer> noted = Map.of();
        boolean held = false;
        if (namespace != null) {
            try {
                SysctlNote note = note();
                note.release();
                noted = note.previous;
                held = note.isHeld();
            } catch (IOException e) {
                LOG.debug("no note to go by", e);
            }
        }
        if (!held) {
            settings.putBack(noted);
        } else if (!noted.keySet().containsAll(settings.own().keySet())) {
            throw new IOException(
                    "another program uses " + settings.own().keySet().stream().map(ConntrackSwitch::sysctl).toList()
                            + ", and does not know that it was 0 before");
        }
    }
}
