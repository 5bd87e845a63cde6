package bwmon.aggregator;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.Grouper;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Joiner;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.PipeConnection;
import bwmon.aggregator.usage.Snapshot;
import bwmon.aggregator.usage.UsageFilter;
import bwmon.cli.ProgramException;
import bwmon.cli.Rule;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
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
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class AggregatorTest {
    private static final Application FETCH = new Application("fetch", Application.Basis.RULE);
    private static final long SECOND = 1_000_000_000L;
    private static final Owner CURL = process(1, "curl");
    private static final Owner.Pipe PIPE = new Owner.Pipe("p", "pipe-1:h:2");

    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final AtomicLong now = new AtomicLong(7 * SECOND);

    /** Counts a byte a second, keeps the contract of a source, and fails when told to. */
    private class Fake implements TrafficSource {
        private final String name;
        private final Usage usage;
        private long lastNanos = now.get();
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
            Duration interval = Duration.ofNanos(now.get() - lastNanos);
            lastNanos = now.get();
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

    private Aggregator aggregator(List<? extends TrafficSource> monitors, List<Fake> pipes) {
        var set = new PipeSet() {
            @Override
            public List<Fake> sources() {
                return pipes;
            }

            @Override
            public Map<Endpoint, Owner.Pipe> listeners() {
                return Map.of(endpoint("0.0.0.0:1"), PIPE);
            }

            @Override
            public List<PipeConnection> connections() {
                calls.add("connections");
                return List.of();
            }
        };
        return new Aggregator(monitors, set, () -> {
            calls.add("addresses");
            return Set.of();
        }, new Joiner(99, monitors.isEmpty() ? null : Layer.IP, UsageFilter.ALL,
                new Grouper(List.of(new ApplicationRules("fetch", List.of(Match.of(Rule.command("curl"))))),
                        AutoGroup.NONE)),
                List.of("sees little"), now::get, Clock.fixed(AT, ZoneOffset.UTC));
    }

    private static Snapshot pass(Aggregator aggregator, boolean last) {
        return aggregator.pass(last);
    }

    @Test
    void aPassIsOneIntervalOfAllSourcesPipesFirst() {
        Aggregator aggregator = aggregator(List.of(monitor), List.of(pipe));
        now.addAndGet(2 * SECOND);
        Snapshot snapshot = pass(aggregator, false);

        assertEquals(List.of("p", "m", "connections", "addresses"), calls);
        assertEquals(Duration.ofSeconds(2), snapshot.interval());
        assertEquals(now.get(), snapshot.nanos());
        assertEquals(AT, snapshot.at());
        assertEquals(List.of(new Charge("m", CURL, FETCH, Duration.ofSeconds(2), payload(2, 0)),
                new Charge("p", PIPE, new Application("p", Application.Basis.ITSELF), Duration.ofSeconds(2),
                        payload(2, 0).payloadPart())),
                snapshot.charges());
        assertEquals(2, snapshot.balance().lostEvents());
        assertEquals(List.of("sees little"), snapshot.notices());
    }

    @Test
    void twoMonitorsReadTheSameInterfaces() {
        Aggregator aggregator = aggregator(List.of(monitor, new Fake("n", monitor.usage)), List.of());
        now.addAndGet(SECOND);

        assertEquals(Map.of("eth0", ByteCounts.ofIp(10, 10, 1, 1)), pass(aggregator, false).balance().interfaces());
    }

    @Test
    void aSourceThatFailsIsNamedAskedLessOftenAndMakesUpForItWhenItIsBack() {
        Aggregator aggregator = aggregator(List.of(monitor), List.of(pipe));
        monitor.failing = true;
        var askedAt = new ArrayList<Integer>();
        for (int pass = 1; pass <= 40; pass++) {
            now.addAndGet(SECOND);
            calls.clear();
            Snapshot snapshot = pass(aggregator, false);
            if (calls.contains("m")) {
                askedAt.add(pass);
            }
            assertEquals(List.of(new Snapshot.SourceFailure("m", "no buffer space", pass)), snapshot.failures());
            assertEquals(1, snapshot.charges().size());
        }
        assertEquals(List.of(1, 2, 3, 5, 9, 17, 33), askedAt);

        monitor.failing = false;
        now.addAndGet(SECOND);
        Snapshot last = pass(aggregator, true);
        assertEquals(List.of(), last.failures());
        assertEquals(new Charge("m", CURL, FETCH, Duration.ofSeconds(41), payload(41, 0)), last.charges().getFirst());
    }

    @Test
    void aPipeThatIsGoneIsForgottenAndAnotherIsAsked() {
        var pipes = new ArrayList<>(List.of(pipe));
        Aggregator aggregator = aggregator(List.of(), pipes);
        now.addAndGet(SECOND);
        assertEquals("p", pass(aggregator, false).charges().getFirst().source());
        pipes.set(0, new Fake("q", pipe.usage));
        now.addAndGet(SECOND);
        assertEquals(List.of("q"), pass(aggregator, false).charges().stream().map(Charge::source).toList());
    }

    @Test
    void aSourceThatHangsIsNamedAtOnceAskedNoSecondTimeAndItsAnswerIsTakenWhenItComes() throws Exception {
        var let = new CountDownLatch(1);
        var hanging = new Fake("h", monitor.usage) {
            @Override
            public Report collect() throws IOException {
                try {
                    let.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return super.collect();
            }
        };
        var patience = new AtomicReference<>(Duration.ZERO);
        try (SourceThread<Fake> thread = SourceThread.open(() -> hanging, patience::get, () -> {}, now::get)) {
            Aggregator aggregator = aggregator(List.of(thread), List.of(pipe));
            for (int pass = 1; pass <= 5; pass++) {
                now.addAndGet(SECOND);
                Snapshot snapshot = pass(aggregator, false);
                assertEquals(List.of("p"), snapshot.charges().stream().map(Charge::source).toList());
                assertEquals("has not answered for " + Math.max(1, pass - 1) + " s",
                        snapshot.failures().getFirst().message());
            }
            let.countDown();
            await().until(() -> pass(aggregator, false).failures().isEmpty());
            // And at the end it is asked again for what moved since.
            now.addAndGet(SECOND);
            assertEquals(List.of(), pass(aggregator, true).failures());
            assertEquals(1, calls.stream().filter("h"::equals).count() - 1);
        }
        assertTrue(calls.contains("close h"));
    }

    @Test
    void aSourceThatNeverAnswersIsAbandonedAtTheEnd() throws Exception {
        var let = new CountDownLatch(1);
        var stuck = new Fake("h", monitor.usage) {
            @Override
            public Report collect() throws IOException {
                boolean done = false;
                while (!done) {
                    try {
                        let.await();
                        done = true;
                    } catch (InterruptedException e) {
                        calls.add("interrupted");
                    }
                }
                return super.collect();
            }
        };
        var abandoned = new AtomicBoolean();
        SourceThread<Fake> thread = SourceThread.open(() -> stuck, () -> Duration.ZERO, () -> abandoned.set(true),
                Duration.ofMillis(50), now::get);
        assertThrows(SourceThread.NotAnsweredException.class, thread::collect);
        thread.close();
        assertTrue(abandoned.get());
        let.countDown();
    }

    @Test
    void whatASourceFailsWithIsPassedOn() throws Exception {
        monitor.failing = true;
        try (SourceThread<Fake> thread = SourceThread.open(() -> monitor, () -> Duration.ofMinutes(1), () -> {},
                now::get)) {
            assertEquals("no buffer space", assertThrows(IOException.class, thread::collect).getMessage());
            monitor.failing = false;
            assertEquals("m", thread.collect().source());
        }
        var cause = new ProgramException(ProgramException.Kind.MISSING, "no kernel");
        assertSame(cause, assertThrows(ProgramException.class, () -> SourceThread.open(() -> {
            throw cause;
        }, () -> Duration.ZERO, () -> {}, now::get)));
    }
}
