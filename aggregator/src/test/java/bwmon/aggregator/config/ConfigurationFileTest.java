package bwmon.aggregator.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.usage.Amount;
import bwmon.cli.ProgramException;
import bwmon.cli.Rule;
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

        assertEquals(1, sample.monitors().size());
        assertEquals("host", sample.monitors().getFirst().name());
        assertTrue(sample.monitors().getFirst().ignoreLocal());
        assertEquals(List.of(new Owner.Pipe("ssh", "pipe-2222:localhost:22")),
                sample.pipes().stream().map(pipe -> pipe.owner()).toList());
        assertEquals(OptionalLong.of(100_000), sample.pipes().getFirst().options().bytesPerSecond());
        assertEquals(List.of("web", "backup"), sample.applications().stream().map(ApplicationRules::name).toList());
        assertEquals(Match.of(new Rule.Name(Rule.pattern("borg"))), sample.applications().get(1).rules().get(1));
        assertEquals(AutoGroup.EXECUTABLE, sample.autoGroup());
        assertEquals(List.of(notification("backup-too-fast", "backup", Amount.TX,
                new Threshold(5_000_000, 4_000_000), Duration.ofSeconds(60), new Delivery(
                        List.of("/usr/local/bin/on-bandwidth", "{application}", "{rate}"), Duration.ofSeconds(30), null,
                        false))),
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
                read("auto-group = on, notifications { n { application = a, direction = rx, above = 1kB } }")
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
                        "autogroup: is not known here; known: applications, auto-group, notifications, sources"),
                arguments("auto-group = perhaps", 1, "auto-group: 'perhaps' is neither true nor false"),
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
                        "applications.web.match[0].comm: is not known here; known: command, name"),
                arguments("applications { web { match = [a,\n{ command = x, name = y }] } }", 2,
                        "applications.web.match[1]: expected either"),
                arguments("applications { \"a\\u001b[2J\" {\n match = x } }", 1, "printable"),
                arguments("applications { a { match = x } }\nsources { a { type = pipe, listen = 1, to = \"h:1\" } }",
                        1, "'a' is the name of a pipe too"),
                arguments("applications { web { match = x } }\nnotifications { n {\n application = wbe"
                        + ", direction = tx, above = 1MB } }", 3,
                        "notifications.n.application: 'wbe' is neither an"
                                + " application nor a pipe; known: web (with auto-group = true also"),
                arguments("auto-group = on, notifications { n {\n application = a, direction = tx } }", 1,
                        "notifications.n.above: is missing"),
                arguments("auto-group = on, notifications { n { application = a, above = 1MB/s\n direction = up } }", 2,
                        "'up' is no direction: expected rx (received) or tx (transmitted)"),
                arguments("auto-group = on, notifications { n { application = a, direction = tx\n above = 1Mb } }", 2,
                        "notifications.n.above: '1Mb'"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB\n clear-below = 2MB } }",
                        2, "notifications.n.clear-below: is more than above"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB\n average-over = 25h } }",
                        2, "expected 1 second to 24 hours"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB\n time-limit = 0 } }",
                        2,
                        "notifications.n.time-limit: "),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB\n command = \"mail me\" } }",
                        2, "no shell splits 'mail me' into words"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB\n command = [x, \"{app}\"] } }",
                        2, "'{app}' is no placeholder; known: {application}, {rate}"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB\n command = [\"{rate}\"] } }",
                        2, "the first word has to name a program"),
                arguments(
                        "auto-group = on, notifications { n { application = a, direction = tx, above = 1MB\n command = [a, \"\\u0000\"] } }",
                        2, "NUL"));
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
                "notifications { n { application = a, direction = rx, above = 1kB } }");

        assertEquals(AutoGroup.EXECUTABLE, ConfigurationFile.read(file, AutoGroup.EXECUTABLE).autoGroup());
        assertEquals(AutoGroup.EXECUTABLE, Configuration.ofHost(AutoGroup.EXECUTABLE).autoGroup());
        assertEquals(AutoGroup.NONE, Configuration.ofHost(AutoGroup.NONE).autoGroup());
    }
}
