package bwmon.cli;

import java.time.Duration;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** When and how programs report, where they report alike: a mixin. */
public final class ReportOptions {
    @Mixin
    private IntervalOption interval = new IntervalOption();

    @Option(names = "--once", description = "Report one interval and end.")
    private boolean once;

    @Option(names = "--json", description = "Print JSON lines: a line for each owner, and the balance.")
    private boolean json;

    @Option(names = "--plain", description = "Print lines one after the other, also on a terminal.")
    private boolean plain;

    /** Time between two reports, 0.01 seconds or more. */
    public Duration interval() {
        return interval.interval();
    }

    /** Whether to end after one interval. */
    public boolean isOnce() {
        return once;
    }

    /** Whether to print JSON lines. */
    public boolean isJson() {
        return json;
    }

    /** What is printed to, as a person sees it: none with {@code --plain}. */
    public Terminal terminal() {
        return plain ? Terminal.none() : Terminal.ofStandardOutput();
    }
}
