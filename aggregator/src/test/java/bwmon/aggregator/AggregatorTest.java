package bwmon.aggregator;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.Grouper;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Joiner;
import bwmon.aggregator.usage.Snapshot;
import bwmon.aggregator.usage.UsageFilter;
import bwmon.cli.Rule;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Owner;
import bwmon.traffic.Report;
import bwmon.traffic.TrafficSource;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.AT;
import static bwmon.aggregator.Samples.endpoint;
import static bwmon.aggregator.Samples.payload;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;

class AggregatorTest {
    private static final Application FETCH = new Application("fetch", Application.Basis.RULE);
    private static final long SECOND = 1_000_000_000L;
    private static final Owner CURL = process(1, "curl");
    private static final Owner.Pipe PIPE = new Owner.Pipe("p", "pipe-1:h:2");

    private final List<String> calls = new ArrayList<>();
    private long now = 7 * SECOND;

    /** Counts a byte a second, keeps the contract of a source, and fails when told to. */
    private final class Fake implements TrafficSource {
        private final String name;
        private final Usage usage;
        private long lastNanos = now;
        private boolean failing;

        Fake(String name, Usage usage) {
            this.name = name;
            this.usage = usage;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Report collect() throws IOException {
            calls.add(name);
            if (failing) {
                throw new IOException("no buffer space");
            }
            Duration interval = Duration.ofNanos(now - lastNanos);
            lastNanos = now;
            return new Report(name, interval,
                    List.of(new Usage(usage.owner(), usage.flow(), payload(interval.toSeconds(), 0))),
                    Map.of("eth0", ByteCounts.ofIp(10, 10, 1, 1)), 1);
        }

        @Override
        public void close() {
            calls.add("close " + name);
        }
    }

    private final Fake monitor = new Fake("m", new Usage(CURL, null, payload(0, 0)));
    private final Fake pipe = new Fake("p", new Usage(PIPE, tcp("127.0.0.1:1", "127.0.0.1:5"), payload(0, 0)));

    private Aggregator aggregator(List<Fake> monitors, List<Fake> pipes) {
        return new Aggregator(monitors, pipes, Set.of(endpoint("0.0.0.0:1")), Set::of, () -> {
            calls.add("addresses");
            return Set.of();
        }, new Joiner(99, UsageFilter.ALL,
                new Grouper(List.of(new ApplicationRules("fetch", List.of(Match.of(Rule.command("curl"))))),
                        AutoGroup.NONE)),
                List.of("sees little"), () -> now, Clock.fixed(AT, ZoneOffset.UTC));
    }

    @Test
    void aPassIsOneIntervalOfAllSourcesPipesFirst() {
        Aggregator aggregator = aggregator(List.of(monitor), List.of(pipe));
        now += 2 * SECOND;
        Snapshot snapshot = aggregator.pass(false);

        assertEquals(List.of("p", "m", "addresses"), calls);
        assertEquals(Duration.ofSeconds(2), snapshot.interval());
        assertEquals(now, snapshot.nanos());
        assertEquals(AT, snapshot.at());
        assertEquals(List.of(new Charge("m", CURL, FETCH, Duration.ofSeconds(2), payload(2, 0)),
                new Charge("p", PIPE, new Application("p", Application.Basis.ITSELF), Duration.ofSeconds(2),
                        payload(2, 0))),
                snapshot.charges());
        assertEquals(2, snapshot.balance().lostEvents());
        assertEquals(List.of("sees little"), snapshot.notices());
    }

    @Test
    void twoMonitorsReadTheSameInterfaces() {
        Aggregator aggregator = aggregator(List.of(monitor, new Fake("n", monitor.usage)), List.of());
        now += SECOND;

        assertEquals(Map.of("eth0", ByteCounts.ofIp(10, 10, 1, 1)), aggregator.pass(false).balance().interfaces());
    }

    @Test
    void aSourceThatFailsIsNamedAskedLessOftenAndMakesUpForItWhenItIsBack() {
        Aggregator aggregator = aggregator(List.of(monitor), List.of(pipe));
        monitor.failing = true;
        var askedAt = new ArrayList<Integer>();
        for (int pass = 1; pass <= 40; pass++) {
            now += SECOND;
            calls.clear();
            Snapshot snapshot = aggregator.pass(false);
            if (calls.contains("m")) {
                askedAt.add(pass);
            }
            assertEquals(List.of(new Snapshot.SourceFailure("m", "no buffer space", pass)), snapshot.failures());
            assertEquals(1, snapshot.charges().size());
        }
        assertEquals(List.of(1, 2, 3, 5, 9, 17, 33), askedAt);

        monitor.failing = false;
        now += SECOND;
        Snapshot last = aggregator.pass(true);
        assertEquals(List.of(), last.failures());
        assertEquals(new Charge("m", CURL, FETCH, Duration.ofSeconds(41), payload(41, 0)), last.charges().getFirst());
    }
}
