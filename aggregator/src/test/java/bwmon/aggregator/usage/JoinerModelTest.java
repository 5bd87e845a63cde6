package bwmon.aggregator.usage;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static bwmon.aggregator.Samples.ITSELF;
import static bwmon.aggregator.Samples.SECOND;
import static bwmon.aggregator.Samples.endpoint;
import static bwmon.aggregator.Samples.payload;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * A host at random: processes that talk to the world and to pipes, hosts that talk to the pipes, sockets of the pipes
 * themselves. What each process and each stranger moved is known, and has to come out, each byte once.
 */
class JoinerModelTest {
    private static final int PASSES = 300;
    private static final int OWN = 1;
    private static final Owner.Process SELF = process(OWN, "runaggregator");
    private static final List<Owner.Pipe> PIPES = List.of(new Owner.Pipe("a", "pipe-2001:a:1"),
            new Owner.Pipe("b", "pipe-2002:b:1"));

    private final Map<Owner, ByteCounts> truth = new HashMap<>();
    private final Map<Owner, ByteCounts> charged = new HashMap<>();
    private ByteCounts reported = ByteCounts.ZERO;
    private ByteCounts duplicate = ByteCounts.ZERO;

    private final List<Late> late = new ArrayList<>();

    private record Late(int pass, int pipe, Usage usage) {}

    private static final class Interval {
        final List<Usage> monitor = new ArrayList<>();
        final Set<PipeConnection> connections = new HashSet<>();
        final List<List<Usage>> pipes = List.of(new ArrayList<>(), new ArrayList<>());
    }

    private void moved(Owner owner, ByteCounts counts) {
        truth.merge(owner, counts, ByteCounts::plus);
    }

    private void report(List<Usage> usages, Owner owner, @Nullable Flow flow, ByteCounts counts) {
        usages.add(new Usage(owner, flow, counts));
        // A pipe knows no IP bytes; that does not make those of the others unknown.
        reported = reported.plus(counts.bytes(Direction.RX).isPresent() ? counts : counts.payloadPart());
    }

    private static ByteCounts onTheWire(Random random, ByteCounts payload) {
        return ByteCounts
                .ofIp(random.nextInt(200_000), random.nextInt(200_000), random.nextInt(200), random.nextInt(200))
                .withPayload(payload.payload(Direction.RX).orElseThrow(), payload.payload(Direction.TX).orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyByteStandsOnce(long seed) {
        var random = new Random(seed);
        var joiner = new Joiner(OWN, Layer.IP, UsageFilter.ALL, ITSELF);
        Map<Endpoint, Owner.Pipe> listeners = Map.of(endpoint("127.0.0.1:2001"), PIPES.get(0),
                endpoint("0.0.0.0:2002"), PIPES.get(1));
        var endpoints = new PipeEndpoints(listeners, Set.of(endpoint("192.0.2.1:0").address()));
        for (int pass = 0; pass < PASSES; pass++) {
            var interval = new Interval();
            int events = random.nextInt(30);
            for (int i = 0; i < events; i++) {
                event(random, pass, interval);
            }
            int now = pass;
            late.stream().filter(l -> l.pass <= now || now == PASSES - 1).forEach(
                    l -> report(interval.pipes.get(l.pipe), l.usage.owner(), l.usage.flow(), l.usage.counts()));
            late.removeIf(l -> l.pass <= now);
            joiner.connected(pass * 1_000_000_000L, interval.connections);
            Joiner.Joined joined = joiner.join(pass * 1_000_000_000L,
                    List.of(new Report("sock_diag", SECOND, interval.monitor)),
                    List.of(new Report("a", SECOND, interval.pipes.get(0)),
                            new Report("b", SECOND, interval.pipes.get(1))),
                    endpoints);
            joined.charges().forEach(c -> charged.merge(c.owner(), c.counts(), ByteCounts::plus));
            duplicate = duplicate.plus(joined.leftOut().duplicate());
        }

        assertEquals(truth, charged);
        // And nothing went missing between what came in and what is shown or named as a duplicate.
        assertEquals(reported, charged.values().stream().reduce(duplicate, ByteCounts::plus));
    }

    private void event(Random random, int pass, Interval interval) {
        int pid = 10 + random.nextInt(40);
        Owner.Process process = process(pid, "program " + pid);
        ByteCounts counts = payload(random.nextInt(100_000), random.nextInt(100_000));
        int which = random.nextInt(2);
        String listen = which == 0 ? "127.0.0.1:2001" : random.nextBoolean() ? "127.0.0.1:2002" : "192.0.2.1:2002";
        // A process keeps its port, so that the pipe's bytes may come passes after the process's own.
        Flow toPipe = tcp("127.0.0.1:" + (30_000 + pid), listen);
        Flow upstream = tcp("192.0.2.1:" + (40_000 + pid), "198.51.100.9:22");
        switch (random.nextInt(5)) {
            case 0 -> {
                ByteCounts all = onTheWire(random, counts);
                report(interval.monitor, process, tcp("192.0.2.1:" + (20_000 + pid), "198.51.100.9:2002"), all);
                moved(process, all);
            }
            case 1, 2 -> {
                report(interval.monitor, process, toPipe, onTheWire(random, counts));
                report(interval.monitor, SELF, toPipe.reversed(), onTheWire(random, payload(3, 4)));
                // A slow upstream takes them only when the client may have ended.
                late.add(new Late(random.nextBoolean() ? pass : pass + random.nextInt(20), which,
                        new Usage(PIPES.get(which), toPipe.reversed(), counts)));
                // Told by its process, or by nobody's where it ended before anyone looked.
                Owner seen = random.nextBoolean() ? SELF : new Owner.Unattributed(Owner.Cause.EXITED);
                ByteCounts outside = onTheWire(random, counts);
                report(interval.monitor, seen, upstream, outside);
                interval.connections.add(new PipeConnection(PIPES.get(which), toPipe.reversed(), upstream));
                moved(process, counts.payloadPart());
                moved(process, outside.ipPart());
            }
            case 3 -> {
                Flow stranger = tcp(listen, "203.0.113." + random.nextInt(250) + ":" + (1024 + pass));
                // The pipe sees what the stranger sees, the other way round than this host.
                interval.pipes.get(which).add(new Usage(PIPES.get(which), stranger,
                        payload(counts.payload(Direction.TX).orElseThrow(),
                                counts.payload(Direction.RX).orElseThrow())));
                reported = reported.plus(counts.payloadPart());
                ByteCounts outside = onTheWire(random, counts);
                report(interval.monitor, SELF, stranger, outside);
                report(interval.monitor, SELF, tcp("127.0.0.1:" + (50_000 + pass), "127.0.0.1:22"),
                        onTheWire(random, counts));
                interval.connections.add(new PipeConnection(PIPES.get(which), stranger,
                        tcp("127.0.0.1:" + (50_000 + pass), "127.0.0.1:22")));
                moved(PIPES.get(which), counts.payloadPart());
                moved(PIPES.get(which), outside.ipPart());
            }
            default -> {
                var nobody = new Owner.Unattributed(Owner.Cause.NO_PERMISSION);
                ByteCounts all = onTheWire(random, counts);
                report(interval.monitor, nobody, tcp("192.0.2.1:9", "198.51.100.9:" + (1 + pid)), all);
                moved(nobody, all);
            }
        }
    }
}
