package bwmon.traffic;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What one source saw in one interval: differences since its last report, to be added up.
 *
 * @param source the source's name, see {@link TrafficSource#name}
 * @param interval how long the interval was, by a monotonic clock; since the source was opened for its first report
 * @param usages what moved; an owner or a flow that moved nothing is left out, one may stand in several entries
 * @param interfaces what the interfaces' own counters gained, by name; empty where the source does not read them
 * @param segmentation how much of the usages' IP bytes and packets, summed up, are headers and packets that only
 *     segmentation makes (or receive offload took away): an interface that does it in hardware, or hands such packets on
 *     whole, may not count them
 * @param elsewhere how much of the usages, summed up, moved in other network namespaces than that of the interfaces, which
 *     did not carry it, or carried it for others
 * @param lostEvents events that the source knows it lost in this interval
 */
public record Report(String source, Duration interval, List<Usage> usages, Map<String, ByteCounts> interfaces,
        ByteCounts segmentation, ByteCounts elsewhere, long lostEvents) {

    public Report {
        if (interval.isNegative()) {
            throw new IllegalArgumentException("an interval is 0 or longer, not " + interval);
        }
        usages = List.copyOf(usages);
        interfaces = Map.copyOf(interfaces);
    }

    /** A report of a source that looks at one network namespace only. */
    public Report(String source, Duration interval, List<Usage> usages, Map<String, ByteCounts> interfaces,
            ByteCounts segmentation, long lostEvents) {
        this(source, interval, usages, interfaces, segmentation, ByteCounts.ZERO, lostEvents);
    }

    /** A report of such a source that does not correct for segmentation either. */
    public Report(String source, Duration interval, List<Usage> usages, Map<String, ByteCounts> interfaces,
            long lostEvents) {
        this(source, interval, usages, interfaces, ByteCounts.ZERO, lostEvents);
    }

    /** A report of a source that neither reads interfaces nor can lose events. */
    public Report(String source, Duration interval, List<Usage> usages) {
        this(source, interval, usages, Map.of(), 0);
    }
}
