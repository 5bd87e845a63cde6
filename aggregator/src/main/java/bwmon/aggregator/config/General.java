package bwmon.aggregator.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

import bwmon.monitor.MonitorOptions;

/**
 * What holds for the whole program.
 *
 * @param source what the monitors of this host read
 * @param setup whether what they need may be switched on where it is off
 * @param maxRows so many owners that no rule groups are told apart in an interval, those that moved most
 * @param stateFile where the volumes of quotas are kept, so that they outlive the program
 * @param healthEvery how often there is a line on standard error on how the program itself is; 0 for never
 * @param threads how many forward what goes through pipes; 0 for as many as serve best on this host
 */
public record General(MonitorOptions.Kind source, boolean setup, int maxRows, Path stateFile, Duration healthEvery,
        int threads) {
    /** Where nothing else is said. */
    public static final General DEFAULT = new General(MonitorOptions.Kind.AUTO, true, 1000,
            Path.of("/var/lib/bwmon/quotas.json"), Duration.ofMinutes(5), 0);

    /** The word for a source in configurations. */
    static String label(MonitorOptions.Kind source) {
        return source.name().toLowerCase(Locale.ROOT);
    }

    /** Reads that word. */
    static MonitorOptions.Kind source(String text) {
        for (MonitorOptions.Kind kind : MonitorOptions.Kind.values()) {
            if (label(kind).equals(text)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("'" + text + "': expected auto, ebpf, conntrack, sock_diag or proc");
    }
}
