package bwmon.monitor;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

import bwmon.monitor.attribution.KernelTraffic;
import bwmon.monitor.programs.UnavailableException;

/** Brings the programs that count into the kernel. */
@FunctionalInterface
interface KernelTrafficOpener {

    /**
     * The programs, which count from now on.
     *
     * @param notices what a person should know of the limits here
     * @param cgroups the path of a cgroup by its id; empty if there is none (any more)
     */
    record Opened(KernelTraffic traffic, List<String> notices, LongFunction<Optional<String>> cgroups) {}

    /**
     * Opens, in the network namespace of the calling thread.
     *
     * @throws UnavailableException if this host does not have or allow what they need
     * @throws IOException if the kernel fails otherwise
     */
    Opened open() throws IOException;
}
