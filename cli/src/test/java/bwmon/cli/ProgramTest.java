package bwmon.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.Callable;

import bwmon.cli.ProgramException.Kind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ProgramTest {
    @Command(name = "runtest", mixinStandardHelpOptions = true, versionProvider = Program.Version.class, description = "For tests.")
    static final class RunTest implements Callable<Integer> {
        @Spec
        @Nullable
        CommandSpec spec;

        @Option(names = "--interval", converter = OptionTypes.Interval.class, description = "Seconds.")
        @Nullable
        Duration interval;

        @Option(names = "--source", description = "Which.")
        @Nullable
        String source;

        private final Callable<Integer> body;

        RunTest(Callable<Integer> body) {
            this.body = body;
        }

        @Override
        public Integer call() throws Exception {
            if ("none".equals(source) && spec != null) {
                throw new ParameterException(spec.commandLine(), "no such source: none");
            }
            return body.call();
        }
    }

    private record Result(int code, String out, String err) {}

    private static Result run(Callable<Integer> body, String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        CommandLine line = Program.commandLine(new RunTest(body));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        int code = line.execute(args);
        return new Result(code, out.toString(), err.toString());
    }

    @Test
    void theProgramsOwnCodeIsGivenBackInSilence() {
        assertEquals(new Result(0, "", ""), run(() -> 0));
        assertEquals(new Result(7, "", ""), run(() -> 7));
        assertEquals(7, Program.run(new RunTest(() -> 7), new String[0]));
    }

    @ParameterizedTest
    @CsvSource({"FAILURE, 1", "USAGE, 2", "MISSING, 69", "NOT_PERMITTED, 77", "CONFIGURATION, 78"})
    void aKnownErrorIsOneLineAndItsCode(Kind kind, int code) {
        assertEquals(new Result(code, "", "runtest: what is wrong\n"), run(() -> {
            throw new ProgramException(kind, "what is wrong", new IllegalStateException("the cause"));
        }));
    }

    @Test
    void anUnknownErrorShowsWhereItCameFrom() {
        Result result = run(() -> {
            throw new IllegalStateException("unforeseen");
        });
        assertAll(() -> assertEquals(1, result.code()), () -> assertEquals("", result.out()),
                () -> assertTrue(
                        result.err().startsWith("runtest: internal error: please report this\n"
                                + "java.lang.IllegalStateException: unforeseen\n\tat bwmon.cli.ProgramTest"),
                        result::err));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "--nonsense | Unknown option: '--nonsense'",
            "stray | Unmatched argument at index 0: 'stray'",
            "--interval | Missing required parameter for option '--interval' (<interval>)",
            "--interval=0 | Invalid value for option '--interval': an interval is at least 0.01 seconds, not '0'",
            "--source=none | no such source: none",
            "--inter=1 | Unknown option: '--inter=1'",
    })
    void aWrongCommandLineIsNamedAndHelpIsOffered(String arg, String message) {
        assertEquals(new Result(2, "", "runtest: " + message + "\nTry 'runtest --help' for more information.\n"),
                run(() -> 0, arg));
    }

    @Test
    void helpAndVersionAreOutputAndNoError() {
        Result help = run(() -> 9, "--help");
        assertAll(() -> assertEquals(0, help.code()), () -> assertEquals("", help.err()),
                () -> assertTrue(help.out().startsWith("Usage: runtest "), help::out));
        Result version = run(() -> 9, "--version");
        assertAll(() -> assertEquals(0, version.code()), () -> assertEquals("", version.err()),
                () -> assertTrue(version.out().matches("runtest \\(bwmon\\) [^\\n]+\\n"), version::out));
    }
}
