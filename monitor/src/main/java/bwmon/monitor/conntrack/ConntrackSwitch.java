package bwmon.monitor.conntrack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * Settings of connection tracking that are each network namespace's own, in /proc/sys/net/netfilter
 * (Documentation/networking/nf_conntrack-sysctl.rst). /proc/sys/net is the namespace of the thread that looks.
 */
enum ConntrackSwitch {
    /** Whether connections that begin get counters. */
    ACCOUNTING("nf_conntrack_acct"),
    /** Whether connections that begin get a time of their beginning. */
    TIMESTAMPS("nf_conntrack_timestamp"),
    /** Whether events are told: 0 no, 1 yes, 2 of connections that began while somebody listened. */
    EVENTS("nf_conntrack_events");

    private final String file;

    ConntrackSwitch(String file) {
        this.file = file;
    }

    /** The name below net.netfilter. */
    String sysctl() {
        return file;
    }

    Path path(Path procRoot) {
        return procRoot.resolve("sys/net/netfilter").resolve(file);
    }

    /**
     * The value now.
     *
     * @return empty if the kernel has no such setting
     */
    OptionalInt read(Path procRoot) throws IOException {
        try {
            return OptionalInt
                    .of(Integer.parseInt(Files.readString(path(procRoot), StandardCharsets.US_ASCII).strip()));
        } catch (NoSuchFileException e) {
            return OptionalInt.empty();
        } catch (NumberFormatException e) {
            throw new IOException(path(procRoot) + " holds no number: " + e.getMessage(), e);
        }
    }
}
