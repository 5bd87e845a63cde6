package bwmon.monitor.trial;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

import bwmon.traffic.ByteCounts;
import bwmon.traffic.Direction;
import bwmon.traffic.Report;

/** What was charged to whom, added up over all reports of one monitor. */
final class Tally {
    private final List<Charge> charges = new ArrayList<>();
    private final Map<Direction, Long> segmentation = new EnumMap<>(Map.of(Direction.RX, 0L, Direction.TX, 0L));
    private final Map<Direction, Long> elsewhere = new EnumMap<>(Map.of(Direction.RX, 0L, Direction.TX, 0L));
    private final Map<String, ByteCounts> interfaces = new TreeMap<>();
    private long lost;

    void add(Report report) {
        report.usages().forEach(usage -> charges.add(Charge.of(usage)));
        add(report.segmentation().bytes(Direction.RX).orElse(0), report.segmentation().bytes(Direction.TX).orElse(0),
                report.lostEvents());
        for (Direction direction : Direction.values()) {
            elsewhere.merge(direction, Openers.elsewhere(report).bytes(direction).orElse(0), Long::sum);
        }
        report.interfaces().forEach((name, counts) -> interfaces.merge(name, counts, ByteCounts::plus));
    }

    void add(Charge charge) {
        charges.add(charge);
    }

    void add(long rxSegmentation, long txSegmentation, long lostEvents) {
        segmentation.merge(Direction.RX, rxSegmentation, Long::sum);
        segmentation.merge(Direction.TX, txSegmentation, Long::sum);
        lost += lostEvents;
    }

    List<Charge> charges() {
        return Collections.unmodifiableList(charges);
    }

    /** IP bytes of those charges; absent ones count nothing. */
    long bytes(Predicate<Charge> which, Direction direction) {
        return charges.stream().filter(which).mapToLong(c -> Math.max(0, c.bytes(direction))).sum();
    }

    /** Payload of those charges; absent payload counts nothing. */
    long payload(Predicate<Charge> which, Direction direction) {
        return charges.stream().filter(which).mapToLong(c -> Math.max(0, c.payload(direction))).sum();
    }

    long segmentation(Direction direction) {
        return segmentation.getOrDefault(direction, 0L);
    }

    /** How much of all that was charged moved in other network namespaces. */
    long elsewhere(Direction direction) {
        return elsewhere.getOrDefault(direction, 0L);
    }

    /** What the monitor says that the interfaces gained. */
    Map<String, ByteCounts> interfaces() {
        return Collections.unmodifiableMap(interfaces);
    }

    long lost() {
        return lost;
    }

    static Predicate<Charge> process(int pid) {
        return charge -> charge.kind().equals("process") && charge.pid() == pid;
    }

    static Predicate<Charge> hostOf(String address) {
        return charge -> charge.kind().equals("host") && charge.command().equals(address);
    }

    static Predicate<Charge> cause(String label) {
        return charge -> charge.isUnattributed() && charge.command().equals(label);
    }

    /** Sums by owner, for messages and figures. */
    @Override
    public String toString() {
        var owners = new TreeMap<String, long[]>();
        for (Charge charge : charges) {
            long[] sums = owners.computeIfAbsent(charge.kind() + " " + charge.pid() + " "
                    + charge.command().substring(0, Math.min(40, charge.command().length())), name -> new long[5]);
            sums[0] += Math.max(0, charge.rxBytes());
            sums[1] += Math.max(0, charge.txBytes());
            sums[2] += Math.max(0, charge.rxPayload());
            sums[3] += Math.max(0, charge.txPayload());
            sums[4] += charge.rxBytes() < 0 || charge.txBytes() < 0 ? 1 : 0;
        }
        var text = new StringBuilder();
        int shown = 0;
        for (Map.Entry<String, long[]> owner : owners.entrySet()) {
            long[] sums = owner.getValue();
            if (shown++ < 12) {
                text.append(String.format("%n    %s: IP %d/%d payload %d/%d%s", owner.getKey(), sums[0], sums[1],
                        sums[2], sums[3], sums[4] > 0 ? ", " + sums[4] + " without IP bytes" : ""));
            }
        }
        if (shown > 12) {
            text.append(String.format("%n    and %d more", shown - 12));
        }
        return text + String.format("%n    segmentation %d/%d, elsewhere %d/%d, lost %d", segmentation(Direction.RX),
                segmentation(Direction.TX), elsewhere(Direction.RX), elsewhere(Direction.TX), lost);
    }
}
