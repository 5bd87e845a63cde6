package bwmon.monitor.procfs;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * /proc/PID/cgroup, cgroups(7).
 *
 * @param unified the path in the version 2 hierarchy, the line {@code 0::/path}; null where there is none
 * @param container the id of the innermost container; null if the process is in none that is known by its path
 */
record Cgroups(@Nullable String unified, @Nullable String container) {
    /** Docker, Podman, containerd, CRI-O and Kubernetes name the cgroup of a container by its id of 64 digits. */
    private static final Pattern ID = Pattern
            .compile("(?:^|/)(?:(?:docker|libpod|cri-containerd|crio|nerdctl)-)?([0-9a-f]{64})(?:\\.scope)?(?=/|$)");
    /** LXC (lxc.payload.NAME, lxc.payload/NAME, lxc/NAME), the container itself and not its monitor. */
    private static final Pattern LXC = Pattern.compile("(?:^|/)lxc(?:\\.payload[./]|/)([^/]+)");
    /** systemd-nspawn: as a service, or started by hand. A virtual machine's scope begins with qemu. */
    private static final Pattern NSPAWN = Pattern
            .compile("(?:^|/)(?:systemd-nspawn@([^/]+)\\.service|machine-(?!qemu(?:-|\\\\x2d))([^/]+)\\.scope)");
    private static final Pattern ESCAPE = Pattern.compile("\\\\x([0-9a-f]{2})");

    /** Reads the file's content; a line of another form is skipped. */
    static Cgroups parse(byte[] content) {
        String unified = null;
        String container = null;
        for (String line : new String(content, StandardCharsets.UTF_8).split("\n", -1)) {
            int first = line.indexOf(':');
            int second = line.indexOf(':', first + 1);
            if (first < 0 || second < 0) {
                continue;
            }
            String path = line.substring(second + 1);
            if (line.startsWith("0::")) {
                unified = path;
            }
            // Under version 1, and under both, the unified path may be a bare slash.
            if (container == null) {
                container = container(path);
            }
        }
        return new Cgroups(unified, container);
    }

    /** The id or name of the innermost container that a cgroup's path names; null if it names none. */
    static @Nullable String container(String path) {
        String found = null;
        int at = -1;
        for (Pattern pattern : new Pattern[]{ID, LXC, NSPAWN}) {
            Matcher matcher = pattern.matcher(path);
            while (matcher.find()) {
                if (matcher.start() > at) {
                    at = matcher.start();
                    String name = matcher.group(1);
                    found = name == null ? matcher.group(2) : name;
                }
            }
        }
        return found == null ? null : unescape(found);
    }

    /** systemd writes a dash within a name as \x2d, systemd-escape(1). */
    private static String unescape(String name) {
        return ESCAPE.matcher(name).replaceAll(
                m -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(m.group(1), 16))));
    }
}
