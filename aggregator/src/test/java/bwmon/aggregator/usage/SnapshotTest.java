package bwmon.aggregator.usage;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.ITSELF;
import static bwmon.aggregator.Samples.charge;
import static bwmon.aggregator.Samples.payload;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;

class SnapshotTest {
    private static final Owner CURL = process(1, "curl");
    private static final Owner WGET = process(2, "wget");

    @Test
    void twoIntervalsAsOneHaveTheBytesAndTheTimeOfBoth() {
        var nobody = new Owner.Unattributed(Owner.Cause.EXITED);
        Snapshot both = snapshot(1, charge(CURL, 1, 2), charge(nobody, 5, 5))
                .then(snapshot(2, charge(CURL, 10, 20), charge(WGET, 3, 4), charge(nobody, 6, 6)));

        assertEquals(Duration.ofSeconds(2), both.interval());
        assertEquals(2_000_000_000L, both.nanos());
        assertEquals(
                List.of(new Charge("sock_diag", CURL, ITSELF.group(CURL, null), Duration.ofSeconds(2), payload(11, 22)),
                        new Charge("sock_diag", nobody, ITSELF.group(nobody, null), Duration.ofSeconds(2),
                                payload(11, 11)),
                        charge(WGET, 3, 4)),
                both.charges());
        assertEquals(Map.of(Owner.Cause.EXITED, payload(11, 11)), both.balance().unattributed());
        assertEquals(14, both.balance().named().payload(Direction.RX).orElseThrow());
    }

    @Test
    void joinedForHoursItStillHasEveryByteAndABound() {
        Snapshot joined = snapshot(1, charge(CURL, 1, 2));
        int owners = Snapshot.MAX_JOINED_OWNERS + 500;
        for (int pid = 1; pid < owners; pid++) {
            joined = joined.then(snapshot(1 + pid, charge(process(100_000 + pid, "short " + pid), 1, 2)));
        }
        assertEquals(Snapshot.MAX_JOINED_OWNERS + 1, joined.charges().size());
        ByteCounts sum = joined.charges().stream().map(Charge::counts).reduce(payload(0, 0), ByteCounts::plus);
        assertEquals(payload(owners, 2L * owners), sum);
        assertEquals(Application.OTHERS, joined.charges().getLast().application());
    }

    @Test
    void ownersOfOneApplicationAreSummed() {
        var web = new Application("web", Application.Basis.RULE);
        Snapshot snapshot = snapshot(1, charge(CURL, web, 1, 2), charge(WGET, web, 3, 4));

        assertEquals(Map.of(web, payload(4, 6)), snapshot.byApplication(_ -> true));
    }
}
