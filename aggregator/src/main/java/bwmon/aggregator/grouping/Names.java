package bwmon.aggregator.grouping;

import java.lang.ref.WeakReference;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.regex.Pattern;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.traffic.Owner;
import org.jspecify.annotations.Nullable;

/**
 * The applications of owners that no rule matches. Equal ones are one object as long as anybody holds it; none is held
 * here. Not safe for more than one thread.
 */
final class Names {
    /**
     * So long a name is at most. What differs only behind that is one application: it is as much of a command line as a
     * monitor keeps.
     */
    static final int MAX_NAME = 4096;
    /** A container's id is shown as docker(1) shows it. */
    private static final int SHORT_ID = 12;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");
    /** systemd.unit(5), those of them that have processes. */
    private static final Set<String> KINDS = Set.of("service", "scope", "socket", "mount", "swap");
    private static final String SLICE = "slice";

    private final AutoGroup autoGroup;
    /** So many names of commands are remembered with the executable that was seen to have them, the latest. */
    private static final int MAX_LEARNED = 1024;

    private final Map<Application, WeakReference<Application>> shared = new WeakHashMap<>();
    /** The executable's name by the command line's: /usr/bin/python3 is a link to python3.12, which only a living process tells. */
    private final Map<String, String> learned = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > MAX_LEARNED;
        }
    };

    Names(AutoGroup autoGroup) {
        this.autoGroup = autoGroup;
    }

    /** The group of an owner that no rule matches: of a process as asked for, if it is in one; else the owner itself. */
    Application of(Owner owner) {
        return switch (owner) {
            case Owner.Process process -> of(process);
            case Owner.Unattributed nobody -> itself("unattributed: " + nobody.name());
            case Owner.Pipe pipe -> itself(pipe.name());
            case Owner.Host host -> itself(host.name());
            case Owner.QueueClass queue -> itself(queue.name());
            case Owner.Others _ -> Application.OTHERS;
        };
    }

    private Application of(Owner.Process process) {
        String group = switch (autoGroup) {
            case NONE -> null;
            case EXECUTABLE -> executable(process);
            case UNIT -> process.cgroup() == null ? null : unit(process.cgroup());
            case CONTAINER -> process.container() == null ? null : shortened(process.container());
        };
        return group == null || group.isEmpty() ? itself(process.command()) : share(group, basis());
    }

    private Basis basis() {
        return switch (autoGroup) {
            case NONE -> Basis.ITSELF;
            case EXECUTABLE -> Basis.EXECUTABLE;
            case UNIT -> Basis.UNIT;
            case CONTAINER -> Basis.CONTAINER;
        };
    }

    private Application itself(String name) {
        return share(name, Basis.ITSELF);
    }

    private Application share(String name, Basis basis) {
        var application = new Application(cut(name), basis);
        WeakReference<Application> known = shared.get(application);
        Application first = known == null ? null : known.get();
        if (first != null) {
            return first;
        }
        shared.put(application, new WeakReference<>(application));
        return application;
    }

    private static String cut(String name) {
        if (name.length() <= MAX_NAME) {
            return name;
        }
        // Two halves of one character stay together.
        return name.substring(0, Character.isHighSurrogate(name.charAt(MAX_NAME - 1)) ? MAX_NAME - 1 : MAX_NAME);
    }

    /** The name of the file that it runs; of one that ended before anybody looked, what others called like it run. */
    private String executable(Owner.Process process) {
        String path = process.executable();
        String name = path == null ? "" : path.substring(path.lastIndexOf('/') + 1);
        String called = cut(executable(process.command()));
        if (name.isEmpty()) {
            return learned.getOrDefault(called, called);
        }
        learned.put(called, name);
        return name;
    }

    /**
     * The name of a command line's executable: the last part of the first word's path, as bwmon 1.x has it, without the
     * marks that programs put there: {@code -} before a login shell, {@code :} after a title ("nginx: worker").
     */
    static String executable(String command) {
        String word = command.strip();
        int blank = word.indexOf(' ');
        if (blank > 0) {
            word = word.substring(0, blank);
        }
        String name = word.substring(word.lastIndexOf('/') + 1);
        String bare = name.startsWith("-") ? name.substring(1) : name;
        bare = bare.endsWith(":") ? bare.substring(0, bare.length() - 1) : bare;
        return bare.isEmpty() ? word : bare;
    }

    /**
     * The innermost systemd unit on a cgroup's path, a user's own included. Slices hold units and no programs: one counts
     * only where there is no unit in or around it.
     *
     * @return null if the path names none, as with version 1 of cgroups
     */
    static @Nullable String unit(String cgroup) {
        String slice = null;
        int end = cgroup.length();
        while (end > 0) {
            int slash = cgroup.lastIndexOf('/', end - 1);
            int dot = cgroup.lastIndexOf('.', end - 1);
            if (dot > slash + 1) {
                String kind = cgroup.substring(dot + 1, end);
                if (KINDS.contains(kind)) {
                    return cgroup.substring(slash + 1, end);
                }
                if (slice == null && kind.equals(SLICE)) {
                    slice = cgroup.substring(slash + 1, end);
                }
            }
            end = slash;
        }
        return slice;
    }

    /** The first characters of an id; a name, as LXC and systemd-nspawn have it, stays whole. */
    private static String shortened(String container) {
        return ID.matcher(container).matches() ? container.substring(0, SHORT_ID) : container;
    }
}
