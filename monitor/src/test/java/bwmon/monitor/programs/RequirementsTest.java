package bwmon.monitor.programs;

import java.util.List;

import bwmon.monitor.ebpf.Capabilities;
import bwmon.monitor.ebpf.Capabilities.Capability;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class RequirementsTest {
    private static Capabilities of(Capability... some) {
        long bits = 0;
        for (Capability each : some) {
            bits |= 1L << each.number();
        }
        return new Capabilities(bits);
    }

    @Test
    void eachMissingCapabilityIsNamed() {
        assertEquals(List.of(Capability.CAP_BPF, Capability.CAP_PERFMON, Capability.CAP_NET_ADMIN),
                Requirements.missing(of()));
        assertEquals(List.of(Capability.CAP_PERFMON),
                Requirements.missing(of(Capability.CAP_BPF, Capability.CAP_NET_ADMIN)));
        assertEquals(List.of(), Requirements
                .missing(of(Capability.CAP_BPF, Capability.CAP_PERFMON, Capability.CAP_NET_ADMIN)));
    }

    @Test
    void theAdministratorNeedsTheNetworksAsWell() {
        assertEquals(List.of(Capability.CAP_NET_ADMIN), Requirements.missing(of(Capability.CAP_SYS_ADMIN)));
        assertEquals(List.of(), Requirements.missing(of(Capability.CAP_SYS_ADMIN, Capability.CAP_NET_ADMIN)));
    }
}
