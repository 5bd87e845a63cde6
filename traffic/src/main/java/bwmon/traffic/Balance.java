package bwmon.traffic;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The sum that must come out: bytes of the interfaces = bytes named + bytes unattributed, by cause, less what of them moved in
 * other network namespaces.
 *
 * @param interfaces what each interface's own counters gained in the interval, by name; empty where the source cannot
 *     read them
 * @param named what was charged to owners with a name
 * @param unattributed what was not, by cause; causes without traffic are left out
 * @param segmentation how much of all that is headers and packets of segmentation that an interface may not count: see
 *     {@link Report}
 * @param elsewhere how much of what was charged moved in other network namespaces than that of the interfaces
 * @param lostEvents events that the kernel could not deliver, 0 or more
 */
public record Balance(Map<String, ByteCounts> interfaces, ByteCounts named, Map<Owner.Cause, ByteCounts> unattributed,
        ByteCounts segmentation, ByteCounts elsewhere, long lostEvents) {

    public Balance {
        if (lostEvents < 0) {
            throw new IllegalArgumentException("lost events are 0 or more, not " + lostEvents);
        }
        interfaces = Collections.unmodifiableMap(new TreeMap<>(interfaces));
        var causes = new EnumMap<Owner.Cause, ByteCounts>(Owner.Cause.class);
        causes.putAll(unattributed);
        unattributed = Collections.unmodifiableMap(causes);
    }

    /** A balance of one network namespace. */
    public Balance(Map<String, ByteCounts> interfaces, ByteCounts named, Map<Owner.Cause, ByteCounts> unattributed,
            ByteCounts segmentation, long lostEvents) {
        this(interfaces, named, unattributed, segmentation, ByteCounts.ZERO, lostEvents);
    }

    /** Such a balance without segmentation. */
    public Balance(Map<String, ByteCounts> interfaces, ByteCounts named, Map<Owner.Cause, ByteCounts> unattributed,
            long lostEvents) {
        this(interfaces, named, unattributed, ByteCounts.ZERO, lostEvents);
    }

    /** The balance of one report. */
    public static Balance of(Report report) {
        return of(report.interfaces(), report.usages(), report.segmentation(), report.elsewhere(),
                report.lostEvents());
    }

    /** The balance of usages in one network namespace, as the other one. */
    public static Balance of(Map<String, ByteCounts> interfaces, Iterable<Usage> usages,
            ByteCounts segmentation, long lostEvents) {
        return of(interfaces, usages, segmentation, ByteCounts.ZERO, lostEvents);
    }

    /**
     * The balance of usages, summed up.
     *
     * @param interfaces as in the record
     * @param usages every usage of the interval, named or not
     * @param segmentation as in the record
     * @param elsewhere as in the record
     * @param lostEvents as in the record
     * @throws ArithmeticException if a sum overflows
     */
    public static Balance of(Map<String, ByteCounts> interfaces, Iterable<Usage> usages,
            ByteCounts segmentation, ByteCounts elsewhere, long lostEvents) {
        ByteCounts named = ByteCounts.ZERO;
        var unattributed = new EnumMap<Owner.Cause, ByteCounts>(Owner.Cause.class);
        for (Usage usage : usages) {
            if (usage.owner() instanceof Owner.Unattributed(var cause)) {
                unattributed.merge(cause, usage.counts(), ByteCounts::plus);
            } else {
                named = named.plus(usage.counts());
            }
        }
        return new Balance(interfaces, named, unattributed, segmentation, elsewhere, lostEvents);
    }

    /**
     * Both intervals as one.
     *
     * @throws ArithmeticException if a sum overflows
     */
    public Balance plus(Balance next) {
        var gains = new TreeMap<>(interfaces);
        next.interfaces.forEach((name, counts) -> gains.merge(name, counts, ByteCounts::plus));
        var causes = new EnumMap<Owner.Cause, ByteCounts>(Owner.Cause.class);
        causes.putAll(unattributed);
        next.unattributed.forEach((cause, counts) -> causes.merge(cause, counts, ByteCounts::plus));
        return new Balance(gains, named.plus(next.named), causes, segmentation.plus(next.segmentation),
                elsewhere.plus(next.elsewhere),
                Math.addExact(lostEvents, next.lostEvents));
    }
}
