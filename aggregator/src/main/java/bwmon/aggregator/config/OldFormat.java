package bwmon.aggregator.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.aggregator.usage.Amount;
import bwmon.cli.Numbers;
import bwmon.cli.ProgramException;
import bwmon.cli.Rule;
import bwmon.proxy.PipeSpec;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;
import com.google.re2j.Pattern;

/** What the sections of bwmon 1.x's three kinds of file say. */
final class OldFormat {
    /** A kB/s of bwmon 1.x, in bytes a second. */
    private static final BigDecimal KILOBYTE = BigDecimal.valueOf(1024);
    private static final BigDecimal MAX_KILOBYTES = BigDecimal.valueOf(Long.MAX_VALUE / 1024);

    private OldFormat() {}

    private static void checkName(IniSection section) throws ProgramException {
        if (!Text.isName(section.name())) {
            throw section.error(Text.EXPECTED);
        }
    }

    /** A section of a monitors file with {@code type=monitor}. */
    static MonitorFilter.Selection monitor(IniSection section) throws ProgramException {
        checkName(section);
        section.text("type");
        return new MonitorFilter.Selection(section.name(), rule(section, "include"), rule(section, "exclude"),
                section.parsed("ignorelocal", OldFormat::bool).orElse(false));
    }

    private static List<Match> rule(IniSection section, String key) throws ProgramException {
        Optional<Pattern> pattern = section.parsed(key, PythonRegex::compile);
        return pattern.map(p -> List.of(Match.of(new Rule.Command(p)))).orElse(List.of());
    }

    /** As ConfigParser.getboolean. */
    private static boolean bool(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "1", "yes", "true", "on" -> true;
            case "0", "no", "false", "off" -> false;
            default -> throw new IllegalArgumentException("'" + text + "' is neither true nor false");
        };
    }

    /** A section of a monitors file with {@code type=pipe}. It listens on loopback, whereas bwmon 1.x was open to everybody. */
    static PipeSpec pipe(IniSection section) throws ProgramException {
        checkName(section);
        section.text("type");
        int port = section.required("port", OldFormat::port, "the local port");
        int newPort = section.parsed("newport", OldFormat::port).orElse(port);
        var target = section.required("newhost", host -> PipeSpec.tcpTarget(host, newPort), "the remote host");
        long limit = rate(section, "shape_threshold");
        return new PipeSpec(section.name(), new PipeSpec.Listen.Tcp(null, port),
                new PipeOptions(target, PipeSpec.DEFAULT_MAX_CONNECTIONS, PipeSpec.DEFAULT_CONNECT_TIMEOUT,
                        Duration.ZERO,
                        limit == 0 ? OptionalLong.empty() : OptionalLong.of(limit), ProxyProtocol.NONE));
    }

    private static int port(String text) {
        return Numbers.integer(text, 1, 65_535);
    }

    /** kB/s of 1024 bytes; absent or 0 is none. */
    private static long rate(IniSection section, String key) throws ProgramException {
        return section.parsed(key, text -> {
            BigDecimal kilobytes = Numbers.isNumber(text) ? new BigDecimal(text) : MAX_KILOBYTES.add(BigDecimal.ONE);
            if (kilobytes.compareTo(MAX_KILOBYTES) > 0) {
                throw new IllegalArgumentException(
                        "'" + text + "' is no number of kB/s: expected one such as 500, or 0 for none");
            }
            // What is not 0 stays a threshold, however small.
            return kilobytes.multiply(KILOBYTE).setScale(0, RoundingMode.UP).longValueExact();
        }).orElse(0L);
    }

    /** A section of an applications file: each value is a rule, whatever its key. */
    static ApplicationRules application(IniSection section) throws ProgramException {
        checkName(section);
        var rules = new ArrayList<Match>();
        for (String key : section.keys()) {
            rules.add(Match.of(new Rule.Command(section.required(key, PythonRegex::compile, "a regular expression"))));
        }
        if (rules.isEmpty()) {
            throw section.error("has no rule: expected one or more such as name=regular expression");
        }
        return new ApplicationRules(section.name(), rules);
    }

    /**
     * A section of a notifications file: one notification for each threshold. Where there are several, their labels are the
     * section's with -in, -out or -total behind. {@code notification_threshold}, of which bwmon 1.x's manual only spoke, is for
     * both directions together.
     */
    static List<Notification> notifications(IniSection section) throws ProgramException {
        checkName(section);
        Pattern filter = section.required("process_filter", PythonRegex::compile, "a regular expression");
        Duration window = section.parsed("interval", OldFormat::seconds).orElse(ConditionSection.DEFAULT_WINDOW);
        List<String> command = section.parsed("notification_command", ShellWords::split).orElse(List.of());
        if (!command.isEmpty() && !CommandWords.namesProgram(command.getFirst())) {
            throw section.error("notification_command", "the first word has to name a program");
        }
        var delivery = new Delivery(command, Delivery.DEFAULT_TIME_LIMIT, null, false);
        var rates = new EnumMap<Amount, Long>(Amount.class);
        rates.put(Amount.RX, rate(section, "in_threshold"));
        rates.put(Amount.TX, rate(section, "out_threshold"));
        rates.put(Amount.TOTAL, rate(section, "notification_threshold"));
        rates.values().removeIf(rate -> rate == 0);
        var notifications = new ArrayList<Notification>();
        rates.forEach((amount, rate) -> notifications
                .add(new Notification(section.name() + (rates.size() > 1 ? suffix(amount) : ""),
                        new Subject.EachApplication(filter), amount,
                        new Condition.Rate(new Threshold(rate), window, false), Duration.ZERO, false, delivery)));
        return notifications;
    }

    private static String suffix(Amount amount) {
        return switch (amount) {
            case RX -> "-in";
            case TX -> "-out";
            case TOTAL -> "-total";
        };
    }

    private static Duration seconds(String text) {
        Duration window = Numbers.seconds(text);
        if (!ConditionSection.isWindow(window)) {
            throw new IllegalArgumentException("'" + text + "': expected 1 to 86400 seconds");
        }
        return window;
    }
}
