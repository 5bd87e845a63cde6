package bwmon.monitor.console;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Endpoint;
import bwmon.traffic.Flow;
import bwmon.traffic.Owner;
import bwmon.traffic.Protocol;
import bwmon.traffic.Report;
import bwmon.traffic.Usage;
import org.jspecify.annotations.Nullable;

/** Values that tests of models and views need. */
public final class Samples {
    /** 10:00:01 in UTC. */
    public static final Instant AT = Instant.parse("2026-11-21T10:00:01Z");
    public static final Duration SECOND = Duration.ofSeconds(1);
    public static final Flow WEB = tcp("192.0.2.1:40000", "198.51.100.7:443");
    public static final Flow LOCAL = tcp("127.0.0.1:5000", "127.0.0.1:80");

    private Samples() {}

    public static Owner.Process process(int pid, String command) {
        return process(pid, command, "root", "/");
    }

    public static Owner.Process process(int pid, String command, @Nullable String user, @Nullable String cgroup) {
        String word = command.split(" ", 2)[0];
        return new Owner.Process(new Owner.ProcessId(pid, 100L + pid), word.substring(word.lastIndexOf('/') + 1),
                command,
                user, cgroup, null, null);
    }

    public static Owner nobody(Owner.Cause cause) {
        return new Owner.Unattributed(cause);
    }

    /** An IPv4 endpoint such as {@code 192.0.2.1:80}. */
    public static Endpoint endpoint(String text) {
        String[] parts = text.split("[.:]", 5);
        var address = new byte[4];
        for (int i = 0; i < 4; i++) {
            address[i] = (byte) Integer.parseInt(parts[i]);
        }
        return Endpoint.of(address, Integer.parseInt(parts[4]));
    }

    public static Flow tcp(String local, String remote) {
        return new Flow(Protocol.TCP, endpoint(local), endpoint(remote));
    }

    public static Flow udp(String local, String remote) {
        return new Flow(Protocol.UDP, endpoint(local), endpoint(remote));
    }

    /** IP bytes, a packet for each begun 1,000 of them, payload unknown. */
    public static ByteCounts ip(long rx, long tx) {
        return ByteCounts.ofIp(rx, tx, (rx + 999) / 1000, (tx + 999) / 1000);
    }

    public static Usage usage(Owner owner, Flow flow, long rx, long tx) {
        return new Usage(owner, flow, ip(rx, tx));
    }

    /** A report of one second from a source that reads no interfaces. */
    public static Report report(Usage... usages) {
        return new Report("conntrack", SECOND, List.of(usages));
    }

    /** A model of all groupings in which nothing is left out and nobody ends. */
    public static Model model() {
        return new Model(EnumSet.allOf(Grouping.class), Selection.everything(), _ -> true);
    }

    public static Picture next(Model model, Usage... usages) {
        return model.next(report(usages), AT, null);
    }

    /** What moved by label, as {@code rx/tx}. */
    public static Map<String, String> moved(Picture picture, Grouping grouping, Listing.Amount amount) {
        var map = new TreeMap<String, String>();
        for (Row row : picture.rows(grouping)) {
            ByteCounts counts = amount.of(row);
            if (!counts.isNothing()) {
                map.put(row.subject().label(), text(counts));
            }
        }
        return map;
    }

    public static String text(ByteCounts counts) {
        var text = new StringBuilder();
        for (var direction : Direction.values()) {
            text.append(text.isEmpty() ? "" : "/").append(
                    counts.bytes(direction).isPresent() ? Long.toString(counts.bytes(direction).getAsLong()) : "-");
        }
        return text.toString();
    }

    public static Set<Grouping> only(Grouping grouping) {
        return EnumSet.of(grouping);
    }
}
