package bwmon.aggregator.grouping;

import java.util.List;

import bwmon.cli.Rule;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Usage;
import org.junit.jupiter.api.Test;

import static bwmon.aggregator.Samples.payload;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.tcp;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class MonitorFilterTest {
    private static final Flow LOCAL = tcp("127.0.0.1:5000", "127.0.0.1:80");
    private static final Flow REMOTE = tcp("192.0.2.1:5000", "198.51.100.1:80");

    private static MonitorFilter filter(List<Match> include, List<Match> exclude, boolean ignoreLocal) {
        return new MonitorFilter(List.of(new MonitorFilter.Selection("host", include, exclude, ignoreLocal)));
    }

    private static boolean shows(MonitorFilter filter, String command, Flow flow) {
        return filter.counts(new Usage(process(1, command), flow, payload(1, 1)));
    }

    @Test
    void withoutRulesEverythingIsShown() {
        assertTrue(shows(filter(List.of(), List.of(), false), "curl", LOCAL));
    }

    @Test
    void excludeWinsOverInclude() {
        MonitorFilter filter = filter(List.of(Match.of(Rule.command("ssh")), Match.of(Rule.command("curl"))),
                List.of(Match.of(Rule.command("^ssh .*backup"))), false);

        assertTrue(shows(filter, "ssh host", REMOTE));
        assertTrue(shows(filter, "curl", REMOTE));
        assertFalse(shows(filter, "ssh backup", REMOTE));
        assertFalse(shows(filter, "wget", REMOTE));
        assertFalse(filter.names(process(1, "wget")));
        assertTrue(filter.names(process(1, "curl")));
    }

    @Test
    void onlyFlowsWithBothEndsOnLoopbackAreLocal() {
        MonitorFilter filter = filter(List.of(), List.of(), true);

        assertFalse(shows(filter, "curl", LOCAL));
        assertTrue(shows(filter, "curl", REMOTE));
        assertTrue(filter.counts(new Usage(process(1, "curl"), null, payload(1, 1))));
    }

    @Test
    void whatHasNoOwnerMightBeAnybodys() {
        MonitorFilter filter = filter(List.of(Match.of(Rule.command("nginx"))), List.of(Match.of(Rule.command("."))),
                false);

        assertTrue(filter.counts(new Usage(new Owner.Unattributed(Owner.Cause.EXITED), REMOTE, payload(1, 1))));
    }

    @Test
    void severalMonitorsShowWhatAnyOfThemShows() {
        var filter = new MonitorFilter(List.of(
                new MonitorFilter.Selection("a", List.of(Match.of(Rule.command("nginx"))), List.of(), true),
                new MonitorFilter.Selection("b", List.of(Match.of(Rule.command("curl"))), List.of(), false)));

        assertTrue(shows(filter, "nginx", REMOTE));
        assertFalse(shows(filter, "nginx", LOCAL));
        assertTrue(shows(filter, "curl", LOCAL));
        assertFalse(shows(filter, "wget", REMOTE));
    }

    @Test
    void rulesOverFlowsAreRefused() {
        var flow = new Match(List.of(), List.of(new FlowRule.Port(List.of(new PortRange(53, 53)))));

        assertThrows(IllegalArgumentException.class, () -> filter(List.of(flow), List.of(), false));
        assertThrows(IllegalArgumentException.class, () -> filter(List.of(), List.of(flow), false));
    }
}
