package bwmon.monitor.programs;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

import bwmon.ffi.Errno;
import bwmon.monitor.ebpf.Capabilities;
import bwmon.monitor.ebpf.Capabilities.Capability;
import bwmon.monitor.ebpf.Capabilities.Lockdown;
import bwmon.monitor.ebpf.CgroupRoot;
import bwmon.monitor.ebpf.EbpfException;
import bwmon.monitor.programs.UnavailableException.Cause;

/** What the programs need of a host, and in which words it is said to be missing. */
final class Requirements {
    private static final String REMEDY = "run as root, or give them to the program (systemd: AmbientCapabilities=CAP_BPF CAP_PERFMON"
            + " CAP_NET_ADMIN)";

    private Requirements() {}

    /** What can be known without trying. */
    static void check() throws IOException {
        List<Capability> missing = missing(Capabilities.ofThisProcess());
        if (!missing.isEmpty()) {
            throw new UnavailableException(Cause.PERMISSION,
                    missing.stream().map(Capability::name).collect(Collectors.joining(" and "))
                            + (missing.size() == 1 ? " is missing: " : " are missing: ") + REMEDY);
        }
        if (Capabilities.lockdown() == Lockdown.CONFIDENTIALITY) {
            throw new UnavailableException(Cause.PERMISSION, "this kernel is locked down for confidentiality, so that"
                    + " programs in it may not read it; lockdown=integrity on the kernel's command line allows that");
        }
    }

    /** CAP_SYS_ADMIN stands for the two that were taken out of it. */
    static List<Capability> missing(Capabilities capabilities) {
        return capabilities.has(Capability.CAP_SYS_ADMIN)
                ? capabilities.missing(Capability.CAP_NET_ADMIN)
                : capabilities.missing(Capability.CAP_BPF, Capability.CAP_PERFMON, Capability.CAP_NET_ADMIN);
    }

    /** The cgroups whose sockets are counted. */
    static CgroupRoot cgroups() throws UnavailableException {
        try {
            return CgroupRoot.open();
        } catch (IOException e) {
            throw new UnavailableException(Cause.KERNEL, "there is no cgroup v2 hierarchy (" + e.getMessage()
                    + "); mount -t cgroup2 none /sys/fs/cgroup/unified gives one", e);
        }
    }

    /** A call that failed, in words for who runs the program. */
    static UnavailableException explained(EbpfException e) {
        return switch (e.errno()) {
            case Errno.EPERM, Errno.EACCES -> e.verifierLog().isEmpty()
                    ? new UnavailableException(Cause.PERMISSION,
                            "bpf(2) is refused although the capabilities are there ("
                                    + e.getMessage()
                                    + "): they are those of a user namespace, or a security module or the"
                                    + " seccomp profile of a container forbids it; run on the host",
                            e)
                    : refused(e);
            case Errno.ENOSYS -> new UnavailableException(Cause.KERNEL,
                    "this kernel has no bpf(2); one with CONFIG_BPF_SYSCALL has", e);
            default -> refused(e);
        };
    }

    private static UnavailableException refused(EbpfException e) {
        return new UnavailableException(Cause.KERNEL,
                "this kernel does not take the programs (" + e.getMessage() + "); Linux 6.3 and later do", e);
    }
}
