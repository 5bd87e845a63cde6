package bwmon.aggregator.config;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Period;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.FlowRule;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.aggregator.grouping.Network;
import bwmon.aggregator.grouping.PortRange;
import bwmon.aggregator.grouping.TrafficClass;
import bwmon.aggregator.usage.Amount;
import bwmon.cli.ProgramException;
import bwmon.cli.Rule;
import bwmon.monitor.MonitorOptions;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Owner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class ConfigurationFileTest {
    @TempDir
    Path directory = Path.of("");

    private Configuration read(String text) throws IOException, ProgramException {
        return ConfigurationFile.read(Files.writeString(directory.resolve("bwmon.conf"), text), AutoGroup.NONE);
    }

    private static Notification notification(String label, String application, Amount amount, Threshold threshold,
            Duration averageOver, Delivery delivery) {
        return new Notification(label, new Subject.OfApplication(application), amount,
                new Condition.Rate(threshold, averageOver, false), Duration.ZERO, true, delivery);
    }

    @Test
    void theSampleIsReadAsItSays() throws ProgramException {
        Configuration sample = ConfigurationFile.read(Path.of("../conf/bwmon.conf"), AutoGroup.NONE);

        assertEquals(new General(MonitorOptions.Kind.AUTO, true, 500, Path.of("/var/lib/bwmon/quotas.json"),
                Duration.ofMinutes(10), 2), sample.general());
        assertEquals(
                List.of(new MonitorFilter.Selection("host",
                        List.of(Match.of(Rule.command(".*")), Match.of(new Rule.Name(Rule.pattern("borg")))),
                        List.of(Match.of(Rule.command("^ssh .*backup"))), true)),
                sample.monitors());
        assertEquals(List.of(new Owner.Pipe("ssh", "pipe-2222:localhost:22")),
                sample.pipes().stream().map(pipe -> pipe.owner()).toList());
        assertEquals(OptionalLong.of(100_000), sample.pipes().getFirst().options().bytesPerSecond());
        assertEquals(AutoGroup.EXECUTABLE, sample.autoGroup());
        assertEquals(List.of(
                new ApplicationRules("web", List.of(Match.of(Rule.command("nginx")), Match.of(Rule.command("httpd")))),
                new ApplicationRules("backup", List.of(
                        new Match(List.of(Rule.command("restic|borg"), new Rule.User("root")), List.of()),
                        Match.of(new Rule.Unit(Rule.pattern("backup@.*\\.service"))),
                        Match.of(new Rule.Pipe(Rule.pattern("ssh|pipe-2222:.*"))))),
                new ApplicationRules("browsers", List.of(
                        new Match(List.of(new Rule.Name(Rule.pattern("firefox|chrom(e|ium)")), new Rule.User("alice")),
                                List.of()),
                        Match.of(new Rule.Executable(Rule.pattern("/opt/browser/.*"))))),
                new ApplicationRules("database",
                        List.of(new Match(List.of(new Rule.Container("4f1a2b3c")),
                                List.of(new FlowRule.Port(
                                        List.of(new PortRange(5432, 5432), new PortRange(6000, 6100))))))),
                new ApplicationRules("office", List.of(
                        new Match(List.of(), List.of(new FlowRule.Remote(List.of(
                                new Network(Endpoint.ofIpv4(0xc0000200, 0), 24),
                                new Network(Endpoint.ofIpv6(0x20010db8L << 32, 0, 0), 32),
                                new Network(Endpoint.ofIpv4(0xc6336407, 0), 32))))),
                        new Match(List.of(),
                                List.of(new FlowRule.OfClass(Set.of(TrafficClass.LAN, TrafficClass.LOOPBACK))))))),
                sample.applications());
        assertEquals(List.of(
                new Notification("backup-too-fast", new Subject.OfApplication("backup"), Amount.TX,
                        new Condition.Rate(new Threshold(5_000_000, 4_000_000), Duration.ofSeconds(60), false),
                        Duration.ofHours(1), true,
                        new Delivery(List.of("/usr/local/bin/on-bandwidth", "{application}", "{rate}"),
                                Duration.ofSeconds(20), URI.create("https://hooks.example.org/bandwidth"), true)),
                new Notification("monthly-volume", new Subject.Everything(), Amount.TOTAL,
                        new Condition.Volume(50_000_000_000L, new Period(Period.Unit.MONTH, 15)), Duration.ZERO, true,
                        Delivery.NONE),
                new Notification("web-is-silent", new Subject.OfApplication("web"), Amount.TOTAL,
                        new Condition.Silence(Duration.ofMinutes(5)), Duration.ZERO, true, Delivery.NONE),
                new Notification("one-download",
                        new Subject.EachOwner(List.of(new Rule.Name(Rule.pattern("curl|wget")))), Amount.RX,
                        new Condition.Rate(new Threshold(1_250_000), Duration.ofSeconds(10), false), Duration.ZERO,
                        true, Delivery.NONE),
                new Notification("any-upload", new Subject.EachApplication(Rule.pattern(".")), Amount.TX,
                        new Condition.Rate(new Threshold(20_000_000), Duration.ofMinutes(5), false), Duration.ZERO,
                        true, Delivery.NONE)),
                sample.notifications());
    }

    @ParameterizedTest
    @MethodSource
    void withoutSourcesThereIsOneMonitor(String text) throws IOException, ProgramException {
        assertEquals(Configuration.ofHost(AutoGroup.NONE), read(text));
    }

    static List<String> withoutSourcesThereIsOneMonitor() {
        return List.of("", "sources {}", "# nothing\n");
    }

    @Test
    void pipesAloneWantNoMonitor() throws IOException, ProgramException {
        Configuration pipes = read("sources { a { type = pipe, listen = 2222, to = \"localhost:22\" } }");

        assertEquals(List.of(), pipes.monitors());
        assertEquals(1, pipes.pipes().size());
    }

    @Test
    void aNotificationIsAsBwmon1sWhereNothingIsSaid() throws IOException, ProgramException {
        assertEquals(
                notification("n", "a", Amount.RX, new Threshold(1000), Duration.ofSeconds(1), Delivery.NONE),
                read("auto-group = on, notifications { n { application = a, direction = rx, above = 1kB/s } }")
                        .notifications()
                        .getFirst());
    }

    @ParameterizedTest
    @MethodSource
    void anErrorNamesFileLineAndWhatWasExpected(String text, int line, String message) {
        var error = assertThrows(ProgramException.class, () -> read(text));

        assertEquals(ProgramException.Kind.CONFIGURATION, error.kind());
        String found = String.valueOf(error.getMessage());
        assertTrue(found.startsWith(directory.resolve("bwmon.conf") + ":" + line + ": "), found);
        assertTrue(found.contains(message), found);
    }

    static List<Arguments> anErrorNamesFileLineAndWhatWasExpected() {
        return List.of(
                arguments("auto-group = true\nautogroup = true", 2,
                        "autogroup: is not known here; known: applications, auto-group, health-every, max-rows, notifications,"
                                + " setup, source, sources, state-file, threads"),
                arguments("auto-group = perhaps", 1,
                        "auto-group: 'perhaps': expected true, false, executable, unit or container"),
                arguments("sources {\n  x = 1\n}", 2, "sources.x: expected an object"),
                arguments("sources {\n  x {\n    listen = 1\n  }\n}", 2, "sources.x.type: is missing"),
                arguments("sources { x {\n type = tap } }", 2, "sources.x.type: 'tap' is no source"),
                arguments("sources { x { type = monitor\n excludes = [a] } }", 2, "sources.x.excludes: is not known"),
                arguments("sources { x { type = monitor\n exclude = [\"ok\",\n\"(\"] } }", 3,
                        "sources.x.exclude[1].command: '(' is no regular expression"),
                arguments("sources { x { type = pipe\n listen = 70000, to = \"a:1\" } }", 2, "sources.x.listen: "),
                arguments("sources { x { type = pipe, listen = 1, to = \"a:1\"\n speed = 1 } }", 2,
                        "sources.x.speed: is not known"),
                arguments("applications { web { match = [\n\"a(?!b)\"] } }", 2, "has no lookaround"),
                arguments("applications {\n web { match = [] } }", 2, "applications.web.match: is missing or empty"),
                arguments("applications {\n web { } }", 2, "applications.web.match: is missing or empty"),
                arguments("applications { web { match = [\n{ comm = x }] } }", 2,
                        "applications.web.match[0].comm: is not known here; known: class, command, container,"
                                + " executable, name, pipe, port, remote, unit, user"),
                arguments("applications { web { match = [a,\n{ }] } }", 2,
                        "applications.web.match[1]: asks for nothing"),
                arguments("applications { web { match = [{ remote = [10.0.0.0/8,\n10.0.0.0/33] }] } }", 2,
                        "match[0].remote[1]: '33' is not a whole number from 0 to 32"),
                arguments("applications { web { match = { remote =\nexample.org } } }", 2, "is no network"),
                arguments("applications { web { match = { port = [80,\n90-80] } } }", 2, "the lower one first"),
                arguments("applications { web { match = { class = [lan,\nwan] } } }", 2,
                        "'wan' is no class of traffic: expected loopback, lan or internet"),
                arguments("applications { web { match = {\n port = [] } } }", 2, "match[0].port: is empty"),
                arguments("applications { web { match = {\n user = \"a b\" } } }", 2,
                        "the name or the number of a user"),
                arguments("sources { x { type = monitor, \"include\" = {\n port = 80 } } }", 2,
                        "include[0].port: is not known here"),
                arguments("source = tap", 1, "source: 'tap': expected auto, ebpf, conntrack, sock_diag or proc"),
                arguments("setup = 1", 1, "setup: '1' is neither"),
                arguments("threads = -1", 1, "threads: '-1' is not a whole number from 0 to 1024"),
                arguments("threads = 1025", 1, "threads: '1025' is not a whole number from 0 to 1024"),
                arguments("max-rows = 0", 1, "max-rows: '0' is not a whole number from 1"),
                arguments("state-file = quotas.json", 1, "is no path from the root"),
                arguments("health-every = often", 1, "health-every: 'often' is no length of time"),
                n("\n direction = rx, above = 1MB/s, process = a, everything = true", 1, "watches several things"),
                n("everything = true, direction = rx\n abuv = 1MB/s", 2,
                        "notifications.n.abuv: is not known here; known: above"),
                arguments("sources { x { type = pipe\n lissten = 1, to = \"a:1\" } }", 2,
                        "sources.x.lissten: is not known"),
                n("direction = rx, above = 1MB/s", 1, "watches nothing: expected one of application"),
                n("process = [a,\nb], above = 1MB/s", 1, "process: expected one rule, not 2"),
                n("each =\n\"(\", above = 1MB/s", 2, "each: '(' is no regular expression"),
                n("everything = true, above = 1MB/s", 1, "direction: is missing"),
                n("everything = true, direction = rx\n above = 50GB", 2,
                        "'50GB' is an amount: expected a rate, such as 50GB/s"),
                n("everything = true, period = day\n above = 5MB/s", 2, "expected an amount such as 50GB"),
                n("everything = true, above = 5GB\n period = year", 2, "'year' is no period"),
                n("everything = true, above = 5GB, period = week\n reset-day = 8", 2, "from 1 to 7"),
                n("everything = true, above = 5GB, period = month\n reset-day = 32", 2, "from 1 to 31"),
                n("everything = true, above = 5GB, period = day\n reset-day = 1", 2, "does not go with period = day"),
                n("everything = true, above = 5GB, period = day\n clear-below = 1GB", 2, "does not go with period"),
                n("everything = true, direction = tx, above = 5GB/s\n reset-day = 1", 2, "does not go with a rate"),
                n("everything = true, no-traffic-for = 1m\n above = 5GB/s", 2, "does not go with no-traffic-for"),
                n("everything = true\n no-traffic-for = 0.5s", 2, "expected 1 second or more"),
                n("everything = true, no-traffic-for = 1m\n repeat-every = 1ms", 2, "expected 1 second or more, or 0"),
                n("everything = true, no-traffic-for = 1m\n webhook = \"ftp://h/x\"", 2, "is no address of a web page"),
                n("everything = true, no-traffic-for = 1m\n webhook = \"http:///x\"", 2, "is no address of a web page"),
                n("everything = true, no-traffic-for = 1m\n webhook = \"not a page\"", 2,
                        "is no address of a web page"),
                n("everything = true, no-traffic-for = 1m\n command = [a, \"-r{rate}\"]", 2,
                        "placeholders are whole words; within a script use its arguments or $BWMON_RATE"),
                n("everything = true, no-traffic-for = 1m, command = [a,\n{ as-is = \"{rate}\" }]", 2,
                        "command[1].as-is: '{rate}' is replaced wherever"),
                n("everything = true, no-traffic-for = 1m, command = [a,\n{ asis = x }]", 2,
                        "command[1].word: is missing"),
                n("everything = true, no-traffic-for = 1m, command = [a,\n[x]]", 2, "expected a text, not a list"),
                n("everything = true, no-traffic-for = 1m\n system-log = perhaps", 2, "system-log: 'perhaps'"),
                arguments("applications { \"a\\u001b[2J\" {\n match = x } }", 1, "printable"),
                arguments("sources { a { type = pipe, listen = 1, to = \"h:1\" } }\napplications {\n a { match = x } }",
                        3, "applications.a: is the name of a pipe too"),
                arguments("applications { web { match = x } }\nnotifications { n {\n application = wbe"
                        + ", direction = tx, above = 1MB/s } }", 3,
                        "notifications.n.application: 'wbe' is neither an"
                                + " application nor a pipe; known: web (with auto-group also"),
                arguments("auto-group = on, notifications { n {\n application = a, direction = tx } }", 1,
                        "notifications.n.above: is missing"),
                arguments("auto-group = on, notifications { n { application = a, above = 1MB/s\n direction = up } }", 2,
                        "'up' is no direction: expected rx (received), tx (transmitted) or total (both)"),
                arguments("auto-group = on, notifications { n { application = a, direction = tx\n above = 1Mb } }", 2,
                        "notifications.n.above: '1Mb'"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB/s\n clear-below = 2MB/s } }",
                        2, "notifications.n.clear-below: is more than above"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB/s\n average-over = 25h } }",
                        2, "expected 1 second to 24 hours"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB/s\n time-limit = 0 } }",
                        2,
                        "notifications.n.time-limit: "),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB/s\n command = \"mail me\" } }",
                        2, "no shell splits 'mail me' into words"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB/s\n command = [x, \"{app}\"] } }",
                        2, "'{app}' is no placeholder; known: {application}, {label}, {rate}"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB/s\n command = [\"{rate}\"] } }",
                        2, "the first word has to name a program"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB/s\n command = [a, \"\\u0000\"] } }",
                        2, "NUL"));
    }

    @Test
    void aWordAsItIsMayHaveAnyBraces() throws Exception {
        String notification = "notifications { n { everything = true, no-traffic-for = 1m, command = %s } }";
        assertEquals(List.of("/a b/c"), read(notification.formatted("{ as-is = /a b/c }")).notifications().getFirst()
                .delivery().command());
        assertEquals(List.of("a", "{foo}", "x{rate}", "{rate}"), read(notification.formatted(
                "[a, { as-is = \"{foo}\" }, { as-is = \"x{rate}\" }, \"{rate}\"]")).notifications().getFirst()
                .delivery()
                .command());
    }

    private static Arguments n(String notification, int line, String message) {
        return arguments("notifications { n { " + notification + " } }", line, message);
    }

    @Test
    void bracesThatAreNoPlaceholdersAreLeftAlone() throws Exception {
        List<String> words = List.of("awk", "{ print $1 }", "x{unknown}y", "{}", "${HOME}", "$1{}");
        assertEquals(words, read("notifications { n { everything = true, no-traffic-for = 1m, command = ["
                + String.join(", ", words.stream().map(Hocon::quoted).toList()) + "] } }").notifications().getFirst()
                .delivery().command());
    }

    @Test
    void anApplicationKeepsItsPlaceInTheFile() throws IOException, ProgramException {
        assertEquals(List.of("z", "a", "m"),
                read("applications {\n z { match = x }\n a { match = x }\n m { match = x }\n}").applications().stream()
                        .map(ApplicationRules::name).toList());
    }

    @Test
    void autoGroupOfTheCommandLineAddsToTheFile() throws IOException, ProgramException {
        Path file = Files.writeString(directory.resolve("bwmon.conf"),
                "notifications { n { application = a, direction = rx, above = 1kB/s } }");

        assertEquals(AutoGroup.EXECUTABLE, ConfigurationFile.read(file, AutoGroup.EXECUTABLE).autoGroup());
        assertEquals(AutoGroup.EXECUTABLE, Configuration.ofHost(AutoGroup.EXECUTABLE).autoGroup());
        assertEquals(AutoGroup.NONE, Configuration.ofHost(AutoGroup.NONE).autoGroup());
    }
}
