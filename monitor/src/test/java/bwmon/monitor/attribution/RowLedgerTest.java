package bwmon.monitor.attribution;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import bwmon.monitor.attribution.CountedRow.Origin;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner.Cause;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RowLedgerTest {
    private static final List<Origin> ORIGINS = List.of(Origin.values());
    private static final long HERE = 1;
    private static final long CONTAINER = 2;
    private static final long PARENT = 70;
    private static final long CHILD = 71;
    private static final long SECOND = 1_000_000_000L;
    private static final Flow WEB = flow(1);

    private final RowLedger ledger = new RowLedger(HERE, false);
    private long nanos = Long.MAX_VALUE - 5 * SECOND;

    private static Flow flow(int port) {
        return new Flow(Protocol.TCP, Endpoint.ofIpv4(0x0a000001, port), Endpoint.ofIpv4(0x0a000002, 80));
    }

    private static ByteCounts counts(long bytes) {
        return ByteCounts.ofIp(bytes, 2 * bytes, 1, 1).withPayload(bytes / 2, bytes);
    }

    private static CountedRow row(long owner, long namespace, Origin origin, boolean isSure, @Nullable Flow flow,
            long bytes) {
        return new CountedRow(owner, namespace, origin, isSure, flow, counts(bytes), ByteCounts.ofIp(1, 0, 0, 0));
    }

    private static CountedRow sure(long owner, Flow flow, long bytes) {
        return row(owner, HERE, Origin.SOCKET, true, flow, bytes);
    }

    private static CountedRow unsure(long owner, Flow flow, long bytes) {
        return row(owner, HERE, Origin.SOCKET, false, flow, bytes);
    }

    private static CountedRow nobody(Origin origin, Flow flow, long bytes) {
        return row(OwnerId.NOBODY, HERE, origin, false, flow, bytes);
    }

    private record Key(long owner, @Nullable Cause cause, @Nullable Flow flow) {}

    private Map<Key, ByteCounts> settle(CountedRow... rows) {
        nanos += SECOND;
        return sums(ledger.settle(List.of(rows), nanos));
    }

    private static Map<Key, ByteCounts> sums(RowLedger.Settled settled) {
        var sums = new HashMap<Key, ByteCounts>();
        settled.parts().forEach(part -> sums.merge(new Key(part.owner(), part.cause(), part.flow()), part.counts(),
                ByteCounts::plus));
        return sums;
    }

    private static Map<Key, ByteCounts> of(long owner, @Nullable Flow flow, long bytes, int rows) {
        return Map.of(new Key(owner, null, flow), ByteCounts.ofIp(bytes, 2 * bytes, rows, rows)
                .withPayload(bytes / 2, bytes));
    }

    private static Map<Key, ByteCounts> of(Cause cause, Flow flow, long bytes) {
        return Map.of(new Key(OwnerId.NOBODY, cause, flow), counts(bytes));
    }

    @Test
    void rowsOfOneFlowAreSummedUp() {
        assertEquals(of(CHILD, WEB, 30, 2), settle(sure(CHILD, WEB, 10), sure(CHILD, WEB, 20)));
        assertEquals(Map.of(), settle());
    }

    @Test
    void anAcceptedConnectionBelongsToWhoReceives() {
        assertEquals(of(CHILD, WEB, 30, 2), settle(unsure(PARENT, WEB, 10), sure(CHILD, WEB, 20)));
        assertEquals(of(CHILD, WEB, 4, 1), settle(unsure(PARENT, WEB, 4)), "and afterwards");
        assertEquals(of(PARENT, flow(2), 4, 1), settle(unsure(PARENT, flow(2), 4)), "but not another one");
    }

    @Test
    void whoIsSureItselfKeepsWhatItIsNotSureOf() {
        Map<Key, ByteCounts> parts = settle(sure(CHILD, WEB, 2), sure(PARENT, WEB, 4), unsure(PARENT, WEB, 8));
        assertEquals(ByteCounts.ofIp(12, 24, 2, 2).withPayload(6, 12), parts.get(new Key(PARENT, null, WEB)));
        assertEquals(counts(2), parts.get(new Key(CHILD, null, WEB)));
    }

    @Test
    void whatNamesNobodyBelongsToWhoHadTheConnection() {
        settle(sure(CHILD, WEB, 10));
        for (Origin origin : Origin.values()) {
            assertEquals(of(CHILD, WEB, 40, 1), settle(nobody(origin, WEB, 40)), origin::name);
        }
        settle(unsure(PARENT, flow(2), 10));
        assertEquals(of(PARENT, flow(2), 40, 1), settle(nobody(Origin.REMNANT, flow(2), 40)),
                "for want of a better one");
    }

    @Test
    void whatNobodyHadBelongsToItsCause() {
        assertEquals(of(Cause.KERNEL, WEB, 40), settle(nobody(Origin.KERNEL_SOCKET, WEB, 40)));
        assertEquals(of(Cause.NO_SOCKET, WEB, 40), settle(nobody(Origin.NO_SOCKET, WEB, 40)));
        assertEquals(of(Cause.EXITED, WEB, 40), settle(nobody(Origin.REMNANT, WEB, 40)));
        assertEquals(of(Cause.EXITED, WEB, 40), settle(nobody(Origin.SOCKET, WEB, 40)));
        assertEquals(0, ledger.size(), "and is not remembered");
    }

    @Test
    void bothEndsOfAConnectionWithinTheHostAreApart() {
        settle(sure(CHILD, WEB, 10), sure(PARENT, WEB.reversed(), 10));
        assertEquals(of(PARENT, WEB.reversed(), 3, 1), settle(nobody(Origin.REMNANT, WEB.reversed(), 3)));
    }

    @Test
    void theSameEndsInAnotherNamespaceAreAnotherFlow() {
        settle(sure(CHILD, WEB, 10));
        assertEquals(of(Cause.EXITED, WEB, 3),
                settle(row(OwnerId.NOBODY, CONTAINER, Origin.REMNANT, false, WEB, 3)));
        assertEquals(of(CHILD, WEB, 3, 1), settle(row(OwnerId.NOBODY, 0, Origin.REMNANT, false, WEB, 3)), "unknown");
    }

    @Test
    void whatMovedInOtherNamespacesIsSummedUp() {
        CountedRow[] rows = {sure(CHILD, WEB, 10), row(CHILD, CONTAINER, Origin.SOCKET, true, WEB, 20),
                row(CHILD, 0, Origin.SOCKET, true, null, 30)};
        RowLedger.Settled all = ledger.settle(List.of(rows), nanos);
        assertEquals(counts(10).plus(counts(30)), all.here());
        assertEquals(counts(20), all.elsewhere());
        assertEquals(ByteCounts.ofIp(2, 0, 0, 0), all.segmentation());
        assertEquals(3, all.parts().size());
        RowLedger.Settled one = new RowLedger(HERE, true).settle(List.of(rows), nanos);
        assertEquals(counts(10).plus(counts(30)), one.here());
        assertEquals(ByteCounts.ZERO, one.elsewhere());
        assertEquals(2, one.parts().size(), "others are left out");
        assertEquals(counts(60).bytes(Direction.RX),
                new RowLedger(0, true).settle(List.of(rows), nanos).here().bytes(Direction.RX),
                "where the own one is not known, every row is of it");
    }

    @Test
    void whatIsNotToldApartIsTheOwnersRest() {
        assertEquals(of(CHILD, null, 30, 2), settle(row(CHILD, HERE, Origin.SOCKET, true, null, 10),
                row(CHILD, HERE, Origin.SOCKET, false, null, 20)));
        assertEquals(Map.of(new Key(OwnerId.NOBODY, Cause.KERNEL, null), counts(10)),
                settle(row(OwnerId.NOBODY, HERE, Origin.KERNEL_SOCKET, false, null, 10)));
    }

    @Test
    void itForgetsAfterAMinuteOrTwo() {
        settle(sure(CHILD, WEB, 10));
        nanos += FlowHolders.FORGET_NANOS - 2 * SECOND;
        settle();
        assertEquals(of(CHILD, WEB, 3, 1), settle(nobody(Origin.REMNANT, WEB, 3)));
        nanos += FlowHolders.FORGET_NANOS;
        settle();
        nanos += FlowHolders.FORGET_NANOS;
        assertEquals(of(Cause.EXITED, WEB, 3), settle(nobody(Origin.REMNANT, WEB, 3)));
        assertEquals(0, ledger.size());
    }

    @Test
    void itRemembersNoMoreThanItHasRoomFor() {
        var rows = new ArrayList<CountedRow>();
        for (int i = 0; i < 3 * FlowHolders.LIMIT; i++) {
            rows.add(sure(CHILD, new Flow(Protocol.UDP, Endpoint.ofIpv4(i, 1), WEB.remote()), 1));
        }
        RowLedger.Settled settled = ledger.settle(rows, nanos);
        assertEquals(rows.size(), settled.parts().size());
        assertTrue(ledger.size() <= 2 * FlowHolders.LIMIT, () -> "remembered " + ledger.size());
    }

    /** Against a reference that keeps everything in plain lists. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void itAgreesWithAPlainReference(int seed) {
        var random = new Random(seed);
        var plain = new Plain();
        for (int interval = 0; interval < 300; interval++) {
            var rows = new ArrayList<CountedRow>();
            for (int i = random.nextInt(12); i > 0; i--) {
                Origin origin = ORIGINS.get(random.nextInt(ORIGINS.size()));
                long owner = random.nextInt(3) == 0 ? OwnerId.NOBODY : 1 + random.nextInt(3);
                rows.add(row(owner, 1 + random.nextInt(2), origin, random.nextBoolean(),
                        random.nextInt(8) == 0 ? null : flow(random.nextInt(4)), random.nextInt(1000)));
            }
            nanos += SECOND / 10;
            RowLedger.Settled settled = ledger.settle(rows, nanos);
            assertEquals(plain.settle(rows), sums(settled), () -> rows.toString());
            assertEquals(settled.parts().stream().map(RowLedger.Part::counts).reduce(ByteCounts.ZERO, ByteCounts::plus),
                    settled.here().plus(settled.elsewhere()));
        }
    }

    /** Forgets nothing: less than a minute passes. */
    private static final class Plain {
        private record Place(long namespace, Flow flow) {}

        private final Map<Place, Long> sureLately = new HashMap<>();
        private final Map<Place, Long> lately = new HashMap<>();

        Map<Key, ByteCounts> settle(List<CountedRow> rows) {
            var sums = new HashMap<Key, ByteCounts>();
            var sureNow = new HashMap<Place, List<Long>>();
            for (CountedRow row : rows) {
                if (row.flow() != null && isSure(row)) {
                    var place = new Place(row.namespace(), row.flow());
                    sureNow.computeIfAbsent(place, _ -> new ArrayList<>()).add(row.owner());
                    sureLately.put(place, row.owner());
                    lately.put(place, row.owner());
                    add(sums, row.owner(), null, row);
                }
            }
            for (CountedRow row : rows) {
                if (row.flow() != null && !isSure(row) && row.owner() != OwnerId.NOBODY) {
                    var place = new Place(row.namespace(), row.flow());
                    List<Long> now = sureNow.getOrDefault(place, List.of());
                    long owner = now.contains(row.owner())
                            ? row.owner()
                            : !now.isEmpty() ? now.getFirst() : sureLately.getOrDefault(place, row.owner());
                    if (!sureLately.containsKey(place)) {
                        lately.put(place, owner);
                    }
                    add(sums, owner, null, row);
                }
            }
            for (CountedRow row : rows) {
                if (row.flow() == null) {
                    add(sums, row.owner(), row.owner() == OwnerId.NOBODY ? cause(row.origin()) : null, row);
                } else if (row.owner() == OwnerId.NOBODY) {
                    var place = new Place(row.namespace(), row.flow());
                    List<Long> now = sureNow.getOrDefault(place, List.of());
                    Long owner = now.isEmpty() ? lately.get(place) : now.getFirst();
                    add(sums, owner == null ? OwnerId.NOBODY : owner, owner == null ? cause(row.origin()) : null, row);
                }
            }
            return sums;
        }

        private static boolean isSure(CountedRow row) {
            return row.owner() != OwnerId.NOBODY && (row.isSure() || row.origin() == Origin.LINK_LAYER);
        }

        private static Cause cause(Origin origin) {
            return origin == Origin.KERNEL_SOCKET
                    ? Cause.KERNEL
                    : origin == Origin.NO_SOCKET ? Cause.NO_SOCKET : Cause.EXITED;
        }

        private static void add(Map<Key, ByteCounts> sums, long owner, @Nullable Cause cause, CountedRow row) {
            sums.merge(new Key(owner, cause, row.flow()), row.counts(), ByteCounts::plus);
        }
    }
}
