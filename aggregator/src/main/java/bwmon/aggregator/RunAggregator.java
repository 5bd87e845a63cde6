package bwmon.aggregator;

import java.util.concurrent.Callable;

import bwmon.cli.Program;
import picocli.CommandLine.Command;

/** The program {@code runaggregator}. */
@Command(name = "runaggregator", mixinStandardHelpOptions = true, versionProvider = Program.Version.class, description = "Under construction.")
public final class RunAggregator implements Callable<Integer> {
    @Override
    public Integer call() {
        return 0;
    }

    /** Runs the program. */
    public static void main(String[] args) {
        Program.main(new RunAggregator(), args);
    }
}
