package bwmon.aggregator.usage;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.traffic.ByteCounts;
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
    private static final PipeEndpoints LISTENING = new PipeEndpoints(Map.of(endpoint("127.0.0.1:2222"), PIPE),
            Set.of());
    private static final Flow TO_PIPE = tcp("127.0.0.1:50000", "127.0.0.1:2222");
    private static final Flow UPSTREAM = tcp("192.0.2.1:40000", "198.51.100.7:22");
    private static final Flow STRANGER = tcp("127.0.0.1:2222", "203.0.113.9:5000");

    private final Joiner joiner = new Joiner(OWN, Layer.IP, UsageFilter.ALL, ITSELF);

    /** IP bytes are payload and 40 a packet, one packet each way. */
    private static ByteCounts moved(long rx, long tx) {
        return ByteCounts.ofIp(rx + 40, tx + 40, 1, 1).withPayload(rx, tx);
    }

    private static Report monitor(Usage... usages) {
        return new Report("conntrack", SECOND, List.of(usages));
    }

    private static Report pipe(Usage... usages) {
        return new Report("pipe-2222:example.org:22", SECOND, List.of(usages));
    }

    private Joiner.Joined join(long second, Report monitor, Report pipe) {
        return joiner.join(second * 1_000_000_000L, List.of(monitor), List.of(pipe), LISTENING);
    }

    private void connected(Flow client) {
        joiner.connected(0, List.of(new PipeConnection(PIPE, client, UPSTREAM)));
    }

    private static Charge ofMonitor(Owner owner, ByteCounts counts) {
        return new Charge("conntrack", owner, ITSELF.group(owner, null), SECOND, counts);
    }

    private static Charge ofPipe(Owner owner, long rx, long tx) {
        return new Charge("pipe-2222:example.org:22", owner, ITSELF.group(owner, null), SECOND,
                payload(rx, tx).payloadPart());
    }

    @Test
    void withoutPipesFlowsOfOneOwnerAreSummedAndOwnTrafficIsAnybodys() {
        Joiner.Joined joined = joiner.join(0, List.of(monitor(
                new Usage(SSH, UPSTREAM, moved(1, 2)),
                new Usage(SSH, tcp("192.0.2.1:40001", "198.51.100.7:22"), moved(10, 20)),
                new Usage(SELF, tcp("192.0.2.1:40002", "198.51.100.7:80"), moved(100, 200)))), List.of(), null);

        assertEquals(List.of(ofMonitor(SSH, moved(1, 2).plus(moved(10, 20))), ofMonitor(SELF, moved(100, 200))),
                joined.charges());
        assertEquals(Snapshot.LeftOut.NOTHING, joined.leftOut());
    }

    /** As the kernel's programs tell: payload of a socket without a peer has no flow, its packets have each their own. */
    @Test
    void partsOfOneOwnerWithAndWithoutFlowAreSummedUp() {
        Flow query = new Flow(Protocol.UDP, endpoint("192.0.2.1:40000"), endpoint("198.51.100.7:53"));
        Joiner.Joined joined = join(1, monitor(
                new Usage(SSH, null, ByteCounts.ZERO.withPayload(50, 30)),
                new Usage(SSH, query, ByteCounts.ofIp(78, 58, 1, 1).withPayload(0, 0)),
                new Usage(SELF, null, ByteCounts.ofIp(5, 6, 1, 1).withPayload(1, 2))), pipe());

        assertEquals(List.of(ofMonitor(SSH, ByteCounts.ofIp(78, 58, 1, 1).withPayload(50, 30)),
                ofMonitor(SELF, ByteCounts.ofIp(5, 6, 1, 1).withPayload(1, 2))), joined.charges());
        assertEquals(Snapshot.LeftOut.NOTHING, joined.leftOut());
    }

    @Test
    void loopbackOfAnotherNamespaceIsNotThePipes() {
        Joiner.Joined joined = join(1, monitor(new Usage(SSH, TO_PIPE, moved(900, 90), true)), pipe());

        assertEquals(List.of(ofMonitor(SSH, moved(900, 90))), joined.charges());
        assertEquals(Snapshot.LeftOut.NOTHING, joined.leftOut());
    }

    @Test
    void aClientInAnotherNamespaceOwnsWhatItSendsThroughThePipe() {
        var wide = new PipeEndpoints(Map.of(endpoint("10.0.0.1:2222"), PIPE), Set.of());
        Flow toPipe = tcp("10.0.0.2:50000", "10.0.0.1:2222");
        connected(toPipe.reversed());
        List<Charge> charges = joiner.join(1, List.of(monitor(new Usage(SSH, toPipe, moved(900, 90), true),
                new Usage(SELF, toPipe.reversed(), moved(90, 900)), new Usage(SELF, UPSTREAM, moved(1000, 100)))),
                List.of(pipe(new Usage(PIPE, toPipe.reversed(), payload(1000, 100)))), wide).charges();

        assertEquals(List.of(ofMonitor(SSH, moved(1000, 100).ipPart()), ofPipe(SSH, 1000, 100)), charges);
    }

    @Test
    void withoutAMonitorNobodyKnowsTheIpBytes() {
        var pipesOnly = new Joiner(OWN, null, UsageFilter.ALL, ITSELF);
        Joiner.Joined joined = pipesOnly.join(0, List.of(), List.of(pipe(new Usage(PIPE, STRANGER, payload(5, 6)))),
                LISTENING);

        assertEquals(payload(5, 6), joined.charges().getFirst().counts());
    }

    @Test
    void thePipeMeasuresAndTheProcessOwns() {
        connected(TO_PIPE.reversed());
        Joiner.Joined joined = join(1,
                monitor(new Usage(SSH, TO_PIPE, moved(900, 90)),
                        new Usage(SELF, TO_PIPE.reversed(), moved(90, 900)),
                        new Usage(SELF, UPSTREAM, moved(1000, 100))),
                pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(1000, 100))));

        // The payload as the pipe counts it, the IP bytes of the side that leaves the host.
        assertEquals(List.of(ofMonitor(SSH, moved(1000, 100).ipPart()), ofPipe(SSH, 1000, 100)), joined.charges());
        assertEquals(moved(900, 90).plus(moved(90, 900)).plus(payload(1000, 100).payloadPart()),
                joined.leftOut().duplicate());
    }

    @Test
    void whoseTheClientIsMayBeToldAfterThePipesOwnConnection() {
        connected(TO_PIPE.reversed());
        List<Charge> charges = join(1,
                monitor(new Usage(SELF, UPSTREAM, moved(1000, 100)), new Usage(SSH, TO_PIPE, moved(900, 90))),
                pipe()).charges();

        assertEquals(List.of(ofMonitor(SSH, moved(1000, 100).ipPart())), charges);
    }

    @Test
    void aConnectionOfThePipeIsItsOwnAlsoWhenNobodyKnewItsProcessAnyMore() {
        Owner exited = new Owner.Unattributed(Owner.Cause.EXITED);
        connected(TO_PIPE.reversed());
        Joiner.Joined joined = join(1,
                monitor(new Usage(exited, UPSTREAM, moved(1000, 100)), new Usage(exited, TO_PIPE, moved(1000, 100))),
                pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(1000, 100))));

        assertEquals(List.of(ofMonitor(PIPE, moved(1000, 100).ipPart()), ofPipe(PIPE, 1000, 100)), joined.charges());
    }

    @Test
    void whatThisProcessMovesBesidesItsPipesIsItsOwn() {
        var nameServer = tcp("192.0.2.1:40009", "198.51.100.53:53");
        connected(TO_PIPE.reversed());
        assertEquals(List.of(ofMonitor(SELF, moved(120, 40))),
                join(1, monitor(new Usage(SELF, nameServer, moved(120, 40))), pipe()).charges());
    }

    @Test
    void aClientThatIsNoProcessOfThisHostIsThePipesWithWhatCameFromOutside() {
        connected(STRANGER);
        Joiner.Joined joined = join(1,
                monitor(new Usage(SELF, STRANGER, moved(5, 6)), new Usage(SELF, UPSTREAM, moved(7, 8))),
                pipe(new Usage(PIPE, STRANGER, payload(6, 5)), new Usage(PIPE, null, payload(1, 1))));

        // What the stranger transmitted, as it and so the pipe sees it, this host received: as the monitor sees it.
        assertEquals(List.of(ofMonitor(PIPE, moved(5, 6).ipPart()), ofPipe(PIPE, 6, 7)), joined.charges());
        assertEquals(moved(7, 8).plus(payload(5, 6).payloadPart()), joined.leftOut().duplicate());
    }

    @Test
    void aPipeToAUnixSocketHasItsClientsSideAlone() {
        joiner.connected(0, List.of(new PipeConnection(PIPE, TO_PIPE.reversed(), null)));
        Joiner.Joined joined = join(1,
                monitor(new Usage(SSH, TO_PIPE, moved(5, 6)), new Usage(SELF, TO_PIPE.reversed(), moved(6, 5))),
                pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(5, 6))));

        assertEquals(List.of(ofMonitor(SSH, moved(5, 6).ipPart()), ofPipe(SSH, 5, 6)), joined.charges());
    }

    @Test
    void aPipeAtAUnixSocketHasItsOwnSideAlone() {
        joiner.connected(0, List.of(new PipeConnection(PIPE, null, UPSTREAM)));
        Joiner.Joined joined = join(1, monitor(new Usage(SELF, UPSTREAM, moved(5, 6))),
                pipe(new Usage(PIPE, null, payload(5, 6))));

        assertEquals(List.of(ofMonitor(PIPE, moved(5, 6).ipPart()), ofPipe(PIPE, 5, 6)), joined.charges());
    }

    @Test
    void whatGoesThroughAPipeIsGroupedByWhereItGoes() {
        var seen = new ArrayList<Flow>();
        var grouping = new Joiner(OWN, Layer.IP, UsageFilter.ALL, (owner, flow) -> {
            seen.add(flow);
            return ITSELF.group(owner, flow);
        });
        grouping.connected(0, List.of(new PipeConnection(PIPE, TO_PIPE.reversed(), UPSTREAM),
                new PipeConnection(PIPE, STRANGER, tcp("127.0.0.1:40001", "127.0.0.1:22"))));
        grouping.join(1, List.of(monitor(new Usage(SSH, TO_PIPE, moved(1, 1)))),
                List.of(pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(1, 1)),
                        new Usage(PIPE, STRANGER, payload(1, 1)))),
                LISTENING);

        assertEquals(List.of(UPSTREAM, STRANGER), seen);
    }

    @Test
    void aClientIsRememberedAfterItsEndAndForgottenInTime() {
        join(1, monitor(new Usage(SSH, TO_PIPE, moved(1, 1))), pipe());
        Report rest = pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(7, 8)));

        assertEquals(List.of(ofPipe(SSH, 7, 8)), join(60, monitor(), rest).charges());
        // The pipe's report renewed it.
        assertEquals(List.of(ofPipe(SSH, 7, 8)), join(119, monitor(), rest).charges());
        assertEquals(List.of(ofPipe(PIPE, 7, 8)), join(179, monitor(), rest).charges());
        assertEquals(0, joiner.clients());
    }

    @Test
    void whatIsAskedAboutIsNotTakenForSeen() {
        Flow other = tcp("127.0.0.1:50001", "127.0.0.1:2222");
        join(1, monitor(new Usage(SSH, TO_PIPE, moved(1, 1))), pipe());
        join(2, monitor(new Usage(SSH, other, moved(1, 1))), pipe());
        // Asks whose the first one is, in a pass in which nobody saw it.
        join(3, monitor(new Usage(SELF, TO_PIPE.reversed(), moved(1, 1))), pipe());
        join(61, monitor(), pipe());

        assertEquals(1, joiner.clients());
    }

    @Test
    void aPortThatWasGivenToAnotherProcessIsTheOthers() {
        Owner.Process other = process(18, "scp");
        join(1, monitor(new Usage(SSH, TO_PIPE, moved(1, 1))), pipe());

        assertEquals(List.of(ofPipe(other, 3, 4)),
                join(2, monitor(new Usage(other, TO_PIPE, moved(1, 1))),
                        pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(3, 4)))).charges());
    }

    @Test
    void whatHasNoOwnerDoesNotTellWhoTheClientIsAndForgetsNobody() {
        var nobody = new Owner.Unattributed(Owner.Cause.EXITED);
        Report rest = pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(3, 4)));

        assertEquals(List.of(ofPipe(PIPE, 3, 4)),
                join(1, monitor(new Usage(nobody, TO_PIPE, moved(3, 4))), rest).charges());
        join(2, monitor(new Usage(SSH, TO_PIPE, moved(3, 4))), pipe());
        assertEquals(List.of(ofPipe(SSH, 3, 4)),
                join(3, monitor(new Usage(nobody, TO_PIPE, moved(3, 4))), rest).charges());
    }

    @Test
    void onePipeThroughAnotherCountsOnce() {
        var second = new Owner.Pipe("second", "pipe-3333:x:22");
        Flow toSecond = tcp("127.0.0.1:41000", "127.0.0.1:3333");
        var both = new PipeEndpoints(Map.of(endpoint("127.0.0.1:2222"), PIPE, endpoint("127.0.0.1:3333"), second),
                Set.of());
        joiner.connected(0, List.of(new PipeConnection(PIPE, TO_PIPE.reversed(), toSecond),
                new PipeConnection(second, toSecond.reversed(), UPSTREAM)));
        Joiner.Joined joined = joiner.join(0,
                List.of(monitor(new Usage(SSH, TO_PIPE, moved(70, 7)), new Usage(SELF, toSecond, moved(71, 8)),
                        new Usage(SELF, toSecond.reversed(), moved(8, 71)),
                        new Usage(SELF, UPSTREAM, moved(72, 9)))),
                List.of(pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(70, 7))),
                        new Report("second", SECOND,
                                List.of(new Usage(second, toSecond.reversed(), payload(70, 7))))),
                both);

        assertEquals(List.of(ofMonitor(SSH, moved(71, 8).ipPart()), ofPipe(SSH, 70, 7)), joined.charges());
    }

    @Test
    void onePipeThroughAnotherCountsOnceAlsoWhenNobodySawWhoseSocketsTheyWere() {
        Owner exited = new Owner.Unattributed(Owner.Cause.EXITED);
        var second = new Owner.Pipe("second", "pipe-3333:x:22");
        Flow toSecond = tcp("127.0.0.1:41000", "127.0.0.1:3333");
        var both = new PipeEndpoints(Map.of(endpoint("127.0.0.1:2222"), PIPE, endpoint("127.0.0.1:3333"), second),
                Set.of());
        joiner.connected(0, List.of(new PipeConnection(PIPE, TO_PIPE.reversed(), toSecond),
                new PipeConnection(second, toSecond.reversed(), UPSTREAM)));
        Joiner.Joined joined = joiner.join(0,
                List.of(monitor(new Usage(SSH, TO_PIPE, moved(70, 7)), new Usage(exited, toSecond, moved(71, 8)),
                        new Usage(exited, toSecond.reversed(), moved(8, 71)),
                        new Usage(exited, UPSTREAM, moved(72, 9)))),
                List.of(pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(70, 7))),
                        new Report("second", SECOND,
                                List.of(new Usage(second, toSecond.reversed(), payload(70, 7))))),
                both);

        assertEquals(List.of(ofMonitor(SSH, moved(71, 8).ipPart()), ofPipe(SSH, 70, 7)), joined.charges());
    }

    @Test
    void aMonitorThatKnowsNoIpBytesLeavesThoseOfPipesUnknown() {
        var payloadOnly = new Joiner(OWN, Layer.PAYLOAD, UsageFilter.ALL, ITSELF);
        payloadOnly.connected(0, List.of(new PipeConnection(PIPE, TO_PIPE.reversed(), UPSTREAM)));
        Joiner.Joined joined = payloadOnly.join(0, List.of(monitor(new Usage(SSH, TO_PIPE, payload(900, 90)))),
                List.of(pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(1000, 100)))), LISTENING);

        assertEquals(List.of(payload(1000, 100)), joined.charges().stream().map(Charge::counts).toList());
    }

    @Test
    void whatThisProcessMovesOverUdpNoPipeCounts() {
        var nameServer = new Flow(Protocol.UDP, endpoint("192.0.2.1:40000"), endpoint("192.0.2.53:53"));

        assertEquals(List.of(ofMonitor(SELF, moved(120, 40))),
                join(1, monitor(new Usage(SELF, nameServer, moved(120, 40))), pipe()).charges());
    }

    @Test
    void theSamePortOfAnotherHostIsNoPipe() {
        assertEquals(List.of(ofMonitor(SSH, moved(1, 2))),
                join(1, monitor(new Usage(SSH, tcp("192.0.2.1:50000", "198.51.100.1:2222"), moved(1, 2))), pipe())
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
        joiner.change(filter, ITSELF);
        Joiner.Joined joined = join(0,
                monitor(new Usage(SSH, UPSTREAM, moved(1, 2)), new Usage(SSH, TO_PIPE, moved(3, 4))),
                pipe(new Usage(PIPE, TO_PIPE.reversed(), payload(3, 4))));

        // A process that is not to be seen is not seen as a pipe's client either.
        assertEquals(List.of(ofPipe(PIPE, 3, 4)), joined.charges());
        assertEquals(moved(1, 2), joined.leftOut().excluded());
    }

    @Test
    void intervalsOfDifferentLengthAreKeptApart() {
        var late = new Report("conntrack", Duration.ofSeconds(5), List.of(new Usage(SSH, UPSTREAM, moved(5, 5))));

        assertEquals(Duration.ofSeconds(5),
                joiner.join(0, List.of(late), List.of(), null).charges().getFirst().interval());
    }

    @Test
    void noMoreThanSoManyClientsAreRememberedAndTheOldestGoesFirst() {
        var small = new Joiner(OWN, Layer.IP, UsageFilter.ALL, ITSELF, 2);
        for (int port = 50_001; port <= 50_003; port++) {
            small.join(0, List.of(monitor(new Usage(SSH, tcp("127.0.0.1:" + port, "127.0.0.1:2222"), moved(1, 1)))),
                    List.of(), LISTENING);
        }
        Joiner.Joined joined = small.join(0, List.of(),
                List.of(pipe(new Usage(PIPE, tcp("127.0.0.1:2222", "127.0.0.1:50001"), payload(1, 0)),
                        new Usage(PIPE, tcp("127.0.0.1:2222", "127.0.0.1:50003"), payload(2, 0)))),
                LISTENING);

        assertEquals(2, small.clients());
        assertEquals(List.of(ofPipe(PIPE, 1, 0), ofPipe(SSH, 2, 0)), joined.charges());
    }
}
