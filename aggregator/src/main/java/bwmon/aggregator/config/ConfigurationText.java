package bwmon.aggregator.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Delivery;
import bwmon.aggregator.alert.Notification;
import bwmon.aggregator.alert.Period;
import bwmon.aggregator.alert.Subject;
import bwmon.aggregator.grouping.ApplicationRules;
import bwmon.aggregator.grouping.AutoGroup;
import bwmon.aggregator.grouping.FlowRule;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.grouping.MonitorFilter;
import bwmon.aggregator.grouping.Network;
import bwmon.aggregator.grouping.TrafficClass;
import bwmon.aggregator.usage.Amount;
import bwmon.cli.Rule;
import bwmon.proxy.PipeSpec;
import bwmon.proxy.relay.PipeOptions;
import bwmon.proxy.relay.ProxyProtocol;

/** Writes a configuration as a HOCON file that reads back as an equal one; what is as without a file is left out. */
public final class ConfigurationText {
    private final Hocon hocon = new Hocon();
    private boolean isFirst = true;

    private ConfigurationText() {}

    /** The text of a file, with a line feed at its end. */
    public static String of(Configuration configuration) {
        var text = new ConfigurationText();
        text.general(configuration);
        text.sources(configuration);
        text.applications(configuration.applications());
        text.notifications(configuration.notifications());
        return text.isFirst ? "# Everything is as without a file: one monitor of this host.\n" : text.hocon.toString();
    }

    private void paragraph() {
        if (!isFirst) {
            hocon.blankLine();
        }
        isFirst = false;
    }

    private void general(Configuration configuration) {
        General general = configuration.general();
        General otherwise = General.DEFAULT;
        if (general.equals(otherwise) && configuration.autoGroup() == AutoGroup.NONE) {
            return;
        }
        paragraph();
        if (configuration.autoGroup() != AutoGroup.NONE) {
            hocon.line("auto-group", configuration.autoGroup().label());
        }
        if (general.source() != otherwise.source()) {
            hocon.line("source", General.label(general.source()));
        }
        if (general.setup() != otherwise.setup()) {
            hocon.line("setup", Boolean.toString(general.setup()));
        }
        if (general.maxRows() != otherwise.maxRows()) {
            hocon.line("max-rows", Integer.toString(general.maxRows()));
        }
        if (!general.stateFile().equals(otherwise.stateFile())) {
            hocon.line("state-file", Hocon.quoted(general.stateFile().toString()));
        }
        if (!general.healthEvery().equals(otherwise.healthEvery())) {
            hocon.line("health-every", Hocon.duration(general.healthEvery()));
        }
        if (general.threads() != otherwise.threads()) {
            hocon.line("threads", Integer.toString(general.threads()));
        }
    }

    private void sources(Configuration configuration) {
        boolean isDefault = configuration.pipes().isEmpty()
                && (configuration.monitors().isEmpty()
                        || configuration.monitors().equals(List.of(Configuration.EVERYTHING)));
        if (isDefault) {
            return;
        }
        paragraph();
        hocon.open("sources");
        for (MonitorFilter.Selection monitor : configuration.monitors()) {
            hocon.open(monitor.name()).line("type", "monitor");
            rules("include", monitor.include());
            rules("exclude", monitor.exclude());
            if (monitor.ignoreLocal()) {
                hocon.line("ignore-local", "true");
            }
            hocon.close();
        }
        configuration.pipes().forEach(this::pipe);
        hocon.close();
    }

    private void pipe(PipeSpec pipe) {
        PipeOptions options = pipe.options();
        hocon.open(pipe.owner().name()).line("type", "pipe");
        switch (pipe.listen()) {
            case PipeSpec.Listen.Tcp tcp -> {
                hocon.line("listen", Integer.toString(tcp.port()));
                if (tcp.bind() != null) {
                    hocon.line("bind", Hocon.quoted(tcp.bind().getHostAddress()));
                }
            }
            case PipeSpec.Listen.Unix unix -> hocon.line("listen", Hocon.quoted(unix.toString()));
        }
        hocon.line("to", Hocon.quoted(options.target().toString()));
        options.bytesPerSecond().ifPresent(limit -> hocon.line("limit", Hocon.rate(limit)));
        if (options.maxConnections() != PipeSpec.DEFAULT_MAX_CONNECTIONS) {
            hocon.line("max-connections", Integer.toString(options.maxConnections()));
        }
        if (!options.connectTimeout().equals(PipeSpec.DEFAULT_CONNECT_TIMEOUT)) {
            hocon.line("connect-timeout", Hocon.duration(options.connectTimeout()));
        }
        if (!options.idleTimeout().isZero()) {
            hocon.line("idle-timeout", Hocon.duration(options.idleTimeout()));
        }
        if (options.proxyProtocol() != ProxyProtocol.NONE) {
            hocon.line("send-proxy", options.proxyProtocol().name().toLowerCase(Locale.ROOT));
        }
        hocon.close();
    }

    private void applications(List<ApplicationRules> applications) {
        if (applications.isEmpty()) {
            return;
        }
        paragraph();
        hocon.open("applications");
        for (ApplicationRules application : applications) {
            hocon.open(application.name());
            rules("match", application.rules());
            hocon.close();
        }
        hocon.close();
    }

    private void rules(String key, List<Match> rules) {
        if (!rules.isEmpty()) {
            hocon.list(key, rules.stream().map(rule -> rule(rule.owner(), rule.flow())).toList());
        }
    }

    private static String rule(List<Rule> owner, List<FlowRule> flow) {
        if (flow.isEmpty() && owner.size() == 1 && owner.getFirst() instanceof Rule.Command command) {
            return Hocon.quoted(command.pattern().pattern());
        }
        var keys = new ArrayList<String>();
        for (Rule rule : owner) {
            keys.add(switch (rule) {
                case Rule.Command command -> "command = " + Hocon.quoted(command.pattern().pattern());
                case Rule.Name name -> "name = " + Hocon.quoted(name.pattern().pattern());
                case Rule.Executable executable -> "executable = " + Hocon.quoted(executable.pattern().pattern());
                case Rule.Unit unit -> "unit = " + Hocon.quoted(unit.pattern().pattern());
                case Rule.Pipe pipe -> "pipe = " + Hocon.quoted(pipe.pattern().pattern());
                case Rule.User user -> "user = " + Hocon.word(user.name());
                case Rule.Container container -> "container = " + Hocon.word(container.beginning());
            });
        }
        for (FlowRule rule : flow) {
            keys.add(switch (rule) {
                case FlowRule.Remote remote ->
                    "remote = " + oneOrMany(remote.networks().stream().map(ConfigurationText::network).toList());
                case FlowRule.Port port ->
                    "port = " + oneOrMany(port.ranges().stream().map(range -> range.toString()).toList());
                case FlowRule.OfClass of ->
                    "class = " + oneOrMany(of.classes().stream().sorted().map(TrafficClass::label).toList());
            });
        }
        return "{ " + String.join(", ", keys) + " }";
    }

    private static String network(Network network) {
        boolean isAddress = network.prefixLength() == (network.address().isIpv6() ? 128 : 32);
        return Hocon.quoted(isAddress ? network.address().host() : network.toString());
    }

    private static String oneOrMany(List<String> values) {
        return values.size() == 1 ? values.getFirst() : "[" + String.join(", ", values) + "]";
    }

    private void notifications(List<Notification> notifications) {
        if (notifications.isEmpty()) {
            return;
        }
        paragraph();
        hocon.open("notifications");
        for (Notification notification : notifications) {
            hocon.open(notification.label());
            subject(notification.subject());
            if (notification.amount() != Amount.TOTAL || notification.condition() instanceof Condition.Rate) {
                hocon.line("direction", notification.amount().label());
            }
            condition(notification.condition());
            if (!notification.repeatEvery().isZero()) {
                hocon.line("repeat-every", Hocon.duration(notification.repeatEvery()));
            }
            if (!notification.tellsResolved()) {
                hocon.line("tell-resolved", "false");
            }
            delivery(notification.delivery());
            hocon.close();
        }
        hocon.close();
    }

    private void subject(Subject subject) {
        switch (subject) {
            case Subject.Everything _ -> hocon.line("everything", "true");
            case Subject.OfApplication application -> hocon.line("application", Hocon.word(application.name()));
            case Subject.EachOwner each -> hocon.line("process", rule(each.rules(), List.of()));
            case Subject.EachApplication each -> hocon.line("each", Hocon.quoted(each.pattern().pattern()));
        }
    }

    private void condition(Condition condition) {
        switch (condition) {
            case Condition.Rate rate -> {
                hocon.line("above", Hocon.rate(rate.threshold().above()));
                if (!rate.averageOver().equals(ConditionSection.DEFAULT_WINDOW)) {
                    hocon.line("average-over", Hocon.duration(rate.averageOver()));
                }
                if (rate.threshold().clearBelow() != rate.threshold().above()) {
                    hocon.line("clear-below", Hocon.rate(rate.threshold().clearBelow()));
                }
                if (rate.beforeFull()) {
                    hocon.line("compare-early", "true");
                }
            }
            case Condition.Volume volume -> {
                hocon.line("above", Hocon.bytes(volume.above()));
                Period period = volume.period();
                hocon.line("period", period.unit().label());
                if (period.resetDay() != 1) {
                    hocon.line("reset-day", Integer.toString(period.resetDay()));
                }
            }
            case Condition.Silence silence -> hocon.line("no-traffic-for", Hocon.duration(silence.atLeast()));
        }
    }

    private static String word(String word, boolean isAlone) {
        return CommandWords.isPlain(word) && !(isAlone && word.contains(" "))
                ? Hocon.quoted(word)
                : "{ as-is = " + Hocon.quoted(word) + " }";
    }

    private void delivery(Delivery delivery) {
        List<String> words = delivery.command();
        if (!words.isEmpty()) {
            hocon.list("command", words.stream().map(word -> word(word, words.size() == 1)).toList());
        }
        if (!delivery.timeLimit().equals(Delivery.DEFAULT_TIME_LIMIT)) {
            hocon.line("time-limit", Hocon.duration(delivery.timeLimit()));
        }
        if (delivery.webhook() != null) {
            hocon.line("webhook", Hocon.quoted(delivery.webhook().toString()));
        }
        if (delivery.toSystemLog()) {
            hocon.line("system-log", "true");
        }
    }
}
