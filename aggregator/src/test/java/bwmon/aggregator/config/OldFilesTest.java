package bwmon.aggregator.config;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.aggregator.usage.Amount;
import bwmon.cli.ProgramException;
import bwmon.cli.Rule;
import bwmon.proxy.PipeSpec;
import bwmon.proxy.relay.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class OldFilesTest {
    static final Path SAMPLES = Path.of("../conf/bwmon-1.x");
    static final Path MONITORS = SAMPLES.resolve("monitors.ini");
    static final Path APPLICATIONS = SAMPLES.resolve("applications.ini");
    static final Path NOTIFICATIONS = SAMPLES.resolve("notifications.ini");

    @TempDir
    private Path directory = Path.of("");

    @Test
    void monitorsAndPipesAreReadAsTheSampleSays() throws Exception {
        Configuration sample = ConfigurationFiles.convert(List.of(MONITORS), AutoGroup.NONE).configuration();

        assertEquals(List.of(
                new MonitorFilter.Selection("host", List.of(Match.of(Rule.command("nginx|ssh|python"))),
                        List.of(Match.of(Rule.command("^ssh .*backup.example.org"))), true),
                new MonitorFilter.Selection("everything", List.of(), List.of(), false)), sample.monitors());
        assertEquals(List.of("ssh", "web"), sample.pipes().stream().map(PipeSpec::name).toList());
        PipeSpec ssh = sample.pipes().getFirst();
        assertEquals(new PipeSpec.Listen.Tcp(null, 2222), ssh.listen());
        assertEquals(new Target.Tcp("backup.example.org", 22), ssh.options().target());
        assertEquals(OptionalLong.of(100 * 1024), ssh.options().bytesPerSecond());
        assertEquals(new Target.Tcp("::1", 8080), sample.pipes().get(1).options().target());
        assertEquals(OptionalLong.empty(), sample.pipes().get(1).options().bytesPerSecond());
    }

    @Test
    void applicationsAreReadAsTheSampleSays() throws Exception {
        assertEquals(List.of(application("web", "nginx", "(?i)httpd|apache2"),
                application("backup", "\\brestic\\b", "^/usr/bin/(?P<program>borg|borgmatic)\\z", "^pipe-2222:"),
                application("shells", "(^|/)(ba|da|z){0,1}sh( |$)")),
                ConfigurationFiles.convert(List.of(APPLICATIONS), AutoGroup.NONE).configuration().applications());
    }

    private static ApplicationRules application(String name, String... regexes) {
        return new ApplicationRules(name,
                List.of(regexes).stream().map(regex -> Match.of(Rule.command(regex))).toList());
    }

    @Test
    void notificationsAreReadAsTheSampleSays() throws Exception {
        List<String> command = List.of("/usr/local/bin/on-bandwidth", "{application}", "over the limit", "it's",
                "--urgent");
        assertEquals(List.of(
                notification("backup-too-fast", "^backup$", Amount.TX, 5000 * 1024, 60, command),
                notification("any-in", ".", Amount.RX, 10_486_272, 10, List.of()),
                notification("any-out", ".", Amount.TX, 1024 * 1024, 10, List.of()),
                notification("both", "nginx", Amount.TOTAL, 2048 * 1024, 60, List.of())),
                ConfigurationFiles.convert(List.of(NOTIFICATIONS), AutoGroup.NONE).configuration().notifications());
    }

    private static Notification notification(String label, String filter, Amount amount, long above, int seconds,
            List<String> command) {
        return new Notification(label, new Subject.EachApplication(Rule.pattern(filter)), amount,
                new Condition.Rate(new Threshold(above), Duration.ofSeconds(seconds), false), Duration.ZERO, false,
                new Delivery(command, Delivery.DEFAULT_TIME_LIMIT, null, false));
    }

    @Test
    void allThreeTogetherAreOneConfiguration() throws Exception {
        var files = new ConfigurationFiles(null, MONITORS, APPLICATIONS, NOTIFICATIONS, AutoGroup.UNIT);
        ConfigurationFiles.Loaded loaded = files.read(Map.of());

        Configuration converted = ConfigurationFiles
                .convert(List.of(NOTIFICATIONS, MONITORS, APPLICATIONS), AutoGroup.NONE)
                .configuration();
        assertEquals(new Configuration(converted.monitors(), converted.pipes(), converted.applications(),
                AutoGroup.UNIT, converted.notifications(), General.DEFAULT), loaded.configuration());
        assertEquals(List.of("notification backup-too-fast: /usr/local/bin/on-bandwidth is not there"),
                loaded.warnings());
    }

    @Test
    void aPipeOfBwmon1IsOnLoopbackOnly() throws Exception {
        assertEquals(new PipeSpec.Listen.Tcp((InetAddress) null, 8080),
                ConfigurationFiles.convert(List.of(MONITORS), AutoGroup.NONE).configuration().pipes().get(1).listen());
    }

    @Test
    void aNotificationWithoutThresholdIsLeftOutAloud() throws Exception {
        Path file = Files.writeString(directory.resolve("n"), "\n[quiet]\nprocess_filter=x\nin_threshold=0\n");
        ConfigurationFiles.Loaded loaded = ConfigurationFiles.convert(List.of(file), AutoGroup.NONE);

        assertEquals(List.of(), loaded.configuration().notifications());
        assertEquals(List.of(file + ":2: [quiet]: has no threshold, and is left out"), loaded.warnings());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "type=monitor;Inclde=x | inclde: is not known here, and is left out; known: exclude, ignorelocal, include, type",
            "type=pipe;port=1;newhost=h;include=x | include: is not known here, and is left out; known: newhost, newport,"
                    + " port, shape_threshold, type",
            "process_filter=x;in_threshold=1;treshold=1 | treshold: is not known here, and is left out; known:"
                    + " in_threshold, interval, notification_command, notification_threshold, out_threshold, process_filter"})
    void keysThatBwmon1TookNoNoticeOfAreLeftOutAloud(String lines, String message) throws Exception {
        String text = "# für\n[s]\n" + lines.replace(';', '\n') + "\n";
        // Comments were in whatever a file was written in then.
        Path file = Files.writeString(directory.resolve("old"), text, StandardCharsets.ISO_8859_1);
        long line = text.lines().count();
        assertEquals(List.of(file + ":" + line + ": [s] " + message),
                ConfigurationFiles.convert(List.of(file), AutoGroup.NONE).warnings());
    }

    @Test
    void theSmallestThresholdIsAThreshold() throws Exception {
        Path file = Files.writeString(directory.resolve("n"), "[a]\nprocess_filter=x\nout_threshold=0.0001\n");
        assertEquals(new Condition.Rate(new Threshold(1), Duration.ofSeconds(1), false),
                ConfigurationFiles.convert(List.of(file), AutoGroup.NONE).configuration().notifications().getFirst()
                        .condition());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "type=monitor;ignorelocal=perhaps | 3 | ignorelocal: 'perhaps' is neither true nor false",
            "type=monitor;include=a(?!b) | 3 | include: 'a(?!b)' is no regular expression",
            "type=tap | 2 | type: 'tap': expected monitor or pipe",
            "type= | 2 | type: is missing or empty: expected monitor or pipe",
            "type=pipe;newhost=h | 1 | port: is missing or empty: expected the local port",
            "type=pipe;port=70000;newhost=h | 3 | port: '70000' is not a whole number from 1 to 65535",
            "type=pipe;port=1 | 1 | newhost: is missing or empty: expected the remote host",
            "type=pipe;port=1;newhost=a/b | 4 | newhost: 'a/b' is no host",
            "type=pipe;port=1;newhost=h;shape_threshold=fast | 5 | shape_threshold: 'fast' is no number of kB/s",
            "process_filter=(?<=x) | 2 | process_filter: '(?<=x)' is no regular expression",
            "process_filter= | 2 | process_filter: is missing or empty",
            "process_filter=x;in_threshold=-1 | 3 | in_threshold: '-1' is no number of kB/s",
            "process_filter=x;in_threshold=99999999999999999 | 3 | in_threshold: '99999999999999999' is no number",
            "process_filter=x;interval=0.5 | 3 | interval: '0.5': expected 1 to 86400 seconds",
            "process_filter=x;interval=soon | 3 | interval: 'soon' is not a number of seconds",
            "process_filter=x;notification_command=a \"b | 3 | notification_command: a quotation mark",
            "process_filter=x;notification_command='{rate}' | 3 | notification_command: the first word has to name",
            "process_filter=x;in_threshold=%(many)s | 3 | in_threshold: '%(many)s' stands for a key that is neither",
            "process_filter=x;in_threshold=%(a)s;a=%(a)s | 3 | in_threshold: has %(...)s within each other",
            "rule=( | 2 | rule: '(' is no regular expression",
            "rule=a\\1 | 2 | rule: 'a\\1' is no regular expression",
            "rule= | 2 | rule: is missing or empty",
    })
    void errorsNameFileLineSectionAndKey(String lines, int line, String message) throws Exception {
        Path file = Files.writeString(directory.resolve("old"), "[s]\n" + lines.replace(';', '\n') + "\n");
        var error = assertThrows(ProgramException.class,
                () -> ConfigurationFiles.convert(List.of(file), AutoGroup.NONE));

        assertEquals(ProgramException.Kind.CONFIGURATION, error.kind());
        String found = String.valueOf(error.getMessage());
        assertTrue(found.startsWith(file + ":" + line + ": [s] " + message), found);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"'' | is no file", "[a]\\n | is no file",
            "[a]\\ntype=monitor\\n[b]\\nx=y | is no file", "[a]\\ntype=pipe\\nprocess_filter=x | is no file",
            "[DEFAULT]\\nx=y | is no file"})
    void aFileOfNoKindIsRefusedWithWhatWasLookedFor(String text, String message) throws Exception {
        Path file = Files.writeString(directory.resolve("old"), text.replace("\\n", "\n"));
        var error = assertThrows(ProgramException.class,
                () -> ConfigurationFiles.convert(List.of(file), AutoGroup.NONE));
        assertEquals(file + ": " + message
                + " of bwmon 1.x: looked for sections that all have type (monitors), sections"
                + " that all have process_filter (notifications), or sections that have neither, but one or more"
                + " name=regular expression (applications)", error.getMessage());
    }

    @Test
    void aPipeWithTheNameOfAnApplicationGoesByWhatBwmon1ShowedItAs() throws Exception {
        Configuration both = ConfigurationFiles.convert(List.of(MONITORS, APPLICATIONS), AutoGroup.NONE)
                .configuration();
        assertEquals(List.of("ssh", "pipe-8080:[::1]:8080"), both.pipes().stream().map(PipeSpec::name).toList());
    }

    @Test
    void oneNameForTwoApplicationsIsAnError() throws Exception {
        Path apps = Files.writeString(directory.resolve("apps"), "[x]\na=b\n\n[web]\na=b\n");
        var error = assertThrows(ProgramException.class,
                () -> ConfigurationFiles.convert(List.of(APPLICATIONS, apps), AutoGroup.NONE));
        assertTrue(
                String.valueOf(error.getMessage()).startsWith(apps + ":4: [web]: 'web' is the name of an application"),
                error.getMessage());
    }
}
