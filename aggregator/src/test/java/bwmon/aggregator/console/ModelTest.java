package bwmon.aggregator.console;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;
import bwmon.traffic.Balance;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.Samples.SECOND;
import static bwmon.aggregator.Samples.charge;
import static bwmon.aggregator.Samples.payload;
import static bwmon.aggregator.Samples.picture;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ModelTest {
    private static final Application WEB = new Application("web", Basis.RULE);
    private static final Application SSH = new Application("ssh", Basis.RULE);

    private static final List<Basis> BASES = List.of(Basis.values());

    private final Model model = new Model(Layer.PAYLOAD);

    private static Board next(Model model, long second, Charge... charges) {
        return model.next(picture(snapshot(second, charges)), false);
    }

    private static String totals(Board board) {
        var lines = new ArrayList<String>();
        for (Board.Group group : board.groups()) {
            lines.add(group.application().name() + " " + text(group.moved()));
            group.members().forEach(m -> lines.add("- " + m.owner().name() + " " + text(m.moved())));
        }
        return String.join("\n", lines);
    }

    private static String text(Board.Moved moved) {
        return moved.last().payload(Direction.RX).orElseThrow() + "/"
                + moved.total().payload(Direction.RX).orElseThrow();
    }

    @Test
    void anApplicationIsTheSumOfItsOwnersAndAnOwnerMayBeInSeveral() {
        Owner nginx = process(1, "nginx");
        next(model, 1, charge(nginx, WEB, 10, 0), charge(process(2, "php"), WEB, 5, 0));
        Board board = next(model, 2, charge(nginx, WEB, 1, 0), charge(nginx, SSH, 7, 0));

        assertEquals("web 1/16\n- nginx 1/11\n- php 0/5\nssh 7/7\n- nginx 7/7", totals(board));
    }

    @Test
    void aProcessThatChangesItsCommandLineIsStillTheSame() {
        next(model, 1, charge(process(1, "sh -c x"), WEB, 10, 0));
        Board board = next(model, 2, charge(process(1, "curl x"), WEB, 1, 0));

        assertEquals("web 1/11\n- curl 1/11", totals(board));
    }

    @Test
    void unattributedBytesAreInTheBalanceAlone() {
        Owner nobody = new Owner.Unattributed(Owner.Cause.EXITED);
        Board board = next(model, 1, charge(nobody, 10, 0), charge(nobody, WEB, 1, 0));

        assertEquals("web 1/1\n- exited 1/1", totals(board));
        assertEquals(payload(11, 0), board.account().unattributed());
    }

    @Test
    void ratesAreOverTheLongestIntervalOfASource() {
        Owner nginx = process(1, "nginx");
        Board board = next(model, 1, charge(nginx, WEB, 10, 0),
                new Charge("pipe", nginx, WEB, Duration.ofSeconds(9), payload(1, 1)));

        assertEquals(Duration.ofSeconds(9), board.interval());
        assertEquals(SECOND, next(model, 2).interval());
    }

    @Test
    void joinedIntervalsAreShownAsOne() {
        Snapshot first = snapshot(1, charge(process(1, "nginx"), WEB, 10, 0));
        Snapshot second = snapshot(2, charge(process(1, "nginx"), WEB, 5, 0));
        model.next(picture(first), false);
        Board board = model.next(picture(second), true);

        assertEquals("web 15/15\n- nginx 15/15", totals(board));
        assertEquals(Duration.ofSeconds(2), board.interval());
        assertEquals(payload(15, 0), board.account().balance().named());
        assertEquals(payload(15, 0), board.since().balance().named());
    }

    @Test
    void leftOutBytesAndInterfacesAddUp() {
        ByteCounts carried = ByteCounts.ofIp(100, 200, 1, 2);
        ByteCounts named = ByteCounts.ofIp(60, 150, 1, 1);
        var snapshot = new Snapshot(AT, 1, SECOND, List.of(), new Balance(Map.of("eth0", carried), named, Map.of(), 0),
                new Snapshot.LeftOut(ByteCounts.ofIp(10, 20, 0, 0), ByteCounts.ofIp(30, 30, 0, 0)), List.of(),
                List.of());
        Board board = model.next(picture(snapshot), false);

        assertEquals(0, board.account().difference(Direction.RX).orElseThrow());
        assertEquals(0, board.since().difference(Direction.TX).orElseThrow());
    }

    @Test
    void whereThereAreTooManyTheIdleThatMovedLeastAreFolded() {
        var small = new Model(Layer.PAYLOAD, 4, 100);
        next(small, 1, charge(process(1, "much"), 1000, 0), charge(process(2, "little"), 10, 0),
                charge(process(3, "web"), WEB, 1, 0), charge(process(4, "less"), 5, 0));
        Board board = next(small, 2, charge(process(5, "new"), 1, 0));

        // Of five, two are folded, so that three are left and the others; what a rule made goes last.
        assertEquals("much 0/1000\n- much 0/1000\nweb 0/1\n- web 0/1\nnew 1/1\n- new 1/1\nothers 0/15\n- others 0/15",
                totals(board));
    }

    @Test
    void noSumIsEverLostAndNothingGrowsWithoutBound() {
        var random = new Random(3);
        int maxApplications = 20;
        int maxOwners = 50;
        var small = new Model(Layer.PAYLOAD, maxApplications, maxOwners);
        long sum = 0;
        for (int second = 1; second <= 300; second++) {
            var charges = new HashMap<String, Charge>();
            for (int i = random.nextInt(40); i > 0; i--) {
                var owner = process(1 + random.nextInt(500), "p");
                var application = new Application("a" + random.nextInt(100),
                        BASES.get(random.nextInt(BASES.size())));
                charges.put(owner.id() + application.toString(), charge(owner, application, random.nextInt(1000), 1));
            }
            long interval = 0;
            for (Charge charge : charges.values()) {
                interval += charge.counts().payload(Direction.RX).orElseThrow();
            }
            sum += interval;
            Board board = next(small, second, charges.values().toArray(Charge[]::new));
            assertTrue(board.groups().size() <= maxApplications + 1, () -> board.groups().size() + " applications");
            int owners = board.groups().stream().mapToInt(group -> group.members().size()).sum();
            assertTrue(owners <= maxOwners + maxApplications, owners + " owners");
            long total = 0;
            long last = 0;
            for (Board.Group group : board.groups()) {
                total += group.moved().total().payload(Direction.RX).orElseThrow();
                last += group.moved().last().payload(Direction.RX).orElseThrow();
                ByteCounts members = group.members().stream().map(m -> m.moved().total()).reduce(ByteCounts.ZERO,
                        ByteCounts::plus);
                assertEquals(group.moved().total(), members);
            }
            assertEquals(sum, total);
            assertEquals(interval, last);
        }
    }
}
