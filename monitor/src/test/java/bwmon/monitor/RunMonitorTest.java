package bwmon.monitor;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicInteger;

import bwmon.cli.Program;
import bwmon.cli.ProgramException;
import bwmon.cli.ProgramException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RunMonitorTest {
    private final AtomicInteger opened = new AtomicInteger();

    private record Result(int code, String out, String err) {}

    private Result run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        CommandLine line = Program.commandLine(new RunMonitor(_ -> {
            opened.incrementAndGet();
            throw new ProgramException(Kind.NOT_PERMITTED, "opened");
        }));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return new Result(line.execute(arguments), out.toString(), err.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "--by=pid | --by; is none of process, command, user, cgroup, remote, connection, protocol, port",
            "--sort=size | --sort; is none of rx, tx, total, name", "--units=KB | --units; is none of si, iec, bits",
            "--source=pcap | --source; is none of auto, ebpf, conntrack,", "--top=0 | --top: expected 1 or more, not 0",
            "--top=x | --top; 'x'", "--interval=0.001 | --interval; at least 0.01 seconds",
            "--pid=0 | --pid: expected the number of a process, not 0", "--pid=4711,x | --pid; 'x'",
            "--user=no-such-user | --user: /etc/passwd has no user no-such-user; users of a directory service go by number",
            "--include=( | --include; '(' is no regular expression", "--exclude=(?=x) | --exclude; expected RE2 syntax",
            "--connections --by=user | --connections shows each socket by itself: leave out --by",
            "--bandwith | Unknown option: '--bandwith'", "eth0 | Unmatched argument; eth0"})
    void wrongOptionsAreNamedWithWhatWasExpected(String arguments, String expected) {
        Result result = run(arguments.split(" ", -1));

        assertEquals(2, result.code(), result.err());
        assertEquals("", result.out());
        assertTrue(result.err().startsWith("runmonitor: "), result.err());
        for (String part : expected.split("; ", -1)) {
            assertTrue(result.err().contains(part), result.err());
        }
        assertTrue(result.err().endsWith("Try 'runmonitor --help' for more information.\n"), result.err());
        assertEquals(0, opened.get(), "before anything is opened");
    }

    @Test
    void whatTheHostDoesNotAllowEndsItWithItsExitCode() {
        Result result = run("--no-lookback", "--bandwidth", "--ignore-local", "--include=a", "--include=b",
                "--exclude=c",
                "--json", "--once", "--interval=0.5", "--top=5", "--sort=tx", "--by=command", "--units=iec",
                "--source=auto", "--pid=1,2", "--pid=3", "--user=root,0", "--numeric", "--no-setup", "--plain");

        assertEquals(77, result.code(), result.err());
        assertEquals("runmonitor: opened\n", result.err());
        assertEquals(1, opened.get());
    }

    @Test
    void theHelpTellsOfEveryChoice() {
        String help = run("--help").out();

        for (String text : new String[]{"--by=WHAT", "process, command, user, cgroup, remote,", "rx, tx, total, name",
                "si, iec, bits", "--interval=SECONDS", "--once", "--plain", "--json"}) {
            assertTrue(help.replaceAll("\\s+", " ").contains(text), help);
        }
    }
}
