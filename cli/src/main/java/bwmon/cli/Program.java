package bwmon.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** How every program of bwmon starts and ends: options by picocli, one line for an error, the exit codes of {@link ProgramException.Kind}. */
public final class Program {

    private Program() {}

    /** Reads the version from the manifest of the jar. */
    public static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Program.class.getPackage().getImplementationVersion();
            return new String[]{"${ROOT-COMMAND-NAME} (bwmon) " + (version == null ? "unpackaged" : version)};
        }
    }

    /**
     * Parses the arguments, runs the command and ends the JVM with its exit code.
     *
     * @param command a picocli command with {@code mixinStandardHelpOptions = true, versionProvider = Program.Version.class}
     */
    public static void main(Callable<Integer> command, String[] args) {
        System.exit(run(command, args));
    }

    /** As {@link #main}, but gives the exit code back. */
    public static int run(Callable<Integer> command, String[] args) {
        return commandLine(command).execute(args);
    }

    /** The command with bwmon's error handling, for a test that hands in its own streams. */
    public static CommandLine commandLine(Callable<Integer> command) {
        var line = new CommandLine(command);
        line.setUsageHelpAutoWidth(true);
        line.setAbbreviatedOptionsAllowed(false);
        line.setParameterExceptionHandler((e, args) -> usageError(e));
        line.setExecutionExceptionHandler((e, commandLine, parsed) -> {
            if (e instanceof ParameterException usage) {
                return usageError(usage);
            }
            if (e instanceof ProgramException known) {
                complain(commandLine, String.valueOf(known.getMessage()));
                return known.kind().exitCode();
            }
            complain(commandLine, "internal error: please report this");
            e.printStackTrace(commandLine.getErr());
            return ProgramException.Kind.FAILURE.exitCode();
        });
        return line;
    }

    private static int usageError(ParameterException e) {
        CommandLine line = e.getCommandLine();
        complain(line, String.valueOf(e.getMessage()));
        line.getErr().println("Try '" + line.getCommandName() + " --help' for more information.");
        return ProgramException.Kind.USAGE.exitCode();
    }

    private static void complain(CommandLine line, String message) {
        PrintWriter err = line.getErr();
        err.println(line.getCommandName() + ": " + message);
        err.flush();
    }
}
