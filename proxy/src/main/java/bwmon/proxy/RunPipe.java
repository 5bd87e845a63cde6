package bwmon.proxy;

import java.util.concurrent.Callable;

import bwmon.cli.Program;
import picocli.CommandLine.Command;

/** The program {@code runpipe}. */
@Command(name = "runpipe", mixinStandardHelpOptions = true, versionProvider = Program.Version.class, description = "Under construction.")
public final class RunPipe implements Callable<Integer> {
    @Override
    public Integer call() {
        return 0;
    }

    /** Runs the program. */
    public static void main(String[] args) {
        Program.main(new RunPipe(), args);
    }
}
