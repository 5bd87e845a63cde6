package bwmon.cli;

import java.time.Duration;

import picocli.CommandLine.Option;

/** The option {@code --interval}: a mixin. */
public final class IntervalOption {
    @Option(names = "--interval", paramLabel = "SECONDS", defaultValue = "1", converter = OptionTypes.Interval.class, description = "Time between two reports; fractions allowed. Default: ${DEFAULT-VALUE}.")
    private Duration interval = Duration.ofSeconds(1);

    /** Time between two reports, 0.01 seconds or more. */
    public Duration interval() {
        return interval;
    }
}
