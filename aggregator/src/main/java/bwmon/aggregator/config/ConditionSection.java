package bwmon.aggregator.config;

import java.time.Duration;
import java.util.List;

import bwmon.aggregator.alert.Condition;
import bwmon.aggregator.alert.Period;
import bwmon.aggregator.alert.Threshold;
import bwmon.aggregator.rate.WindowAverage;
import bwmon.cli.ProgramException;
import bwmon.cli.Settings;
import bwmon.traffic.ByteQuantity;

/** Reads when a notification fires. */
final class ConditionSection {
    /** As bwmon 1.x. */
    static final Duration DEFAULT_WINDOW = Duration.ofSeconds(1);
    private static final Duration MIN_SILENCE = Duration.ofSeconds(1);
    private static final List<String> OF_RATES = List.of("clear-below", "average-over", "compare-early");
    private static final List<String> OF_VOLUMES = List.of("period", "reset-day");

    private ConditionSection() {}

    static Condition read(Settings section) throws ProgramException {
        if (section.has("no-traffic-for")) {
            refuse(section, List.of("above"), "no-traffic-for");
            refuse(section, OF_RATES, "no-traffic-for");
            refuse(section, OF_VOLUMES, "no-traffic-for");
            Duration atLeast = section.duration("no-traffic-for").orElseThrow();
            if (atLeast.compareTo(MIN_SILENCE) < 0) {
                throw section.error("no-traffic-for", "expected 1 second or more");
            }
            return new Condition.Silence(atLeast);
        }
        if (!section.has("above")) {
            throw section.error("above", "is missing: expected a rate such as above = 5MB/s, or above = 50GB with"
                    + " period = month, or no-traffic-for = 5m");
        }
        return section.has("period") ? volume(section) : rate(section);
    }

    private static void refuse(Settings section, List<String> keys, String with) throws ProgramException {
        for (String key : keys) {
            if (section.has(key)) {
                throw section.error(key, "does not go with " + with);
            }
        }
    }

    private static Condition rate(Settings section) throws ProgramException {
        refuse(section, List.of("reset-day"), "a rate: it is of a quota, with period = week or month");
        long above = section.parsed("above", ConditionSection::perSecond).orElseThrow();
        long clearBelow = section.parsed("clear-below", ConditionSection::perSecond).orElse(above);
        if (clearBelow > above) {
            throw section.error("clear-below", "is more than above: it would clear while it fires");
        }
        Duration window = section.duration("average-over").orElse(DEFAULT_WINDOW);
        if (!isWindow(window)) {
            throw section.error("average-over", "expected 1 second to 24 hours");
        }
        return new Condition.Rate(new Threshold(above, clearBelow), window,
                section.bool("compare-early").orElse(false));
    }

    static boolean isWindow(Duration window) {
        return window.compareTo(WindowAverage.MIN_WINDOW) >= 0 && window.compareTo(WindowAverage.MAX_WINDOW) <= 0;
    }

    private static long perSecond(String text) {
        ByteQuantity quantity = ByteQuantity.parse(text);
        if (!quantity.perSecond()) {
            throw new IllegalArgumentException("'" + text + "' is an amount: expected a rate, such as " + quantity
                    + "/s, or, for a quota, period = hour, day, week or month beside it");
        }
        return ByteQuantity.parseRate(text);
    }

    private static Condition volume(Settings section) throws ProgramException {
        refuse(section, OF_RATES, "period");
        long above = section.parsed("above", text -> {
            ByteQuantity quantity = ByteQuantity.parse(text);
            if (quantity.perSecond() || quantity.bytes() == 0) {
                throw new IllegalArgumentException(
                        "'" + text + "': expected an amount such as 50GB, as there is a period");
            }
            return quantity.bytes();
        }).orElseThrow();
        Period.Unit unit = section.parsed("period", ConditionSection::unit).orElseThrow();
        if (unit.maxResetDay() == 1) {
            refuse(section, List.of("reset-day"), "period = " + unit.label());
        }
        int resetDay = section.integer("reset-day", 1, unit.maxResetDay()).orElse(1);
        return new Condition.Volume(above, new Period(unit, resetDay));
    }

    private static Period.Unit unit(String text) {
        for (Period.Unit unit : Period.Unit.values()) {
            if (unit.label().equals(text)) {
                return unit;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is no period: expected hour, day, week or month");
    }
}
