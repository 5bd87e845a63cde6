package bwmon.traffic;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import bwmon.traffic.Owner.Cause;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class BalanceTest {
    private static final ByteCounts ONE = ByteCounts.ofIp(1, 2, 1, 1);

    private static Usage usage(Owner owner, ByteCounts counts) {
        return new Usage(owner, null, counts);
    }

    @Test
    void namedAndUnattributedAreSummedApart() {
        Owner curl = new Owner.Process(new Owner.ProcessId(4711, 99), "curl", "curl -s x", "www-data", null, null,
                null);
        Balance balance = Balance.of(Map.of("eth0", ByteCounts.ofIp(100, 200, 3, 4)),
                List.of(usage(curl, ByteCounts.ofIp(10, 20, 1, 1)), usage(new Owner.Pipe("ssh", "pipe-22:h:22"), ONE),
                        usage(new Owner.Unattributed(Cause.EXITED), ONE), usage(curl, ONE),
                        usage(new Owner.Unattributed(Cause.KERNEL), ByteCounts.ofIp(7, 7, 7, 7)),
                        usage(new Owner.Unattributed(Cause.EXITED), ByteCounts.ofIp(5, 5, 5, 5))),
                ByteCounts.ofIp(1, 0, 1, 0), 3);
        assertEquals(ByteCounts.ofIp(12, 24, 3, 3), balance.named());
        assertEquals(Map.of(Cause.EXITED, ByteCounts.ofIp(6, 7, 6, 6), Cause.KERNEL, ByteCounts.ofIp(7, 7, 7, 7)),
                balance.unattributed());
        assertEquals(Map.of("eth0", ByteCounts.ofIp(100, 200, 3, 4)), balance.interfaces());
        assertEquals(3, balance.lostEvents());
        Balance twice = balance.plus(balance);
        assertEquals(ByteCounts.ofIp(24, 48, 6, 6), twice.named());
        assertEquals(ByteCounts.ofIp(12, 14, 12, 12), twice.unattributed().get(Cause.EXITED));
        assertEquals(Map.of("eth0", ByteCounts.ofIp(200, 400, 6, 8)), twice.interfaces());
        assertEquals(ByteCounts.ofIp(2, 0, 2, 0), twice.segmentation());
        assertEquals(6, twice.lostEvents());
    }

    @Test
    void whatMovedElsewhereIsSummedUpFromReports() {
        var report = new Report("ebpf", Duration.ofSeconds(1), List.of(), Map.of(), ByteCounts.ZERO, ONE, 0);
        Balance balance = Balance.of(report);
        assertEquals(ONE, balance.elsewhere());
        assertEquals(ONE.plus(ONE), balance.plus(balance).elsewhere());
    }

    @Test
    void nothingAddsUpToZero() {
        assertEquals(new Balance(Map.of(), ByteCounts.ZERO, Map.of(), 0),
                Balance.of(Map.of(), List.of(), ByteCounts.ZERO, 0));
    }

    @Test
    void aSourceWithoutAFigureMakesTheSumUnknown() {
        Balance balance = Balance.of(Map.of(), List.of(usage(new Owner.Pipe("p", "p"), ByteCounts.ofPayload(1, 1)),
                usage(new Owner.Pipe("q", "q"), ONE)), ByteCounts.ZERO, 0);
        assertEquals(ByteCounts.ofIp(0, 0, 0, 0).minus(ByteCounts.ofPayload(0, 0)), balance.named());
    }

    @Test
    void overflowIsRefused() {
        Owner pipe = new Owner.Pipe("p", "p");
        assertThrows(ArithmeticException.class, () -> Balance.of(Map.of(),
                List.of(usage(pipe, ByteCounts.ofPayload(Long.MAX_VALUE, 0)), usage(pipe, ByteCounts.ofPayload(1, 0))),
                ByteCounts.ZERO, 0));
    }

    @Test
    void aLossBelowZeroIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Balance.of(Map.of(), List.of(), ByteCounts.ZERO, -1));
    }

    @Test
    void interfacesAndCausesAreInAFixedOrderAndTheirOwn() {
        var interfaces = new HashMap<String, ByteCounts>();
        for (String name : List.of("wlan0", "eth1", "eth0", "lo", "br-7")) {
            interfaces.put(name, ONE);
        }
        Balance balance = new Balance(interfaces, ONE, Map.of(Cause.NO_SOCKET, ONE, Cause.EXITED, ONE), 0);
        interfaces.clear();
        assertEquals(List.of("br-7", "eth0", "eth1", "lo", "wlan0"), List.copyOf(balance.interfaces().keySet()));
        assertEquals(List.of(Cause.EXITED, Cause.NO_SOCKET), List.copyOf(balance.unattributed().keySet()));
        assertThrows(UnsupportedOperationException.class, () -> balance.interfaces().clear());
        assertThrows(UnsupportedOperationException.class, () -> balance.unattributed().clear());
    }
}
