package bwmon.aggregator.grouping;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;

import bwmon.aggregator.usage.Application;
import bwmon.aggregator.usage.Application.Basis;
import bwmon.cli.Rule;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static bwmon.aggregator.Samples.endpoint;
import static bwmon.aggregator.Samples.process;
import static bwmon.aggregator.Samples.tcp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

class GrouperTest {
    private static final List<ApplicationRules> RULES = List.of(
            new ApplicationRules("web", List.of(Match.of(Rule.command("nginx")), Match.of(Rule.command("httpd")))),
            new ApplicationRules("backup",
                    List.of(Match.of(new Rule.Name(Rule.pattern("borg"))), Match.of(Rule.command("nginx-backup")))));
    private static final Flow DNS = tcp("192.168.1.2:40000", "9.9.9.9:53");
    private static final Flow HTTPS = tcp("192.168.1.2:40000", "9.9.9.9:443");
    private static final FlowRule PORT_53 = port(53, 53);

    private static FlowRule port(int first, int last) {
        return new FlowRule.Port(List.of(new PortRange(first, last)));
    }

    private static FlowRule remote(String address, int prefixLength) {
        return new FlowRule.Remote(List.of(new Network(endpoint(address + ":0"), prefixLength)));
    }

    private static ApplicationRules application(String name, Match... rules) {
        return new ApplicationRules(name, List.of(rules));
    }

    private static Match over(FlowRule... rules) {
        return new Match(List.of(), List.of(rules));
    }

    private static Grouper grouper(ApplicationRules... applications) {
        return new Grouper(List.of(applications), AutoGroup.NONE);
    }

    private static Owner.Process described(String command, @Nullable String cgroup, @Nullable String container,
            @Nullable String executable) {
        return new Owner.Process(new Owner.ProcessId(7, 1), "name", command, "alice", cgroup, container, executable);
    }

    @ParameterizedTest
    @CsvSource({"/usr/sbin/nginx, web, RULE", "/usr/bin/borg create, backup, RULE", "nginx-backup, web, RULE",
            "/usr/bin/curl -s x, /usr/bin/curl -s x, ITSELF"})
    void theFirstRuleInOrderWins(String command, String application, Basis basis) {
        assertEquals(new Application(application, basis),
                new Grouper(RULES, AutoGroup.NONE).group(process(1, command), null));
    }

    @ParameterizedTest
    @CsvSource({"/usr/sbin/nginx, web, RULE", "/usr/bin/curl -s /x/y, curl, EXECUTABLE"})
    void theExecutableComesAfterTheRules(String command, String application, Basis basis) {
        assertEquals(new Application(application, basis),
                new Grouper(RULES, AutoGroup.EXECUTABLE).group(process(1, command), null));
    }

    @Test
    void ownerAndFlowRulesAreTriedInTheOrderOfTheFile() {
        Grouper grouper = grouper(application("resolvers", over(PORT_53)),
                application("web", Match.of(Rule.command("nginx"))),
                application("secure", over(port(443, 443))));

        assertEquals("resolvers", grouper.group(process(1, "nginx"), DNS).name(), "before web");
        assertEquals("web", grouper.group(process(1, "nginx"), HTTPS).name(), "before secure");
        assertEquals("secure", grouper.group(process(2, "curl"), HTTPS).name());
        assertEquals("resolvers", grouper.group(process(2, "curl"), DNS).name());
        assertEquals("curl", grouper.group(process(2, "curl"), tcp("192.168.1.2:1", "9.9.9.9:80")).name());
        assertEquals("web", grouper.group(process(1, "nginx"), null).name(), "a flow that is not known is nowhere");
        assertEquals("curl", grouper.group(process(2, "curl"), null).name());
    }

    @Test
    void allOfARuleHasToHold() {
        Grouper grouper = grouper(application("both", new Match(
                List.of(Rule.command("curl"), new Rule.User("root")), List.of(PORT_53, remote("9.9.9.0", 24)))));

        assertEquals("both", grouper.group(process(1, "curl"), DNS).name());
        assertEquals("curl", grouper.group(process(1, "curl"), HTTPS).name());
        assertEquals("curl", grouper.group(process(1, "curl"), tcp("192.168.1.2:1", "9.9.8.9:53")).name());
        assertEquals("wget", grouper.group(process(1, "wget"), DNS).name());
        assertEquals("curl", grouper.group(described("curl", null, null, null), DNS).name(), "another user's");
    }

    @ParameterizedTest
    @CsvSource({"9.9.9.9:52, false", "9.9.9.9:53, true", "9.9.9.9:55, true", "9.9.9.9:56, false"})
    void portsAreThoseOfEitherEnd(String remote, boolean matches) {
        Grouper grouper = grouper(application("it", over(port(53, 55))));
        Flow flow = tcp("192.168.1.2:40000", remote);

        assertEquals(matches, grouper.group(process(1, "a"), flow).name().equals("it"));
        assertEquals(matches, grouper.group(process(1, "a"), flow.reversed()).name().equals("it"));
    }

    @Test
    void ofSeveralNetworksPortsOrClassesAnyWillDo() {
        Grouper grouper = grouper(
                application("networks", over(new FlowRule.Remote(List.of(
                        new Network(endpoint("9.9.9.9:0"), 32),
                        new Network(Endpoint.ofIpv6(0x2001_0db8L << 32, 0, 0), 32))))),
                application("ports", over(new FlowRule.Port(List.of(new PortRange(1, 2), new PortRange(9, 9))))),
                application("near", over(new FlowRule.OfClass(Set.of(TrafficClass.LAN, TrafficClass.LOOPBACK)))));
        Owner who = process(1, "a");

        assertEquals("networks", grouper.group(who, tcp("192.168.1.2:5", "9.9.9.9:5")).name());
        assertEquals("networks", grouper.group(who, new Flow(Protocol.UDP,
                Endpoint.ofIpv6(1, 1, 5), Endpoint.ofIpv6(0x2001_0db8_0000_0001L, 1, 5))).name());
        assertEquals("ports", grouper.group(who, tcp("192.168.1.2:5", "9.9.9.8:9")).name());
        assertEquals("near", grouper.group(who, tcp("192.168.1.2:5", "192.168.1.3:5")).name());
        assertEquals("near", grouper.group(who, tcp("127.0.0.1:5", "127.0.0.1:6")).name());
        assertEquals("a", grouper.group(who, tcp("192.168.1.2:5", "9.9.9.8:5")).name());
    }

    @Test
    void whatIsOwnIsAskedWhenTheFlowIsSeen() {
        var own = new ArrayList<Endpoint>();
        var grouper = new Grouper(
                List.of(application("inside", over(new FlowRule.OfClass(Set.of(TrafficClass.LOOPBACK))))),
                AutoGroup.NONE, end -> own.contains(new Endpoint(end.address(), 0)));
        Flow flow = tcp("192.168.1.2:5", "10.0.0.1:6");

        assertEquals("a", grouper.group(process(1, "a"), flow).name());
        own.add(endpoint("10.0.0.1:0"));
        own.add(endpoint("192.168.1.2:0"));
        assertEquals("inside", grouper.group(process(1, "a"), flow).name());
    }

    @Test
    void nobodyIsInNoApplicationWhateverTheFlow() {
        Grouper grouper = grouper(application("resolvers", over(PORT_53)),
                application("all", Match.of(Rule.command("."))));

        for (Owner.Cause cause : Owner.Cause.values()) {
            assertEquals(new Application("unattributed: " + cause.label(), Basis.ITSELF),
                    grouper.group(new Owner.Unattributed(cause), DNS));
        }
    }

    @Test
    void forwardedHostsMayMatchByTheirFlow() {
        Grouper grouper = grouper(application("resolvers", over(PORT_53)));
        var host = new Owner.Host(InetAddress.ofLiteral("192.168.1.7"));

        assertEquals("resolvers", grouper.group(host, DNS).name());
        assertEquals("192.168.1.7", grouper.group(host, HTTPS).name());
    }

    @Test
    void whatIsNoProcessStandsForItself() {
        var grouper = new Grouper(RULES, AutoGroup.EXECUTABLE);

        assertEquals(new Application("ssh", Basis.ITSELF),
                grouper.group(new Owner.Pipe("ssh", "pipe-2222:example.org:22"), null));
        assertEquals(new Application("127.0.0.1", Basis.ITSELF),
                grouper.group(new Owner.Host(InetAddress.ofLiteral("127.0.0.1")), null));
        assertEquals(new Application("voip", Basis.ITSELF), grouper.group(new Owner.QueueClass("eth0", "voip"), null));
        assertSame(Application.OTHERS, grouper.group(new Owner.Others(), null));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
            "EXECUTABLE, -, -, /usr/bin/python3.13, python3.13, EXECUTABLE",
            "EXECUTABLE, -, -, -, b, EXECUTABLE",
            "UNIT, /system.slice/nginx.service, -, -, nginx.service, UNIT",
            "UNIT, -, -, /usr/bin/x, /a/b c, ITSELF",
            "UNIT, /, -, -, /a/b c, ITSELF",
            "CONTAINER, /x, 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef, -, 0123456789ab, CONTAINER",
            "CONTAINER, /x, web-frontend-02, -, web-frontend-02, CONTAINER",
            "CONTAINER, /x, -, -, /a/b c, ITSELF"})
    void whatNoRuleMatchesIsGroupedAsAskedFor(AutoGroup by, @Nullable String cgroup, @Nullable String container,
            @Nullable String executable, String application, Basis basis) {
        assertEquals(new Application(application, basis),
                new Grouper(List.of(), by).group(described("/a/b c", cgroup, container, executable), null));
    }

    @Test
    void aProcessThatEndedUnseenIsWithThoseCalledLikeIt() {
        var grouper = new Grouper(List.of(), AutoGroup.EXECUTABLE);

        grouper.group(described("/usr/bin/python3 -m http.server", null, null, "/usr/bin/python3.13"), null);
        assertEquals(new Application("python3.13", Basis.EXECUTABLE),
                grouper.group(described("python3 job.py", null, null, null), null));
        assertEquals("python2", grouper.group(described("python2 job.py", null, null, null), null).name());
    }

    @Test
    void applicationsOfTheSameNameAreOneObject() {
        var grouper = new Grouper(List.of(), AutoGroup.EXECUTABLE);

        assertSame(grouper.group(process(1, "curl a"), null), grouper.group(process(2, "/bin/curl b"), null));
    }

    /** Counts how often it is asked. */
    private static final class Counting implements Predicate<Endpoint> {
        int asked;

        @Override
        public boolean test(Endpoint endpoint) {
            asked++;
            return false;
        }
    }

    @Test
    void flowRulesBehindARuleThatHoldsForAllFlowsAreNotTested() {
        var asked = new Counting();
        Match near = over(new FlowRule.OfClass(Set.of(TrafficClass.LAN)));
        var grouper = new Grouper(List.of(application("web", Match.of(Rule.command("nginx"))),
                application("near", near)), AutoGroup.NONE, asked);
        grouper.group(process(1, "nginx"), DNS);
        assertEquals(0, asked.asked);
        grouper.group(process(2, "curl"), DNS);
        assertEquals(1, asked.asked);

        var several = new Grouper(List.of(application("far", over(new FlowRule.OfClass(Set.of(TrafficClass.LOOPBACK)))),
                application("near", near)), AutoGroup.NONE, asked);
        several.group(process(2, "curl"), DNS);
        assertEquals(2, asked.asked, "a flow's class is worked out once");
        several.group(process(2, "curl"), DNS);
        assertEquals(3, asked.asked, "and again when the flow is grouped again");

        var behind = new Grouper(List.of(application("web", near, Match.of(Rule.command("nginx")))), AutoGroup.NONE,
                asked);
        behind.group(process(1, "nginx"), DNS);
        assertEquals(3, asked.asked, "whatever it says, it is web");
    }

    @Test
    void anOwnerSeenBeforeIsNotSearchedAgain() {
        // Where the search is made the name is made: another object would tell.
        var grouper = new Grouper(List.of(), AutoGroup.NONE, _ -> false, 2);
        Application first = grouper.group(process(1, "a"), null);

        assertSame(first, grouper.group(process(1, "a"), DNS));
        assertSame(first, grouper.group(process(2, "a"), null), "nor one that is described alike");
    }

    @Test
    void aProcessThatBecameAnotherProgramIsSearchedAnew() {
        var grouper = new Grouper(RULES, AutoGroup.NONE);
        assertEquals("sh -c x", grouper.group(process(1, "sh -c x"), null).name());
        assertEquals("web", grouper.group(process(1, "nginx"), null).name(), "execve(2)");
        assertEquals("nginy: worker", grouper.group(process(1, "nginy: worker"), null).name(), "a title");
        assertEquals("sh -c x", grouper.group(process(1, "sh -c x"), null).name());
    }

    @Test
    void namesAreCutAndNoCharacterInHalf() {
        var grouper = new Grouper(List.of(), AutoGroup.NONE);
        String longName = "a".repeat(Names.MAX_NAME);
        assertEquals(longName, grouper.group(process(1, longName + " b".repeat(1_000_000)), null).name());
        assertSame(grouper.group(process(1, longName), null), grouper.group(process(2, longName + "c"), null));

        String half = "a".repeat(Names.MAX_NAME - 1);
        assertEquals(half, grouper.group(process(3, half + "\ud83d\ude00"), null).name());
    }

    /** Against the plainest way to say it. */
    @Test
    void whateverTheRulesTheFirstThatMatchesWins() {
        var random = new Random(4);
        for (int round = 0; round < 200; round++) {
            var applications = new ArrayList<ApplicationRules>();
            for (int i = 0; i < 5; i++) {
                applications.add(application("app" + i, match(random), match(random)));
            }
            var grouper = new Grouper(applications, AutoGroup.NONE, _ -> false, 3);
            for (int i = 0; i < 50; i++) {
                Owner who = process(random.nextInt(4) + 1, "cmd" + random.nextInt(6));
                Flow flow = random.nextInt(5) == 0
                        ? null
                        : tcp("192.168.1.2:40000", "9.9.9." + random.nextInt(4) + ":"
                                + (50 + random.nextInt(5)));
                assertEquals(plainly(applications, who, flow), grouper.group(who, flow).name());
            }
        }
    }

    private static Match match(Random random) {
        var owner = new ArrayList<Rule>();
        var flow = new ArrayList<FlowRule>();
        if (random.nextBoolean()) {
            owner.add(Rule.command("cmd[" + random.nextInt(6) + random.nextInt(6) + "]"));
        }
        if (random.nextInt(3) == 0) {
            flow.add(port(50, 50 + random.nextInt(5)));
        }
        if (random.nextInt(3) == 0 || (owner.isEmpty() && flow.isEmpty())) {
            flow.add(remote("9.9.9." + random.nextInt(4), 31 + random.nextInt(2)));
        }
        return new Match(owner, flow);
    }

    private static String plainly(List<ApplicationRules> applications, Owner who, @Nullable Flow flow) {
        for (ApplicationRules application : applications) {
            for (Match rule : application.rules()) {
                if (rule.owner().stream().allMatch(r -> r.matches(who)) && (rule.flow().isEmpty()
                        || (flow != null && rule.flow().stream()
                                .allMatch(r -> r.matches(flow, f -> TrafficClass.of(f, _ -> false)))))) {
                    return application.name();
                }
            }
        }
        return who.command();
    }
}
