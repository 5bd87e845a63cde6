package bwmon.aggregator.config;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

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
import bwmon.proxy.PipeSpec;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import bwmon.traffic.Endpoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ConfigurationTextTest {
    private static final List<String> TEXTS = List.of("nginx", "a b", "\"", "\\d+\\.x", "ü€", "${x}", "#", "//", "null",
            "true", "include", "a.b", "1.10", "007", "-1", "[x]", "k=v", "{foo}", "x{rate}y", "{{label}}", "a:b", "'",
            "x,y", "+=", "1e3", "nullx");

    @TempDir
    private Path directory = Path.of("");

    private final Random random = new Random(7);

    private Configuration read(String text) throws Exception {
        Path file = Files.writeString(directory.resolve("printed.conf"), text);
        return new ConfigurationFiles(file, null, null, null, AutoGroup.NONE).read(Map.of()).configuration();
    }

    @ParameterizedTest
    @MethodSource
    void samplesReadBack(List<Path> files) throws Exception {
        Configuration sample = files.getFirst().toString().endsWith(".ini")
                ? ConfigurationFiles.convert(files, AutoGroup.NONE).configuration()
                : ConfigurationFile.read(files.getFirst(), AutoGroup.NONE);
        String text = ConfigurationText.of(sample);
        assertEquals(sample.orHost(), read(text), text);
    }

    static List<List<Path>> samplesReadBack() {
        return List.of(List.of(Path.of("../conf/bwmon.conf")), List.of(OldFilesTest.MONITORS),
                List.of(OldFilesTest.APPLICATIONS), List.of(OldFilesTest.NOTIFICATIONS),
                List.of(OldFilesTest.MONITORS, OldFilesTest.APPLICATIONS, OldFilesTest.NOTIFICATIONS));
    }

    @Test
    void theTextIsAsAPersonWouldWriteIt() throws Exception {
        assertEquals("""
                sources {
                  host {
                    type = monitor
                    "include" = ["nginx|ssh|python"]
                    exclude = ["^ssh .*backup.example.org"]
                    ignore-local = true
                  }
                  everything {
                    type = monitor
                  }
                  ssh {
                    type = pipe
                    listen = 2222
                    to = "backup.example.org:22"
                    limit = 100KiB/s
                  }
                  web {
                    type = pipe
                    listen = 8080
                    to = "[::1]:8080"
                  }
                }
                """, ConfigurationText
                .of(ConfigurationFiles.convert(List.of(OldFilesTest.MONITORS), AutoGroup.NONE).configuration()));
        assertEquals("""
                notifications {
                  n {
                    application = web
                    direction = tx
                    above = 5MB/s
                    average-over = 1m
                    clear-below = 512KiB/s
                    command = ["/bin/x", "{rate}"]
                  }
                }
                """, ConfigurationText.of(new Configuration(List.of(), List.of(), List.of(), AutoGroup.NONE,
                List.of(new Notification("n", new Subject.OfApplication("web"), Amount.TX,
                        new Condition.Rate(new Threshold(5_000_000, 524_288), Duration.ofMinutes(1), false),
                        Duration.ZERO, true,
                        new Delivery(List.of("/bin/x", "{rate}"), Delivery.DEFAULT_TIME_LIMIT, null, false))),
                General.DEFAULT)));
        assertEquals("# Everything is as without a file: one monitor of this host.\n",
                ConfigurationText.of(Configuration.ofHost(AutoGroup.NONE)));
    }

    @ParameterizedTest
    @CsvSource({"5000000, 5MB", "102400, 100KiB", "1024, 1KiB", "1000, 1kB", "1, 1B", "0, 0B", "10486272, 10486272B",
            "9223372036854775807, 9223372036854775807B", "1536000, 1500KiB", "1048576, 1MiB"})
    void bytesAreWrittenExactlyWithFewDigits(long bytes, String text) {
        assertEquals(text, Hocon.bytes(bytes));
    }

    @Test
    void randomConfigurationsReadBack() throws Exception {
        for (int i = 0; i < 1_000; i++) {
            Configuration configuration = configuration();
            String text = ConfigurationText.of(configuration);
            try {
                assertEquals(configuration, read(text), text);
            } catch (ProgramException e) {
                throw new AssertionError(text, e);
            }
        }
    }

    private Configuration configuration() {
        var general = random.nextBoolean()
                ? General.DEFAULT
                : new General(one(MonitorOptions.Kind.values()), random.nextBoolean(), 1 + random.nextInt(1_000_000),
                        Path.of("/tmp/" + text().replace("/", "")), duration(0), random.nextInt(1025));
        return new Configuration(
                many(1, i -> new MonitorFilter.Selection(name("m", i), many(0, _ -> ownerMatch()),
                        many(0, _ -> ownerMatch()), random.nextBoolean())),
                many(0, this::pipe),
                many(0, i -> new ApplicationRules(name("a", i), many(1, _ -> match()))), AutoGroup.EXECUTABLE,
                many(0, this::notification), general);
    }

    private PipeSpec pipe(int i) {
        PipeSpec.Listen listen = random.nextInt(4) == 0
                ? new PipeSpec.Listen.Unix(Path.of("/run/x y"))
                : new PipeSpec.Listen.Tcp(
                        random.nextBoolean() ? null : PipeSpec.bindAddress(one("::", "10.0.0.1", "::1")),
                        1 + random.nextInt(65_535));
        return new PipeSpec(name("p", i), listen,
                new PipeOptions(PipeSpec.target(one("host:1", "[2001:db8::1]:22", "unix:/x", "10.0.0.1:80"), listen),
                        1 + random.nextInt(20_000), duration(1), duration(0),
                        random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(quantity()),
                        one(ProxyProtocol.values())));
    }

    private Notification notification(int i) {
        Subject subject = switch (random.nextInt(4)) {
            case 0 -> new Subject.Everything();
            case 1 -> new Subject.OfApplication(text());
            case 2 -> new Subject.EachOwner(ownerMatch().owner());
            default -> new Subject.EachApplication(Rule.pattern(regex()));
        };
        Condition condition = switch (random.nextInt(3)) {
            case 0 -> {
                long above = quantity();
                yield new Condition.Rate(
                        new Threshold(above, random.nextBoolean() ? above : 1 + random.nextLong(above)),
                        Duration.ofSeconds(1 + random.nextInt(86_400)), random.nextBoolean());
            }
            case 1 -> {
                Period.Unit unit = one(Period.Unit.values());
                yield new Condition.Volume(quantity(), new Period(unit, switch (unit) {
                    case HOUR, DAY -> 1;
                    case WEEK -> 1 + random.nextInt(7);
                    case MONTH -> 1 + random.nextInt(31);
                }));
            }
            default -> new Condition.Silence(duration(1).plusSeconds(1));
        };
        List<String> command = random.nextBoolean()
                ? List.of()
                : List.of("/bin/" + "x".repeat(random.nextInt(100)), text(), "{rate}", text(), "{measure}");
        return new Notification(name("n", i), subject, one(Amount.values()), condition,
                random.nextBoolean() ? Duration.ZERO : duration(1).plusSeconds(1), random.nextBoolean(),
                new Delivery(command,
                        random.nextBoolean()
                                ? Delivery.DEFAULT_TIME_LIMIT
                                : Duration.ofMillis(1 + random.nextInt(3_600_000)),
                        random.nextBoolean() ? null : URI.create(one("http://h/?a=b&c#d", "https://u@[::1]:1/%20")),
                        random.nextBoolean()));
    }

    private Match ownerMatch() {
        List<Rule> all = List.of(Rule.command(regex()), new Rule.Name(Rule.pattern(regex())),
                new Rule.Executable(Rule.pattern(regex())), new Rule.Unit(Rule.pattern(regex())),
                new Rule.Pipe(Rule.pattern(regex())), new Rule.User(text().replace(" ", "")),
                new Rule.Container("4" + random.nextInt(1000)));
        var some = new ArrayList<Rule>(all.stream().filter(_ -> random.nextInt(3) == 0).toList());
        return new Match(some.isEmpty() ? List.of(all.getFirst()) : some, List.of());
    }

    private Match match() {
        var flow = new ArrayList<FlowRule>();
        if (random.nextInt(3) == 0) {
            flow.add(new FlowRule.Remote(many(1, _ -> random.nextBoolean()
                    ? new Network(Endpoint.ofIpv4(random.nextInt(), 0), random.nextInt(33))
                    : new Network(Endpoint.ofIpv6(random.nextLong() | 1, random.nextLong(), 0), random.nextInt(129)))));
        }
        if (random.nextInt(3) == 0) {
            flow.add(new FlowRule.Port(many(1, _ -> {
                int first = 1 + random.nextInt(60_000);
                return new PortRange(first, first + random.nextInt(2) * random.nextInt(5000));
            })));
        }
        if (random.nextInt(3) == 0) {
            flow.add(new FlowRule.OfClass(EnumSet.of(one(TrafficClass.values()), one(TrafficClass.values()))));
        }
        return new Match(flow.isEmpty() || random.nextBoolean() ? ownerMatch().owner() : List.of(), flow);
    }

    private <T> List<T> many(int least, IntFunction<T> maker) {
        return IntStream.range(0, least + random.nextInt(4)).mapToObj(maker).toList();
    }

    @SafeVarargs
    private <T> T one(T... values) {
        return values[random.nextInt(values.length)];
    }

    private String text() {
        return TEXTS.get(random.nextInt(TEXTS.size()));
    }

    /** Unlike all others in its list, by its number. */
    private String name(String kind, int i) {
        return random.nextBoolean() ? text() + kind + i : kind + i;
    }

    private String regex() {
        String text = text();
        return random.nextBoolean()
                ? java.util.regex.Pattern.quote(text)
                : "^" + text.replaceAll("[^A-Za-z]", ".") + "\\n?$";
    }

    private long quantity() {
        long unit = one(1L, 1000L, 1024L, 1_000_000L, 1L << 20, 1_000_000_000L, 1L << 40);
        return unit * (1 + random.nextInt(5000));
    }

    private Duration duration(long least) {
        long unit = one(1L, 1000L, 1_000_000L, 1_000_000_000L, 60_000_000_000L, 86_400_000_000_000L);
        return Duration.ofNanos(unit * (least + random.nextInt(300)));
    }
}
