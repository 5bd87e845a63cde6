package bwmon.monitor.ebpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this process may do.
 *
 * @param effective bit by bit the effective capabilities, capabilities(7)
 */
public record Capabilities(long effective) {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path LOCKDOWN = Path.of("/sys/kernel/security/lockdown");
    private static final Pattern EFFECTIVE = Pattern.compile("(?m)^CapEff:\\s*([0-9a-fA-F]{1,16})$");
    private static final Pattern IN_FORCE = Pattern.compile("\\[(\\w+)]");

    /** Capabilities that programs in the kernel need, linux/capability.h. */
    public enum Capability {
        /** Attach to cgroups. */
        CAP_NET_ADMIN(12),
        /** All of the others here; before Linux 5.8, which had neither of the next two, the only way. */
        CAP_SYS_ADMIN(21),
        /** Trace the kernel. */
        CAP_PERFMON(38),
        /** Load programs and make maps. */
        CAP_BPF(39);

        private final int number;

        Capability(int number) {
            this.number = number;
        }

        /** Its bit. */
        public int number() {
            return number;
        }
    }

    /** How much the kernel keeps from root, kernel_lockdown(7). */
    public enum Lockdown {
        /** Nothing, or it is not known: the kernel has no such thing, or securityfs is not mounted. */
        NONE,
        /** Its memory is not to be changed; programs may be loaded all the same. */
        INTEGRITY,
        /** Its memory is not to be read either, which bpf_probe_read_kernel would do. */
        CONFIDENTIALITY
    }

    /** Those of the calling process. */
    public static Capabilities ofThisProcess() throws IOException {
        return parse(Files.readString(STATUS));
    }

    /**
     * Of the content of /proc/PID/status.
     *
     * @throws IOException if there is no such line as there is to be
     */
    static Capabilities parse(String status) throws IOException {
        Matcher line = EFFECTIVE.matcher(status);
        if (!line.find()) {
            throw new IOException(STATUS + " has no line CapEff");
        }
        return new Capabilities(Long.parseUnsignedLong(line.group(1), 16));
    }

    /** Whether this process has it, itself or as a part of CAP_SYS_ADMIN (CAP_NET_ADMIN is none). */
    public boolean has(Capability capability) {
        boolean bySysAdmin = capability != Capability.CAP_NET_ADMIN && is(Capability.CAP_SYS_ADMIN);
        return is(capability) || bySysAdmin;
    }

    private boolean is(Capability capability) {
        return (effective >>> capability.number() & 1) == 1;
    }

    /** Which of them this process has not, in their order. */
    public List<Capability> missing(Capability... wanted) {
        var missing = new ArrayList<Capability>();
        for (Capability capability : wanted) {
            if (!has(capability)) {
                missing.add(capability);
            }
        }
        return missing;
    }

    /** What the kernel has locked down. */
    public static Lockdown lockdown() throws IOException {
        try {
            return parseLockdown(Files.readString(LOCKDOWN));
        } catch (NoSuchFileException e) {
            return Lockdown.NONE;
        }
    }

    /** Of the content of that file, such as {@code none [integrity] confidentiality}. */
    static Lockdown parseLockdown(String content) {
        Matcher matcher = IN_FORCE.matcher(content);
        return !matcher.find() ? Lockdown.NONE : switch (matcher.group(1)) {
            case "integrity" -> Lockdown.INTEGRITY;
            case "confidentiality" -> Lockdown.CONFIDENTIALITY;
            default -> Lockdown.NONE;
        };
    }
}
