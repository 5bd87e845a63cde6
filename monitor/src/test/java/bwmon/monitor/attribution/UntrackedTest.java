package bwmon.monitor.attribution;

import java.util.List;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class UntrackedTest {
    private static final ByteCounts NOTHING = ByteCounts.ofIp(0, 0, 0, 0);

    private final Untracked untracked = new Untracked();

    private long next(long interfaces, long flows, long segmentation) {
        ByteCounts missing = untracked.next(List.of(counts(interfaces)), List.of(counts(flows)), counts(segmentation));
        assertEquals(counts(missing.bytes(Direction.RX).orElseThrow()), missing, "all alike");
        return missing.bytes(Direction.RX).orElseThrow();
    }

    private static ByteCounts counts(long each) {
        return each == 0 ? NOTHING : ByteCounts.ofIp(each, each, each, each);
    }

    @Test
    void whatNoFlowAccountsForIsHandedOut() {
        assertEquals(28, next(1028, 1000, 0));
        assertEquals(0, next(500, 500, 0));
        assertEquals(1, next(1, 0, 0));
    }

    @Test
    void flowsThatAreAheadAreMadeUpFor() {
        assertEquals(0, next(900, 1000, 0));
        assertEquals(0, next(100, 0, 0));
        assertEquals(5, next(5, 0, 0));
    }

    /** 3 of 103 are headers that the interface never counts: they must not hide what comes later. */
    @Test
    void interfacesThatDoNotCountSegmentsAreForgiven() {
        for (int i = 0; i < 100; i++) {
            assertEquals(0, next(100, 103, 3));
        }
        for (int i = 0; i < Untracked.PATIENCE; i++) {
            next(0, 0, 0);
        }
        assertEquals(40, next(40, 0, 0));
    }

    /** A queue that drops most of what is sent: the connection table counted it, the interface never will. */
    @Test
    void whatIsDroppedBeforeTheInterfaceHidesNothingForLong() {
        for (int i = 0; i < 100; i++) {
            assertEquals(0, next(100, 2500, 0));
        }
        for (int i = 0; i < 2 * Untracked.PATIENCE; i++) {
            next(0, 0, 0);
        }
        assertEquals(40, next(40, 0, 0));
    }

    /** Flows are read a little later than interfaces, for as long as something moves. */
    @Test
    void aLeadThatADifferentInstantExplainsIsNotForgiven() {
        next(900, 1000, 0);
        for (int i = 0; i < 3 * Untracked.PATIENCE; i++) {
            assertEquals(0, next(1000, 1000, 0));
        }
        assertEquals(0, next(100, 0, 0));
    }
}
