package bwmon.aggregator.config;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Function;

import bwmon.aggregator.grouping.FlowRule;
import bwmon.aggregator.grouping.Match;
import bwmon.aggregator.grouping.Network;
import bwmon.aggregator.grouping.PortRange;
import bwmon.aggregator.grouping.TrafficClass;
import bwmon.cli.Numbers;
import bwmon.cli.ProgramException;
import bwmon.cli.Rule;
import bwmon.cli.Settings;
import bwmon.traffic.Endpoint;
import io.netty.util.NetUtil;

/** Reads a rule: an object whose keys must all hold; a text alone is the key {@code command}. */
final class RuleSection {
    /** So many networks or ports may one rule list; each is compared in turn. */
    private static final int MAX_LIST = 1000;

    private RuleSection() {}

    /** A rule over owners and over where the bytes go. */
    static Match read(Settings section) throws ProgramException {
        List<Rule> owner = ownerRules(section);
        var flow = new ArrayList<FlowRule>();
        List<Network> remote = list(section, "remote", RuleSection::network);
        if (!remote.isEmpty()) {
            flow.add(new FlowRule.Remote(remote));
        }
        List<PortRange> ports = list(section, "port", PortRange::parse);
        if (!ports.isEmpty()) {
            flow.add(new FlowRule.Port(ports));
        }
        List<TrafficClass> classes = list(section, "class", RuleSection::trafficClass);
        if (!classes.isEmpty()) {
            flow.add(new FlowRule.OfClass(EnumSet.copyOf(classes)));
        }
        return match(section, owner, flow);
    }

    /** A rule over owners alone. */
    static Match owners(Settings section) throws ProgramException {
        return match(section, ownerRules(section), List.of());
    }

    private static Match match(Settings section, List<Rule> owner, List<FlowRule> flow) throws ProgramException {
        section.end();
        if (owner.isEmpty() && flow.isEmpty()) {
            throw section.error("asks for nothing and would match everything: expected a key such as name = \"REGEX\"");
        }
        return new Match(owner, flow);
    }

    private static List<Rule> ownerRules(Settings section) throws ProgramException {
        var rules = new ArrayList<Rule>();
        section.parsed("command", Rule::command).ifPresent(rules::add);
        section.parsed("name", Rule::pattern).map(Rule.Name::new).ifPresent(rules::add);
        section.parsed("executable", Rule::pattern).map(Rule.Executable::new).ifPresent(rules::add);
        section.parsed("unit", Rule::pattern).map(Rule.Unit::new).ifPresent(rules::add);
        section.parsed("pipe", Rule::pattern).map(Rule.Pipe::new).ifPresent(rules::add);
        section.parsed("user", text -> new Rule.User(word(text, "the name or the number of a user")))
                .ifPresent(rules::add);
        section.parsed("container", text -> new Rule.Container(word(text, "the beginning of a container's id")))
                .ifPresent(rules::add);
        return rules;
    }

    private static String word(String text, String expected) {
        if (text.isEmpty() || text.chars().anyMatch(c -> c <= ' ')) {
            throw new IllegalArgumentException("'" + text + "': expected " + expected);
        }
        return text;
    }

    private static <T> List<T> list(Settings section, String key, Function<String, T> parser)
            throws ProgramException {
        List<T> list = section.list(key, parser);
        if (list.isEmpty() && section.has(key)) {
            throw section.error(key, "is empty, and nothing would match");
        }
        if (list.size() > MAX_LIST) {
            throw section.error(key, "has " + list.size() + " elements: expected at most " + MAX_LIST);
        }
        return list;
    }

    /** An address, or a network in CIDR notation (RFC 4632, RFC 4291); a name is not looked up. */
    private static Network network(String text) {
        int slash = text.indexOf('/');
        byte[] address = NetUtil.createByteArrayFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no network: expected one such as 10.0.0.0/8 or 2001:db8::/32, or an address");
        }
        Endpoint endpoint = Endpoint.of(address, 0);
        int bits = endpoint.isIpv6() ? 128 : 32;
        return new Network(endpoint, slash < 0 ? bits : Numbers.integer(text.substring(slash + 1), 0, bits));
    }

    private static TrafficClass trafficClass(String text) {
        for (TrafficClass known : TrafficClass.values()) {
            if (known.label().equals(text)) {
                return known;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no class of traffic: expected loopback, lan or internet");
    }
}
