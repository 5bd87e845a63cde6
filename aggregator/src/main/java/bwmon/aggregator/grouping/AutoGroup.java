package bwmon.aggregator.grouping;

import java.util.Locale;

/** By what processes are grouped that no rule matches. */
public enum AutoGroup {
    /** Not at all: each stands for itself. */
    NONE,
    /** The name of the executable. */
    EXECUTABLE,
    /** The innermost systemd unit. */
    UNIT,
    /** The container. */
    CONTAINER;

    /** The word in configurations. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
