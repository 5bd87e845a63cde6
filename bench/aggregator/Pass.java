import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import bwmon.aggregator.Aggregator;
import bwmon.aggregator.PipeSet;
import bwmon.aggregator.alert.Alerts;
import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.FlowRule;
import bwmon.aggregator.grouping.Grouper;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.aggregator.grouping.Network;
import bwmon.aggregator.grouping.PortRange;
import bwmon.aggregator.grouping.RowBound;
import bwmon.aggregator.grouping.TrafficClass;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Charge;
import bwmon.aggregator.usage.Joiner;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.PipeConnection;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Rule;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Report;
import bwmon.traffic.TrafficSource;
import bwmon.traffic.Usage;
import com.sun.management.OperatingSystemMXBean;

/**
 * A pass of the aggregator, without the sources themselves: joining, grouping, bounding, averages. Started by
 * bench/aggregator/run with the number of passes and the name of a {@link Load}; prints the first pass, then of the second
 * half of all others median, 90 % and longest in milliseconds of processor time of the thread, then the mean of the whole
 * JVM, collector and compilers included.
 */
public final class Pass {
    private static final int OWNERS = 10_000;
    private static final int RULES = 200;
    private static final int NOTIFICATIONS = 200;
    /** Each has rules over flows, where any has. */
    private static final int FLOW_RULE_EVERY = 10;
    private static final int CONNECTIONS = 1_000;
    private static final int PIPES = 10;
    private static final int OWN_PID = 1;
    private static final Owner.Process OWN = new Owner.Process(new Owner.ProcessId(OWN_PID, 0), "java",
            "java bwmon.aggregator.RunAggregator", "bwmon", "/system.slice/bwmon.service", null, "/usr/bin/java");

    private Pass() {}

    /** What there is to be counted. */
    private enum Load {
        /** What the target is of. */
        OWNERS(Pass.OWNERS, 1, false, false),
        /** The same, with rules over port, remote network and class in every tenth application. */
        FLOW_RULES(Pass.OWNERS, 1, true, false),
        /** The same as the first, and pipes with connections, of which half come from this host. */
        PIPES(Pass.OWNERS, 1, false, true),
        /** 2,000 flows of 100 owners. */
        FLOWS(100, 20, false, false),
        /** 2,000 flows of each of 100 owners. */
        MANY_FLOWS(100, 2_000, false, false),
        /** 2,000 flows of each of 100 owners, with rules over flows. */
        MANY_FLOWS_FLOW_RULES(100, 2_000, true, false);

        final int owners;
        final int flows;
        final boolean hasFlowRules;
        final boolean hasPipes;

        Load(int owners, int flows, boolean hasFlowRules, boolean hasPipes) {
            this.owners = owners;
            this.flows = flows;
            this.hasFlowRules = hasFlowRules;
            this.hasPipes = hasPipes;
        }
    }

    /** Reports the same in every interval. */
    private record Source(String name, List<Usage> usages) implements TrafficSource {
        @Override
        public Report collect() {
            return new Report(name, Duration.ofSeconds(1), usages);
        }

        @Override
        public void close() {}
    }

    private static final ByteCounts COUNTS = ByteCounts.ofIp(1500, 700, 2, 1).withPayload(1400, 600);

    private static Owner.Process process(int i) {
        return new Owner.Process(new Owner.ProcessId(1000 + i, i), "worker", "/usr/lib/app" + i % 400
                + "/bin/worker --config=/etc/app" + i % 400 + ".conf --instance=" + i, "user" + i % 10,
                "/system.slice/app" + i % 400 + ".service", null, "/usr/lib/app" + i % 400 + "/bin/worker");
    }

    private static List<Usage> monitored(Load load) {
        var usages = new ArrayList<Usage>();
        for (int i = 0; i < load.owners; i++) {
            Owner.Process process = process(i);
            for (int j = 0; j < load.flows; j++) {
                int n = i * load.flows + j;
                usages.add(new Usage(process, new Flow(Protocol.TCP, Endpoint.ofIpv4(0xc0000201, 10_000 + n % 50_000),
                        Endpoint.ofIpv4(0x08000000 + n, 443)), COUNTS));
            }
        }
        return usages;
    }

    private static Owner.Pipe pipe(int i) {
        int port = 2000 + i % PIPES;
        return new Owner.Pipe("pipe " + i % PIPES, "pipe-" + port + ":192.0.2.77:22");
    }

    /** Pipes with connections; what a monitor sees of them goes into its list. */
    private static final class Piped implements PipeSet {
        private final Map<Endpoint, Owner.Pipe> listeners = new HashMap<>();
        private final List<PipeConnection> connections = new ArrayList<>();
        private final List<Source> sources = new ArrayList<>();

        Piped(List<Usage> monitored) {
            var usages = new HashMap<String, List<Usage>>();
            for (int i = 0; i < CONNECTIONS; i++) {
                Owner.Pipe pipe = pipe(i);
                boolean isLocal = i / PIPES % 2 == 0;
                var listener = Endpoint.ofIpv4(0x7f000001, 2000 + i % PIPES);
                var client = new Flow(Protocol.TCP, listener,
                        Endpoint.ofIpv4(isLocal ? 0x7f000001 : 0x0a000000 + i, 30_000 + i));
                var upstream = new Flow(Protocol.TCP, Endpoint.ofIpv4(0xc0000201, 40_000 + i),
                        Endpoint.ofIpv4(0xc000024d, 22));
                listeners.put(listener, pipe);
                connections.add(new PipeConnection(pipe, client, upstream));
                usages.computeIfAbsent(pipe.command(), _ -> new ArrayList<>())
                        .add(new Usage(pipe, client, ByteCounts.ofPayload(1400, 600)));
                monitored.add(new Usage(OWN, client, COUNTS));
                monitored.add(new Usage(OWN, upstream, COUNTS));
                if (isLocal) {
                    monitored.add(new Usage(process(i), client.reversed(), COUNTS));
                }
            }
            usages.forEach((name, list) -> sources.add(new Source(name, list)));
        }

        @Override
        public List<Source> sources() {
            return sources;
        }

        @Override
        public Map<Endpoint, Owner.Pipe> listeners() {
            return listeners;
        }

        @Override
        public List<PipeConnection> connections() {
            return connections;
        }
    }

    private static List<ApplicationRules> applications(boolean hasFlowRules) {
        var applications = new ArrayList<ApplicationRules>();
        for (int i = 0; i < RULES; i++) {
            var rules = new ArrayList<Match>();
            if (hasFlowRules && i % FLOW_RULE_EVERY == 0) {
                // Of any owner, so that each flow is compared with all of them.
                rules.add(new Match(List.of(), List.of(new FlowRule.Port(List.of(PortRange.parse("6000-6100"),
                        PortRange.parse(Integer.toString(7000 + i)))))));
                rules.add(new Match(List.of(), List.of(
                        new FlowRule.Remote(List.of(new Network(Endpoint.ofIpv4(0x0b000000 + i << 8, 0), 24),
                                new Network(Endpoint.ofIpv6(0x2001_0db8_0000_0000L + i, 0, 0), 64))))));
                rules.add(new Match(List.of(), List.of(new FlowRule.OfClass(EnumSet.of(TrafficClass.LOOPBACK)))));
            }
            rules.add(Match.of(Rule.command("^/usr/lib/app" + i + "/.*--config")));
            applications.add(new ApplicationRules("application " + i, rules));
        }
        return applications;
    }

    private static List<Notification> notifications() {
        var notifications = new ArrayList<Notification>();
        for (int i = 0; i < NOTIFICATIONS; i++) {
            Subject subject = switch (i % 4) {
                case 0, 1 -> new Subject.OfApplication("application " + i);
                case 2 -> new Subject.EachApplication(Rule.pattern("application 1" + i % 10 + "[0-9]"));
                default -> new Subject.EachOwner(List.of(Rule.command("--instance=" + i + "$")));
            };
            notifications.add(new Notification("n" + i, subject, Amount.values()[i % 3],
                    new Condition.Rate(new Threshold(1_000_000), Duration.ofSeconds(60), false), Duration.ZERO, true,
                    Delivery.NONE));
        }
        return notifications;
    }

    public static void main(String[] args) {
        int passes = Integer.parseInt(args[0]);
        var load = Load.valueOf(args[1]);
        long[] now = {0};
        var filter = new MonitorFilter(
                List.of(new MonitorFilter.Selection("host", List.of(), List.of(Match.of(Rule.command("^ssh "))), true)));
        List<Usage> monitored = monitored(load);
        PipeSet pipes = load.hasPipes ? new Piped(monitored) : PipeSet.NONE;
        var aggregator = new Aggregator(List.of(new Source("conntrack", monitored)), pipes, Set::of,
                new Joiner(OWN_PID, Layer.IP, filter, new Grouper(applications(load.hasFlowRules), AutoGroup.NONE)),
                List.of(), () -> now[0], Clock.systemUTC());
        var alerts = new Alerts(notifications(), Set.of(), Layer.IP, ZoneOffset.UTC, 0);
        var threads = ManagementFactory.getThreadMXBean();
        var process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var millis = new double[passes];
        double first = 0;
        long sum = 0;
        long processBegin = 0;
        for (int pass = -1; pass < passes; pass++) {
            if (pass == passes / 2) {
                processBegin = process.getProcessCpuTime();
            }
            now[0] += 1_000_000_000L;
            long begin = threads.getCurrentThreadCpuTime();
            Snapshot snapshot = aggregator.pass(false);
            alerts.next(snapshot);
            sum += snapshot.with(RowBound.fold(snapshot.charges(), 1000)).charges().size();
            double took = (threads.getCurrentThreadCpuTime() - begin) / 1e6;
            if (pass < 0) {
                first = took;
                check(snapshot, load);
            } else {
                millis[pass] = took;
            }
        }
        double whole = (process.getProcessCpuTime() - processBegin) / 1e6 / (passes - passes / 2);
        double[] warm = Arrays.copyOfRange(millis, passes / 2, passes);
        Arrays.sort(warm);
        if (sum < passes) {
            throw new AssertionError("nothing was charged");
        }
        System.out.printf(Locale.ROOT, "%.1f %.2f %.2f %.2f %.2f%n", first, warm[warm.length / 2],
                warm[warm.length * 9 / 10], warm[warm.length - 1], whole);
    }

    /** That what is measured is what was meant: who is charged, and that a pipe's bytes are charged once. */
    private static void check(Snapshot snapshot, Load load) {
        long owners = snapshot.charges().stream().map(Charge::owner).distinct().count();
        long expected = load.owners + (load.hasPipes ? PIPES : 0);
        // Both directions: a pipe's client of another host transmits what this one receives.
        long payload = snapshot.charges().stream().mapToLong(charge -> charge.counts().payload(Direction.RX).orElse(0)
                + charge.counts().payload(Direction.TX).orElse(0)).sum();
        long flows = (long) load.owners * load.flows + (load.hasPipes ? CONNECTIONS : 0);
        if (owners != expected || payload != flows * 2000) {
            throw new AssertionError(owners + " owners, not " + expected + "; payload " + payload + " of " + flows
                    + " flows; failures " + snapshot.failures());
        }
    }
}
