package bwmon.monitor;

import java.io.IOException;
import java.util.Optional;
import java.util.function.LongFunction;

import bwmon.monitor.attribution.KernelTraffic;
import org.jspecify.annotations.Nullable;

/** Brings the programs that count into the kernel. */
@FunctionalInterface
interface KernelTrafficOpener {

    /**
     * The programs, which count from now on.
     *
     * @param cgroups the path of a cgroup by its id; empty if there is none (any more)
     */
    record Opened(KernelTraffic traffic, LongFunction<Optional<String>> cgroups) {}

    /** This host does not have or allow what the programs need; the message is a sentence that says what would lift it. */
    final class UnavailableException extends IOException {
        private static final long serialVersionUID = 1;

        /** Not to be had. */
        UnavailableException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Opens, in the network namespace of the calling thread.
     *
     * @throws UnavailableException if this host does not have or allow what they need
     * @throws IOException if the kernel fails otherwise
     */
    Opened open() throws IOException;
}
