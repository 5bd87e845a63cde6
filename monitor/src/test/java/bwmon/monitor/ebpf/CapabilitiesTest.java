package bwmon.monitor.ebpf;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import bwmon.monitor.ebpf.Capabilities.Capability;
import bwmon.monitor.ebpf.Capabilities.Lockdown;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What the kernel's texts say of privileges, processors and mounts. */
class CapabilitiesTest {
    private static Capabilities of(String effective) throws IOException {
        return Capabilities.parse("Name:\tjava\nCapPrm:\tffffffffffffffff\nCapEff:\t" + effective + "\nCapBnd:\t0\n");
    }

    @Test
    void eachHasItsBit() throws IOException {
        assertEquals(List.of(Capability.values()), of("0000000000000000").missing(Capability.values()));
        assertEquals(List.of(), of("ffffffffffffffff").missing(Capability.values()));
        assertEquals(List.of(Capability.CAP_SYS_ADMIN), of("000000c000001000").missing(Capability.values()));
        assertEquals(List.of(Capability.CAP_PERFMON), of("0000008000001000")
                .missing(Capability.CAP_NET_ADMIN, Capability.CAP_PERFMON, Capability.CAP_BPF));
        assertEquals(List.of(Capability.CAP_NET_ADMIN), of("0000000000200000").missing(Capability.values()),
                "CAP_SYS_ADMIN has CAP_BPF and CAP_PERFMON in it");
    }

    @Test
    void aTextThatHasNoSuchLineIsRefused() {
        assertThrows(IOException.class, () -> Capabilities.parse(""));
        assertThrows(IOException.class, () -> Capabilities.parse("CapEff:\t\n"));
        assertThrows(IOException.class, () -> of("00000000000000000"));
        assertThrows(IOException.class, () -> of("x"));
    }

    @Test
    void thisProcessHasSome() throws IOException {
        // Any bits are right: that the file is read without complaint is what counts.
        assertEquals(Capabilities.ofThisProcess(), Capabilities.ofThisProcess());
    }

    @Test
    void lockdownIsWhatIsInBrackets() {
        assertEquals(Lockdown.NONE, Capabilities.parseLockdown("[none] integrity confidentiality\n"));
        assertEquals(Lockdown.INTEGRITY, Capabilities.parseLockdown("none [integrity] confidentiality\n"));
        assertEquals(Lockdown.CONFIDENTIALITY, Capabilities.parseLockdown("none integrity [confidentiality]\n"));
        assertEquals(Lockdown.NONE, Capabilities.parseLockdown(""));
    }

    @Test
    void processorsAreCountedAndNotTheirNumbers() throws IOException {
        assertEquals(1, PossibleProcessors.parse("0\n"));
        assertEquals(128, PossibleProcessors.parse("0-127\n"));
        assertEquals(5, PossibleProcessors.parse("0,2-5\n"));
        for (String broken : List.of("", "\n", "-", "0-", "-1", "5-2", "0,,1", "a", "0-2147483647")) {
            assertThrows(IOException.class, () -> PossibleProcessors.parse(broken), broken);
        }
        assertTrue(PossibleProcessors.count() >= Runtime.getRuntime().availableProcessors());
    }

    @Test
    void mountsOfTheWholeHierarchyComeFirst() {
        String mounts = """
                31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
                40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
                41 31 0:38 /system.slice /run/part rw,relatime shared:9 master:1 - cgroup2 cgroup2 rw
                42 31 0:38 / /mnt/a\\040b\\134c rw,relatime - cgroup2 cgroup2 rw,nsdelegate
                43 31 0:39 / /mnt/cgroup2 rw - ext4 /dev/cgroup2 rw
                cut off - cgroup2
                """;
        assertEquals(List.of(Path.of("/mnt/a b\\c"), Path.of("/run/part")), CgroupRoot.mountPoints(mounts));
        assertEquals(List.of(), CgroupRoot.mountPoints(""));
    }
}
