import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
import bwmon.aggregator.grouping.Grouper;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.aggregator.grouping.RowBound;
import bwmon.aggregator.usage.Amount;
import bwmon.aggregator.usage.Joiner;
import bwmon.aggregator.usage.Layer;
import bwmon.aggregator.usage.Snapshot;
import bwmon.cli.Rule;
import bwmon.traffic.ByteCounts;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Report;
import bwmon.traffic.TrafficSource;
import bwmon.traffic.Usage;

/** A pass of the aggregator, without the source itself: joining, grouping, bounding, averages. Processor time of the thread. */
public final class Pass {
    private static final int OWNERS = 10_000;
    private static final int RULES = 200;
    private static final int NOTIFICATIONS = 200;

    private Pass() {}

    private static final class Source implements TrafficSource {
        private final List<Usage> usages = new ArrayList<>();

        Source() {
            for (int i = 0; i < OWNERS; i++) {
                var process = new Owner.Process(new Owner.ProcessId(1000 + i, i), "worker", "/usr/lib/app" + i % 400
                        + "/bin/worker --config=/etc/app" + i % 400 + ".conf --instance=" + i, "user" + i % 10,
                        "/system.slice/app" + i % 400 + ".service", null, "/usr/lib/app" + i % 400 + "/bin/worker");
                var flow = new Flow(Protocol.TCP, Endpoint.ofIpv4(0xc0000201, 10_000 + i),
                        Endpoint.ofIpv4(0xc6336400 + i % 250, 443));
                usages.add(new Usage(process, flow, ByteCounts.ofIp(1500 + i, 700, 2, 1).withPayload(1400, 600)));
            }
        }

        @Override
        public String name() {
            return "conntrack";
        }

        @Override
        public Report collect() {
            return new Report("conntrack", Duration.ofSeconds(1), usages);
        }

        @Override
        public void close() {}
    }

    public static void main(String[] args) {
        int rounds = Integer.parseInt(args[0]);
        var applications = new ArrayList<ApplicationRules>();
        for (int i = 0; i < RULES; i++) {
            applications.add(new ApplicationRules("application " + i,
                    List.of(Match.of(Rule.command("^/usr/lib/app" + i + "/.*--config")))));
        }
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
        long[] now = {0};
        var filter = new MonitorFilter(
                List.of(new MonitorFilter.Selection("host", List.of(), List.of(Match.of(Rule.command("^ssh "))), true)));
        var aggregator = new Aggregator(List.of(new Source()), PipeSet.NONE, Set::of,
                new Joiner(1, Layer.IP, filter, new Grouper(applications, AutoGroup.NONE)), List.of(), () -> now[0],
                Clock.systemUTC());
        var alerts = new Alerts(notifications, Set.of(), Layer.IP, ZoneOffset.UTC, 0);
        var threads = ManagementFactory.getThreadMXBean();
        var millis = new double[rounds];
        double first = 0;
        long sum = 0;
        for (int round = -1; round < rounds; round++) {
            now[0] += 1_000_000_000L;
            long begin = threads.getCurrentThreadCpuTime();
            Snapshot snapshot = aggregator.pass(false);
            alerts.next(snapshot);
            sum += snapshot.with(RowBound.fold(snapshot.charges(), 1000)).charges().size();
            double took = (threads.getCurrentThreadCpuTime() - begin) / 1e6;
            if (round < 0) {
                first = took;
            } else {
                millis[round] = took;
            }
        }
        double[] warm = Arrays.copyOfRange(millis, rounds / 2, rounds);
        Arrays.sort(warm);
        if (sum < rounds) {
            throw new AssertionError("nothing was charged");
        }
        System.out.printf("| %d owners, %d rules, %d notifications | first pass %.0f ms | median %.2f ms | 90 %% %.2f ms | longest %.2f ms |%n",
                OWNERS, RULES, NOTIFICATIONS, first, warm[warm.length / 2], warm[warm.length * 9 / 10],
                warm[warm.length - 1]);
    }
}
