package bwmon.aggregator.usage;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Report;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.ITSELF;
import static bwmon.aggregator.Samples.SECOND;
import static bwmon.aggregator.Samples.endpoint;
import static bwmon.aggregator.Samples.payload;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** The rules of the joiner, one by one. */
class JoinerTest {
    private static final int OWN = 4242;
    private static final Owner.Process SELF = process(OWN, "java -cp lib bwmon.aggregator.RunAggregator");
    private static final Owner.Process SSH = process(17, "ssh -p 2222 localhost");
    private static final Owner.Pipe PIPE = new Owner.Pipe("ssh", "pipe-2222:example.org:22");
    private static final Predicate<Endpoint> LISTENING = new PipeEndpoints(Set.of(endpoint("127.0.0.1:2222")),
            Set.of());
    private static final Flow TO_PIPE = tcp("127.0.0.1:50000", "127.0.0.1:2222");
    private static final Flow UPSTREAM = tcp("192.0.2.1:40000", "198.51.100.7:22");

    private final Joiner joiner = new Joiner(OWN, UsageFilter.ALL, ITSELF);

    private static Report monitor(Usage... usages) {
        return new Report("sock_diag", SECOND, List.of(usages));
    }

    private static Report pipe(Usage... usages) {
        return new Report("pipe-2222:example.org:22", SECOND, List.of(usages));
    }

    private Joiner.Joined join(long second, Report monitor, Report pipe) {
        return joiner.join(second * 1_000_000_000L, List.of(monitor), List.of(pipe), LISTENING);
    }

    private static Charge ofMonitor(Owner owner, ByteCounts counts) {
        return new Charge("sock_diag", owner, ITSELF.group(owner, null), SECOND, counts);
    }

    private static Charge ofPipe(Owner owner, ByteCounts counts) {
        return new Charge("pipe-2222:example.org:22", owner, ITSELF.group(owner, null), SECOND, counts);
    }

    @Test
    void withoutPipesFlowsOfOneOwnerAreSummedAndOwnTrafficIsAnybodys() {
        Joiner.Joined joined = joiner.join(0, List.of(monitor(
                new Usage(SSH, UPSTREAM, payload(1, 2)),
                new Usage(SSH, tcp("192.0.2.1:40001", "198.51.100.7:22"), payload(10, 20)),
                new Usage(SELF, tcp("192.0.2.1:40002", "198.51.100.7:80"), payload(100, 200)))), List.of(), null);

        assertEquals(List.of(ofMonitor(SSH, payload(11, 22)), ofMonitor(SELF, payload(100, 200))), joined.charges());
        assertEquals(Snapshot.LeftOut.NOTHING, joined.leftOut());
    }

    @Test
    void aConnectionOfThePipeIsItsOwnAlsoWhenNobodyKnewItsProcessAnyMore() {
        Owner exited = new Owner.Unattributed(Owner.Cause.EXITED);
        joiner.pipesOwn(0, Set.of(UPSTREAM));
        Joiner.Joined joined = join(1, monitor(new Usage(exited, UPSTREAM, payload(1000, 100))),
                pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(1000, 100))));

        assertEquals(List.of(ofPipe(PIPE, payload(1000, 100))), joined.charges());
    }

    @Test
    void whatThisProcessMovesBesidesItsPipesIsItsOwn() {
        var nameServer = tcp("192.0.2.1:40009", "198.51.100.53:53");
        joiner.pipesOwn(0, Set.of(UPSTREAM));
        assertEquals(List.of(ofMonitor(SELF, payload(120, 40))),
                join(1, monitor(new Usage(SELF, nameServer, payload(120, 40))), pipe()).charges());
    }

    @Test
    void thePipeMeasuresAndTheProcessOwns() {
        joiner.pipesOwn(0, Set.of(UPSTREAM));
        Joiner.Joined joined = join(1,
                monitor(new Usage(SSH, TO_PIPE, payload(900, 90)),
                        new Usage(SELF, TO_PIPE.reversed(), payload(90, 900)),
                        new Usage(SELF, UPSTREAM, payload(1000, 100))),
                pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(1000, 100))));

        assertEquals(List.of(ofPipe(SSH, payload(1000, 100))), joined.charges());
        assertEquals(payload(900 + 90 + 1000, 90 + 900 + 100).payload(Direction.RX),
                joined.leftOut().duplicate().payload(Direction.RX));
    }

    @Test
    void aClientThatIsNoProcessOfThisHostIsThePipes() {
        Joiner.Joined joined = join(1, monitor(),
                pipe(new Usage(PIPE, tcp("127.0.0.1:2222", "203.0.113.9:5000"), payload(5, 6)),
                        new Usage(PIPE, null, payload(1, 1))));

        assertEquals(List.of(ofPipe(PIPE, payload(6, 7))), joined.charges());
    }

    @Test
    void aClientIsRememberedAfterItsEndAndForgottenInTime() {
        join(1, monitor(new Usage(SSH, TO_PIPE, payload(1, 1))), pipe());
        Report rest = pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(7, 8)));

        assertEquals(List.of(ofPipe(SSH, payload(7, 8))), join(60, monitor(), rest).charges());
        // The pipe's report renewed it.
        assertEquals(List.of(ofPipe(SSH, payload(7, 8))), join(119, monitor(), rest).charges());
        assertEquals(List.of(ofPipe(PIPE, payload(7, 8))), join(179, monitor(), rest).charges());
        assertEquals(0, joiner.clients());
    }

    @Test
    void aPortThatWasGivenToAnotherProcessIsTheOthers() {
        Owner.Process other = process(18, "scp");
        join(1, monitor(new Usage(SSH, TO_PIPE, payload(1, 1))), pipe());

        assertEquals(List.of(ofPipe(other, payload(3, 4))),
                join(2, monitor(new Usage(other, TO_PIPE, payload(1, 1))),
                        pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(3, 4)))).charges());
    }

    @Test
    void whatHasNoOwnerDoesNotTellWhoTheClientIs() {
        var nobody = new Owner.Unattributed(Owner.Cause.EXITED);

        assertEquals(List.of(ofPipe(PIPE, payload(3, 4))),
                join(1, monitor(new Usage(nobody, TO_PIPE, payload(3, 4))),
                        pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(3, 4)))).charges());
    }

    @Test
    void onePipeThroughAnotherCountsOnce() {
        Flow toSecond = tcp("127.0.0.1:41000", "127.0.0.1:3333");
        Predicate<Endpoint> both = new PipeEndpoints(
                Set.of(endpoint("127.0.0.1:2222"), endpoint("127.0.0.1:3333")), Set.of());
        Joiner.Joined joined = joiner.join(0,
                List.of(monitor(new Usage(SSH, TO_PIPE, payload(70, 7)), new Usage(SELF, toSecond, payload(70, 7)))),
                List.of(pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(70, 7))),
                        new Report("second", SECOND, List.of(new Usage(new Owner.Pipe("second", "pipe-3333:x:22"),
                                toSecond.reversed(), payload(70, 7))))),
                both);

        assertEquals(List.of(ofPipe(SSH, payload(70, 7))), joined.charges());
    }

    @Test
    void whatThisProcessMovesOverUdpNoPipeCounts() {
        var nameServer = new Flow(Protocol.UDP, endpoint("192.0.2.1:40000"), endpoint("192.0.2.53:53"));

        assertEquals(List.of(ofMonitor(SELF, payload(120, 40))),
                join(1, monitor(new Usage(SELF, nameServer, payload(120, 40))), pipe()).charges());
    }

    @Test
    void theSamePortOfAnotherHostIsNoPipe() {
        assertEquals(List.of(ofMonitor(SSH, payload(1, 2))),
                join(1, monitor(new Usage(SSH, tcp("192.0.2.1:50000", "198.51.100.1:2222"), payload(1, 2))), pipe())
                        .charges());
    }

    @Test
    void whatTheUserDoesNotWantIsLeftOutAndCounted() {
        var filter = new UsageFilter() {
            @Override
            public boolean counts(Usage usage) {
                return names(usage.owner());
            }

            @Override
            public boolean names(Owner owner) {
                return !owner.command().startsWith("ssh");
            }
        };
        var filtering = new Joiner(OWN, filter, ITSELF);
        Joiner.Joined joined = filtering.join(0,
                List.of(monitor(new Usage(SSH, UPSTREAM, payload(1, 2)), new Usage(SSH, TO_PIPE, payload(3, 4)))),
                List.of(pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(3, 4)))), LISTENING);

        // A process that is not to be seen is not seen as a pipe's client either.
        assertEquals(List.of(ofPipe(PIPE, payload(3, 4))), joined.charges());
        assertEquals(ByteCounts.ZERO.plus(payload(1, 2)), joined.leftOut().excluded());
    }

    @Test
    void intervalsOfDifferentLengthAreKeptApart() {
        var late = new Report("sock_diag", Duration.ofSeconds(5), List.of(new Usage(SSH, UPSTREAM, payload(5, 5))));

        assertEquals(Duration.ofSeconds(5),
                joiner.join(0, List.of(late), List.of(), null).charges().getFirst().interval());
    }

    @Test
    void noMoreThanSoManyClientsAreRememberedAndTheOldestGoesFirst() {
        var small = new Joiner(OWN, UsageFilter.ALL, ITSELF, 2);
        for (int port = 50_001; port <= 50_003; port++) {
            small.join(0, List.of(monitor(new Usage(SSH, tcp("127.0.0.1:" + port, "127.0.0.1:2222"), payload(1, 1)))),
                    List.of(), LISTENING);
        }
        Joiner.Joined joined = small.join(0, List.of(),
                List.of(pipe(new Usage(PIPE, tcp("127.0.0.1:2222", "127.0.0.1:50001"), payload(1, 0)),
                        new Usage(PIPE, tcp("127.0.0.1:2222", "127.0.0.1:50003"), payload(2, 0)))),
                LISTENING);

        assertEquals(2, small.clients());
        assertEquals(List.of(ofPipe(PIPE, payload(1, 0)), ofPipe(SSH, payload(2, 0))), joined.charges());
    }
}
