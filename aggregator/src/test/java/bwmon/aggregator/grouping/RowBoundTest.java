package bwmon.aggregator.grouping;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.aggregator.usage.Charge;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static bwmon.aggregator.Samples.SECOND;
import static bwmon.aggregator.Samples.charge;
import static bwmon.aggregator.Samples.process;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RowBoundTest {
    private static Charge of(int pid, Basis basis, long rx, long tx) {
        return charge(process(pid, "p" + pid), new Application("p" + pid, basis), rx, tx);
    }

    private static Charge of(int pid, long rx) {
        return of(pid, Basis.ITSELF, rx, 0);
    }

    private static List<String> names(List<Charge> charges) {
        return charges.stream().map(charge -> charge.application().name()).toList();
    }

    @Test
    void thoseThatMovedMostKeepTheirNames() {
        List<Charge> folded = RowBound.fold(
                List.of(of(1, Basis.ITSELF, 1, 1), of(2, 5), of(3, Basis.ITSELF, 0, 4), of(4, 3)), 2);

        assertEquals(List.of("others", "p2", "p3", "others"), names(folded));
        assertSame(Application.OTHERS, folded.getFirst().application());
        assertEquals(process(1, "p1"), folded.getFirst().owner(), "it stays who it is");
        assertEquals(of(1, Basis.ITSELF, 1, 1).counts(), folded.getFirst().counts());
    }

    @Test
    void ofEqualOnesTheFirstAreKept() {
        assertEquals(List.of("p1", "p2", "others"), names(RowBound.fold(List.of(of(1, 7), of(2, 7), of(3, 7)), 2)));
    }

    @Test
    void anApplicationIsItsChargesTogether() {
        var shared = new Application("shared", Basis.ITSELF);
        List<Charge> charges = List.of(charge(process(1, "a"), shared, 3, 0), of(2, 5),
                charge(process(3, "a"), shared, 3, 0));

        assertEquals(List.of("shared", "others", "shared"), names(RowBound.fold(charges, 1)));
    }

    @Test
    void ipBytesAreComparedWhereTheyAreKnown() {
        var ip = new Charge("conntrack", process(9, "p9"), new Application("p9", Basis.ITSELF), SECOND,
                ByteCounts.ofIp(9, 0, 1, 0).withPayload(1, 0));

        assertEquals(List.of("others", "p9"), names(RowBound.fold(List.of(of(1, 8), ip), 1)));
        assertEquals(List.of("p1", "others"), names(RowBound.fold(List.of(of(1, Long.MAX_VALUE), ip), 1)));
    }

    @Test
    void whatTheConfigurationNamesIsNeitherFoldedNorCounted() {
        Charge pipe = charge(new Owner.Pipe("ssh", "pipe-1:a:1"), new Application("ssh", Basis.ITSELF), 0, 0);
        Charge nobody = charge(new Owner.Unattributed(Owner.Cause.EXITED), new Application("x", Basis.ITSELF), 0, 0);
        Charge rule = of(7, Basis.RULE, 0, 0);
        Charge others = charge(new Owner.Others(), Application.OTHERS, 0, 0);
        List<Charge> charges = List.of(pipe, nobody, rule, others, of(1, 5), of(2, 6));

        assertEquals(List.of("ssh", "x", "p7", "others", "others", "p2"), names(RowBound.fold(charges, 1)));
        assertEquals(List.of("ssh", "x", "p7", "others", "others", "others"), names(RowBound.fold(charges, 0)));
        assertSame(charges, RowBound.fold(charges, 2));
    }

    @Test
    void groupsThatNobodyConfiguredAreBounded() {
        assertEquals(List.of("others", "p2", "others"), names(RowBound.fold(
                List.of(of(1, Basis.EXECUTABLE, 1, 0), of(2, Basis.UNIT, 2, 0), of(3, Basis.CONTAINER, 1, 0)), 1)));
    }

    /** Whatever is folded: nothing is lost, so many names are left, and none moved less than one that was folded. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 50, 99, 100, 101})
    void nothingIsLost(int maxRows) {
        var random = new Random(maxRows);
        var charges = new ArrayList<Charge>();
        for (int pid = 1; pid <= 100; pid++) {
            charges.add(of(pid, random.nextInt(20)));
        }
        List<Charge> folded = RowBound.fold(charges, maxRows);

        assertEquals(charges.stream().map(Charge::counts).toList(), folded.stream().map(Charge::counts).toList());
        assertEquals(charges.stream().map(Charge::owner).toList(), folded.stream().map(Charge::owner).toList());
        Map<Boolean, List<Long>> moved = folded.stream().collect(Collectors.partitioningBy(
                charge -> charge.application().equals(Application.OTHERS), Collectors
                        .mapping(charge -> charge.counts().payload(Direction.RX).orElse(0),
                                Collectors.toList())));
        List<Long> kept = moved.getOrDefault(false, List.of());
        List<Long> others = moved.getOrDefault(true, List.of());
        assertEquals(Math.min(maxRows, 100), kept.size());
        assertTrue(kept.isEmpty() || others.isEmpty() || Collections.min(kept) >= Collections.max(others));
    }
}
