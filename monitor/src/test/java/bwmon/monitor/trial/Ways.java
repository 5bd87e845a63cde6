package bwmon.monitor.trial;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Assumptions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The program ways.c: moves bytes one way, in one of many ways, and says how many; see the head of its source. */
final class Ways {
    /** What it ends with where the kernel does not have the way. */
    private static final int ABSENT = 77;

    private final Path program;

    /** Compiles it. */
    Ways(Path folder) throws IOException, InterruptedException {
        program = Resources.compile("ways", folder, "ways.h", "ways_calls.c", "ways_uring.c", "ways_below.c");
    }

    /** Starts it. */
    Run start(NetworkNamespace namespace, String line) throws IOException {
        var words = new ArrayList<>(List.of(program.toString()));
        words.addAll(List.of(line.strip().split(" +", -1)));
        return new Run(line, new ProcessBuilder(namespace.inside(words.toArray(String[]::new)))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    /** One that runs, with its children. */
    static final class Run implements AutoCloseable {
        private final String line;
        private final Process process;
        private final BufferedReader answers;

        private Run(String line, Process process) {
            this.line = line;
            this.process = process;
            answers = process.inputReader(StandardCharsets.UTF_8);
        }

        /** The next thing that it says. */
        String next() throws IOException {
            String answer = answers.readLine();
            assertTrue(answer != null, () -> line + " has ended");
            if (answer == null) {
                return "";
            }
            Assumptions.assumeFalse(answer.startsWith("absent "), () -> "this kernel has no " + answer.substring(7));
            return answer;
        }

        /** The port that it listens at. */
        int port() throws IOException {
            String answer = next();
            assertTrue(answer.startsWith("port "), answer);
            return Integer.parseInt(answer.substring(5));
        }

        /** Waits until it holds. */
        void awaitHolding() throws IOException {
            assertEquals("holding", next());
        }

        /** Lets it go on. */
        void goOn() throws IOException {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        }

        int pid() {
            return Math.toIntExact(process.pid());
        }

        /** Waits until it has ended; what each of its processes moved. */
        List<Moved> end() throws IOException, InterruptedException {
            var moved = new ArrayList<Moved>();
            for (String answer = answers.readLine(); answer != null; answer = answers.readLine()) {
                String said = answer;
                Assumptions.assumeFalse(said.startsWith("absent "), () -> "this kernel has no " + said.substring(7));
                moved.add(Moved.parse(said));
            }
            assertTrue(process.waitFor(20, TimeUnit.SECONDS), line);
            Assumptions.assumeFalse(process.exitValue() == ABSENT, line);
            assertEquals(0, process.exitValue(), line);
            assertFalse(moved.isEmpty(), line);
            return moved;
        }

        @Override
        public void close() {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
